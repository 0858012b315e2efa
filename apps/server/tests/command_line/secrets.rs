//! S14: a password that is in a setting is nowhere else.

use crate::Shell;

const CANARY: &str = "Canary4711";

#[test]
fn s14_no_command_tells_a_password() {
    let postgres = format!("postgres://user:{CANARY}@127.0.0.1:1/shop");
    let commands = [
        "config show",
        "config show --sources",
        "doctor",
        "migrate",
        "migrate status",
        "verify",
        "outbox status",
        "dlq list",
        "inventory reconcile",
        "serve --port 0",
        "--port 0",
        "nonsense",
        "config show --set server.port=x",
    ];
    for command in commands {
        let shell = Shell::new()
            .with_variable("DATABASE_URL", &postgres)
            .with_variable("REDIS_URL", &format!("redis://user:{CANARY}@127.0.0.1:1"))
            .with_variable("ORDERSYSTEM_LOGGING_LEVEL", "trace");
        let ran = shell.run(command);
        let log = std::fs::read_to_string(shell.path().join("logs/application.log"));
        for text in [&ran.stdout, &ran.stderr, &log.unwrap_or_default()] {
            assert!(!text.contains(CANARY), "{command} tells the password:\n{text}");
        }
    }
}

#[test]
fn s14_a_url_that_cannot_be_used_is_not_repeated_with_its_password() {
    for (name, value) in [
        ("DATABASE_URL", format!("postgres://user:{CANARY}@host:port/shop")),
        ("DATABASE_URL", format!("mysql://user:{CANARY}@host/shop")),
        ("REDIS_URL", format!("redis://user:{CANARY}@host:port")),
        ("REDIS_URL", format!("http://user:{CANARY}@host")),
    ] {
        let ran = Shell::new().with_variable(name, &value).run("config show");
        assert!(!ran.stderr.contains(CANARY) && !ran.stdout.contains(CANARY), "{}", ran.stderr);
    }
}
