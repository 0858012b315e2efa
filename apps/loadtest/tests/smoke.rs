//! The program from outside, against a stand-in and with wrong arguments. `deploy/bench.sh smoke` has the real server.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

fn loadtest(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loadtest"));
    for variable in ["DATABASE_URL", "REDIS_URL", "KAFKA_BOOTSTRAP_SERVERS"] {
        command.env_remove(variable);
    }
    command.args(args).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A program that takes part as a server would, as far as its script goes.
fn script(folder: &Path, text: &str) -> String {
    use std::os::unix::fs::PermissionsExt;

    let path = folder.join("server");
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn wrong_arguments_are_a_usage_error() {
    for args in
        [&["run", "--rate", "fast"][..], &["run", "--scenario", "none"], &["run", "--runs", "0"]]
    {
        assert_eq!(loadtest(args).status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn a_binary_that_is_not_there_is_named() {
    let output = loadtest(&["run", "--server", "/nowhere/ordersystem"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("there is no /nowhere/ordersystem"), "{}", said(&output));
}

#[test]
fn the_full_world_needs_its_engines() {
    let folder = TempDir::new().unwrap();
    let server = script(folder.path(), "exit 0");
    let output = loadtest(&["run", "--server", &server, "--world", "full"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("DATABASE_URL"), "{}", said(&output));
}

#[test]
fn a_server_that_ends_at_once_fails_the_run_and_leaves_a_report() {
    let folder = TempDir::new().unwrap();
    let server = script(folder.path(), "echo 'error: no luck' >&2; exit 78");
    let out = folder.path().join("out");
    let output = loadtest(&[
        "run",
        "--server",
        &server,
        "--scenario",
        "orders-hot",
        "--out",
        out.to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(said.contains("the server ended at once") && said.contains("no luck"), "{said}");
    let report = fs::read_to_string(out.join("report.md")).unwrap();
    assert!(report.contains("FAILED: embedded"), "{report}");
    assert!(fs::read_to_string(out.join("result.json")).unwrap().contains("\"series\": []"));
}
