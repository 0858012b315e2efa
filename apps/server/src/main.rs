//! The order system as one binary.

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;
use ordersystem::cli::{self, Cli};
use ordersystem::output::Output;

/// Many small, short-lived allocations from many threads are what it is made for.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    cli::run(&Cli::parse(), &mut Output::of_process()).into()
}
