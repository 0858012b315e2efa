use std::net::TcpListener;

use crate::Shell;

#[test]
fn every_mistake_is_named_and_the_exit_code_says_settings() {
    let shell = Shell::new()
        .with_file("config/ordersystem.toml", "[ordersystem.server]\nworkers = -1\n")
        .with_variable("ORDERSYSTEM_TIMEZONE", "Mars/Base")
        .with_variable("REDIS_URL", "rediss://:s3cret@cache")
        .with_variable("SERVER_PORT", "9090");
    for command in ["", "serve", "config check", "config show", "events tail", "healthcheck"] {
        let ran = shell.run(&format!("{command} --port abc")).ended(78);
        assert_eq!(ran.stdout, "");
        insta::allow_duplicates! {
            insta::assert_snapshot!(ran.stderr, @r#"
            error: ordersystem.timezone = "Mars/Base" (ORDERSYSTEM_TIMEZONE) is not allowed; give a zone of the IANA database such as Asia/Seoul or UTC
            error: ordersystem.server.port = "abc" (--port) is not allowed; give a whole number from 0 to 65535
            error: ordersystem.server.workers = "-1" (config/ordersystem.toml:2) is not allowed; give a whole number from 0 to 1024
            error: ordersystem.redis.url = "rediss://:******@cache" (REDIS_URL) is not allowed; give redis://HOST:PORT, several parted by commas for a cluster, or nothing
            hint: SERVER_PORT is a name of Spring and is not read: set ORDERSYSTEM_SERVER_PORT
            "#);
        }
    }
}

#[test]
fn the_usual_file_is_found_and_a_named_one_goes_before_it() {
    let shell = Shell::new()
        .with_file("ordersystem.toml", "[ordersystem.server]\nport = 1\n")
        .with_file("other.toml", "[ordersystem.server]\nport = 2\n")
        .with_file("third.toml", "[ordersystem.server]\nport = 3\n");
    let port = |shell: &Shell, line: &str| {
        let ran = shell.run(&format!("config show --sources {line}")).ended(0);
        let line = ran.stdout.lines().find(|l| l.contains("server.port")).unwrap().to_owned();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(port(&shell, ""), "ordersystem.server.port = 1 # ordersystem.toml:2");
    let shell = shell.with_variable("ORDERSYSTEM_CONFIG", "third.toml");
    assert_eq!(port(&shell, ""), "ordersystem.server.port = 3 # third.toml:2");
    assert_eq!(port(&shell, "--config other.toml"), "ordersystem.server.port = 2 # other.toml:2");
    assert_eq!(port(&shell, "--port 4"), "ordersystem.server.port = 4 # --port");

    let missing = shell.run("config check --config none.toml").ended(78);
    assert!(missing.stderr.starts_with("error: none.toml cannot be read: "), "{missing:?}");
}

#[test]
fn check_says_that_all_is_well() {
    let ran = Shell::new().run("config check --port 1").ended(0);
    assert!(ran.stdout.starts_with("settings are valid: 1 given, "), "{ran:?}");
    assert_eq!(ran.stderr, "");
}

#[test]
fn the_example_is_a_settings_file() {
    let example = Shell::new().run("config example").ended(0).stdout;
    let shell = Shell::new().with_file("ordersystem.toml", &example);
    shell.run("config check").ended(0);
}

#[test]
fn usage_mistakes_exit_with_2() {
    Shell::new().run("--prot 1").ended(2);
    Shell::new().run("events").ended(2);
}

#[test]
fn doctor_finds_nothing_on_a_good_machine_and_leaves_nothing_behind() {
    let shell = Shell::new();
    let ran = shell.run("doctor --port 0").ended(0);
    assert!(ran.stdout.lines().all(|line| line.starts_with("ok ")), "{ran:?}");
    assert_eq!(std::fs::read_dir(shell.path()).unwrap().count(), 0);
}

#[test]
fn doctor_ends_each_failure_with_the_next_step() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    // Whoever connects is sent away, so that the question whether we run there gets an answer.
    std::thread::spawn(move || taken.incoming().for_each(drop));
    let shell = Shell::new().with_file("data", "a file where a folder should be");
    let ran = shell.run(&format!("doctor --host 127.0.0.1 --port {port}")).ended(1);
    let failures: Vec<_> = ran.stdout.lines().filter(|line| line.starts_with("FAIL")).collect();
    assert_eq!(failures.len(), 2, "{ran:?}");
    assert!(failures[0].starts_with(&format!("FAIL  port: {port} is taken")), "{ran:?}");
    assert!(failures[1].starts_with("FAIL  database: data/ordersystem.db cannot"), "{ran:?}");
    assert!(failures.iter().all(|line| line.contains("; next: ")), "{ran:?}");

    let ran = shell.run("doctor --port x").ended(78);
    assert!(
        ran.stdout.starts_with("FAIL  settings: ordersystem.server.port = \"x\" (--port)"),
        "{ran:?}"
    );
}

#[test]
fn a_log_that_cannot_be_written_is_one_line() {
    let shell = Shell::new().with_file("logs", "a file where a folder should be");
    let ran = shell.run("serve --ephemeral --port 0").ended(69);
    assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
    assert!(ran.stderr.starts_with("error: the log file logs/application.log cannot"), "{ran:?}");
    assert_eq!(ran.stdout, "");
}

#[test]
fn the_readme_shows_the_reference() {
    let reference = Shell::new().run("config reference").ended(0).stdout;
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    assert!(readme.contains(reference.trim()), "paste what `ordersystem config reference` prints");
}

#[test]
fn openapi_is_printed_and_compared() {
    let shell = Shell::new();
    let document = shell.run("openapi").ended(0).stdout;
    assert!(document.starts_with("{\n  \"openapi\": \"3.1.0\","), "{document}");
    let shell = shell.with_file("same.json", &document).with_file("other.json", "{\n}\n");
    let same = shell.run("openapi --check same.json").ended(0);
    assert_eq!(same.stdout, "same.json is up to date\n");
    let other = shell.run("openapi --check other.json").ended(1);
    assert!(other.stderr.starts_with("other.json differs from line 2 on; next: "), "{other:?}");
    shell.run("openapi --check none.json").ended(69);
}
