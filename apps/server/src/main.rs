//! The order system as one binary.

use std::process::ExitCode;

use clap::Parser;
use ordersystem::cli::{self, Cli, Output};

fn main() -> ExitCode {
    cli::run(&Cli::parse(), &mut Output::of_process()).into()
}
