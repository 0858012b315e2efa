//! What the tests have in common: worlds, servers in them, and ways to look at both.

mod client;
mod door;
mod engines;
mod fakepg;
mod load;
mod published;
mod server;
mod topics;
mod world;

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) use client::{Answer, Client};
pub(crate) use door::Door;
pub(crate) use engines::Engines;
pub(crate) use fakepg::FakePg;
pub(crate) use load::{Load, in_parallel, percentile};
pub(crate) use published::everything_is_well;
pub(crate) use server::Server;
pub(crate) use topics::Topics;
pub(crate) use world::{World, in_both_worlds, in_every_world};

/// How long anything may take that is only waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// As many as a run of all tests has time for, or as many as one should try before a release
/// (`ORDERSYSTEM_TEST_LONG=1`).
pub(crate) fn scaled(short: usize, long: usize) -> usize {
    if std::env::var_os("ORDERSYSTEM_TEST_LONG").is_some() { long } else { short }
}

/// The binary in a folder of its own, with nothing of our environment that is a setting.
pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ordersystem"));
    command.current_dir(folder).stdin(Stdio::null());
    without_settings(&mut command);
    command
}

/// Takes away what of our environment is a setting, or looks like one: the addresses of the engines for tests do.
fn without_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("ORDERSYSTEM") || text.ends_with("_URL") || text.starts_with("KAFKA") {
            command.env_remove(&name);
        }
    }
}

/// Runs a command to its end: exit code, standard output, standard error.
pub(crate) fn run(folder: &Path, args: &[&str]) -> (i32, String, String) {
    ended(command(folder).args(args))
}

/// As [`run`].
pub(crate) fn ended(command: &mut Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// Waits for a condition with a deadline; there is no sleep that has to be long enough.
pub(crate) fn wait_until(what: &str, condition: impl FnMut() -> bool) {
    wait_at_most(PATIENCE, what, condition);
}

/// As [`wait_until`], for what has to happen soon; says how long it took.
pub(crate) fn wait_at_most(
    patience: Duration,
    what: &str,
    mut condition: impl FnMut() -> bool,
) -> Duration {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < patience, "waited {patience:?} in vain: {what}");
        thread::park_timeout(Duration::from_millis(20));
    }
    started.elapsed()
}
