use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Stdio;

use tempfile::TempDir;

use crate::support::{World, command, run, wait_until};

/// One clear line, a known exit code, no panic.
fn check_refusal(folder: &Path, args: &[&str], code: i32, words: &[&str]) {
    let (exit, out, err) = run(folder, args);
    assert_eq!(exit, code, "{args:?}\n{out}{err}");
    let all = format!("{out}{err}");
    assert!(!all.contains("panicked"), "{all}");
    let line = all.lines().find(|line| words.iter().all(|word| line.contains(word)));
    assert!(line.is_some(), "no line names {words:?} in\n{all}");
}

#[test]
fn a_port_that_is_taken_is_named() {
    let folder = TempDir::new().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    check_refusal(folder.path(), &["--host", "127.0.0.1", "--port", &port], 69, &[&port]);
}

#[test]
fn a_data_folder_that_cannot_be_written_is_named() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("data"), "a file where the folder should be").unwrap();
    check_refusal(folder.path(), &["--port", "0"], 69, &["data"]);
}

#[test]
fn a_second_server_on_the_same_file_is_refused_and_the_first_goes_on() {
    let world = World::embedded();
    let server = world.start(&[]);
    check_refusal(world.folder(), &["--port", "0"], 69, &["another server", "ordersystem.db"]);
    assert_eq!(server.client().order(1, 1).unwrap(), (201, Some(1)));
    server.kill();
    world.start(&[]).stop();
}

#[test]
fn a_file_that_is_no_database_is_named() {
    let folder = TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    let noise = "this is not a database, not even a little bit ".repeat(100);
    std::fs::write(folder.path().join("data/ordersystem.db"), noise).unwrap();
    check_refusal(folder.path(), &["--port", "0"], 69, &["ordersystem.db"]);
}

#[test]
fn wrong_settings_are_all_named_at_once() {
    let folder = TempDir::new().unwrap();
    let args = ["--port", "99999", "--set", "delivry.default-courier=x"];
    check_refusal(folder.path(), &args, 78, &["server.port", "99999"]);
    check_refusal(folder.path(), &args, 78, &["delivry", "delivery.default-courier"]);
}

#[test]
fn addresses_of_no_engine_are_refused_without_their_passwords() {
    for (name, url) in [
        ("DATABASE_URL", "mysql://user:secret@localhost/orders"),
        ("REDIS_URL", "http://:secret@localhost"),
        ("KAFKA_BOOTSTRAP_SERVERS", "user:secret@localhost"),
    ] {
        let folder = TempDir::new().unwrap();
        let output = command(folder.path()).env(name, url).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(78), "{told}");
        assert!(told.contains(name) && !told.contains("secret"), "{told}");
    }
}

#[test]
fn the_first_signal_ends_the_server_even_with_an_open_stream() {
    let mut server = World::embedded().start(&[]);
    let mut stream = std::process::Command::new(env!("CARGO_BIN_EXE_ordersystem"))
        .args(["events", "tail", "--url", server.url()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("the stream is open", || server.log().contains("/api/events/stream"));
    server.signal("-TERM");
    assert_eq!(server.wait().code(), Some(0), "{}", server.printed());
    stream.kill().unwrap();
    stream.wait().unwrap();
}

/// A request that never becomes complete keeps the server waiting; who signals twice does not want to wait.
#[test]
fn the_second_signal_ends_the_server_at_once() {
    let mut server = World::embedded().start(&["--set", "server.shutdown-seconds=600"]);
    let mut slow = TcpStream::connect(server.url().trim_start_matches("http://")).unwrap();
    let head = "POST /api/orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{";
    slow.write_all(head.as_bytes()).unwrap();
    assert_eq!(server.get("/api/orders").0, 200);
    server.signal("-TERM");
    wait_until("the first signal has arrived", || server.printed().contains("SIGTERM"));
    server.signal("-INT");
    assert_eq!(server.wait().code(), Some(130), "{}", server.printed());
}

#[test]
fn the_command_line_answers_without_a_server() {
    let folder = TempDir::new().unwrap();
    let (code, out, _) = run(folder.path(), &["openapi"]);
    assert_eq!(code, 0);
    let document: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(run(folder.path(), &["migrate"]).0, 0);
    assert_eq!(run(folder.path(), &["seed"]).0, 0);
    assert_eq!(run(folder.path(), &["verify"]).0, 0);
    assert_eq!(run(folder.path(), &["order", "show", "7"]).0, 1);
    assert_eq!(run(folder.path(), &["healthcheck", "http://127.0.0.1:1"]).0, 1);
}
