//! The program from outside, against stand-ins and with wrong arguments. `deploy/bench.sh smoke` has the real server.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod stand_in;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use stand_in::{http, listen};

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

/// A program that serves like ours as far as orders of one product go; `verify` is what it does when it is asked to.
fn shop(folder: &Path, verify: &str) -> String {
    let address = listen(|request| match request.split(' ').nth(1).unwrap() {
        "/api/products" => http(201, r#"{"success":true,"data":{"productId":7}}"#),
        "/api/orders" => http(201, r#"{"success":true,"data":{"orderId":1}}"#),
        _ => http(200, r#"{"status":"UP"}"#),
    });
    let port = address.port();
    script(
        folder,
        &format!(
            "case \"$*\" in\n\
             *--version*) echo shop 1; exit ;;\n\
             *verify*) {verify} ;;\n\
             *outbox*) echo '{{\"pending\":0}}'; exit ;;\n\
             esac\n\
             trap 'exit 0' TERM\n\
             echo '  API   http://localhost:{port}'\n\
             while :; do sleep 0.05; done"
        ),
    )
}

const QUICK: [&str; 12] = [
    "--scenario",
    "orders-hot",
    "--connections",
    "2",
    "--seconds",
    "0.2",
    "--warm-up",
    "0.05",
    "--runs",
    "2",
    "--rate",
    "200",
];

fn measured(folder: &Path, args: &[&str]) -> (Output, String) {
    let out = folder.join("out");
    let args = [args, &QUICK, &["--out", out.to_str().unwrap()]].concat();
    let output = loadtest(&args);
    let report = fs::read_to_string(out.join("report.md")).unwrap();
    (output, report)
}

#[test]
fn a_run_has_a_report_with_its_machine_and_pictures() {
    let folder = TempDir::new().unwrap();
    let server = shop(folder.path(), "exit 0");
    let (output, report) = measured(folder.path(), &["run", "--server", &server]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    for part in
        ["shop 1", "| embedded | orders-hot | orders-hot |", "÷ one-by-one", "without `load-ref"]
    {
        assert!(report.contains(part), "no {part} in\n{report}");
    }
    let result = fs::read_to_string(folder.path().join("out/result.json")).unwrap();
    let result: serde_json::Value = serde_json::from_str(&result).unwrap();
    // Closed in turns with one order per transaction, then open.
    let series = result["series"].as_array().unwrap();
    assert_eq!(series.len(), 3);
    assert!(series.iter().all(|series| series["runs"].as_array().unwrap().len() == 2));
    for picture in ["rates.svg", "p99.svg"] {
        assert!(
            fs::read_to_string(folder.path().join("out").join(picture)).unwrap().contains("<rect")
        );
    }
}

#[test]
fn a_broken_invariant_fails_the_run() {
    let folder = TempDir::new().unwrap();
    let server = shop(folder.path(), "echo 'I3   BROKEN (2)  stock adds up'; exit 1");
    let (output, report) = measured(folder.path(), &["run", "--server", &server]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("I3   BROKEN (2)"), "{}", said(&output));
    assert!(report.contains("FAILED: embedded orders-hot"), "{report}");
}

#[test]
fn two_sides_are_compared() {
    let folder = TempDir::new().unwrap();
    let server = shop(folder.path(), "exit 0");
    let sides = ["store.writers=1", "store.writers=4"];
    let (output, report) =
        measured(folder.path(), &["compare", sides[0], sides[1], "--server", &server]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(report.contains("÷ A ") && report.contains("B is store.writers=4"), "{report}");
}

#[test]
fn a_running_server_is_loaded_where_it_is() {
    let folder = TempDir::new().unwrap();
    let address = listen(|request| match request.split(' ').nth(1).unwrap() {
        "/api/products" => http(201, r#"{"productId":7}"#),
        _ => http(201, r#"{"orderId":1}"#),
    });
    let (output, report) = measured(folder.path(), &["url", &format!("http://{address}")]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(report.contains("| given | orders-hot |"), "{report}");
    assert!(report.contains("nor its database checked"), "{report}");
}
