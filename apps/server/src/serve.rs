//! `serve`: the running system.

use crate::cli::{Exit, Output};
use crate::config::Settings;

/// Runs the server until it is told to stop.
pub fn run(_settings: Settings, output: &mut Output<'_>) -> Exit {
    output.note("error: the server is not wired yet");
    Exit::Unavailable
}
