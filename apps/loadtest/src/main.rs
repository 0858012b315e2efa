//! Loads the order system, and reports what it can do.

use std::process::ExitCode;

use clap::Parser;
use ordersystem_loadtest::args::Cli;

fn main() -> ExitCode {
    ordersystem_loadtest::run(&Cli::parse())
}
