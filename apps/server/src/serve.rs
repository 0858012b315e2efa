//! `serve`: the running system.

use crate::cli::{Exit, Output};
use crate::config::Settings;
use crate::telemetry;

/// Runs the server until it is told to stop.
pub fn run(settings: Settings, output: &mut Output<'_>) -> Exit {
    let _logging = match telemetry::init(&settings.logging, settings.timezone) {
        Ok(logging) => logging,
        Err(error) => {
            output.note(format_args!("error: {error}"));
            return Exit::Unavailable;
        }
    };
    output.note("error: the server is not wired yet");
    Exit::Unavailable
}
