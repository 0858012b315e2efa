//! Engines that are not what the settings say, or not there yet: one line that says so, or patience.

use std::thread;

use ordersystem_test_engines::proxy::Mode;

use crate::support::{World, ended, wait_until};

/// A port on which nobody listens.
const NOBODY: &str = "127.0.0.1:1";
const SECRET: &str = "s3cret";

/// The program ends with this code, and its one error line has these words and no password.
fn check_refusal(world: &World, args: &[&str], code: i32, words: &[&str]) {
    let mut command = world.command_in(world.folder());
    let (exit, out, err) = ended(command.args(["--port", "0", "--host", "127.0.0.1"]).args(args));
    let all = format!("{out}{err}");
    assert_eq!(exit, code, "{args:?}\n{all}");
    assert!(!all.contains("panicked") && !all.contains(SECRET), "{all}");
    let errors: Vec<_> = all.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(errors.len(), 1, "{all}");
    assert!(words.iter().all(|word| errors[0].contains(word)), "{errors:?} without {words:?}");
}

#[test]
fn a_database_that_cannot_be_used_is_named() {
    let world = World::full();
    let database = world.engines().database();
    let address = database.address();
    for (url, words) in [
        (format!("postgres://ordersystem:{SECRET}@{NOBODY}/shop"), [NOBODY, "refused"]),
        (format!("postgres://ordersystem:{SECRET}@{address}/shop"), [address, "password"]),
        (database.url() + "_that_is_nowhere", [address, "does not exist"]),
    ] {
        check_refusal(&world, &["--database-url", &url], 69, &words);
        check_refusal(&world, &["--database-url", &url, "--wait-for", "1"], 69, &words);
    }
    check_refusal(&world, &["--database-url", "oracle://shop"], 78, &["database.url", "oracle"]);
}

#[test]
fn a_database_of_a_newer_program_is_left_alone() {
    let world = World::full();
    world.start(&[]).stop();
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('20990101000000')";
    world.engines().wait(world.engines().database().run(newer));
    check_refusal(&world, &[], 69, &["newer version", "20990101000000"]);
    assert_eq!(world.run(&["verify"]).0, 69);
}

#[test]
fn a_redis_that_wants_another_password_is_named() {
    let world = World::full();
    let address = world.engines().redis().address().to_string();
    world.engines().redis().cli(&["CONFIG", "SET", "requirepass", "right"]);
    let wrong = format!("redis://:{SECRET}@{address}");
    check_refusal(&world, &["--redis-url", &wrong], 69, &[&address, "credentials"]);
    check_refusal(&world, &[], 69, &[&address, "credentials"]);
    let right = format!("redis://:right@{address}");
    let server = world.start(&["--redis-url", &right]);
    assert!(!server.printed().contains("right@"), "{}", server.printed());
}

/// Orders go on without them, unless somebody asked to wait.
#[test]
fn redis_and_kafka_may_be_absent_at_the_start() {
    let world = World::full();
    let redis = format!("redis://:{SECRET}@{NOBODY}");
    let absent = ["--redis-url", &redis, "--kafka-bootstrap-servers", NOBODY];
    let server = world.start(&absent);
    for engine in ["redis is not there", "kafka is not there"] {
        assert!(server.log().contains(engine), "{}", server.log());
    }
    assert!(!server.printed().contains(SECRET));
    assert_eq!(server.client().order(1, 2).unwrap().0, 201);
    let waiting = ["--wait-for", "1"];
    check_refusal(&world, &[&absent[..2], &waiting].concat(), 69, &["redis was waited for"]);
    check_refusal(&world, &[&absent[2..], &waiting].concat(), 69, &["kafka was waited for"]);
}

#[test]
fn who_waits_gets_engines_that_come_later() {
    let world = World::full();
    let engines = world.engines();
    let (proxy, url) = engines.proxy_to_database();
    proxy.set(Mode::Refuse);
    engines.redis().kill();
    thread::scope(|scope| {
        let starting = scope.spawn(|| world.start(&["--wait-for", "60", "--database-url", &url]));
        let log = world.folder().join("server-0/logs/application.log");
        wait_until("it waits for the database", || {
            std::fs::read_to_string(&log).is_ok_and(|log| log.contains("waiting for the database"))
        });
        proxy.set(Mode::Pass);
        engines.wait(engines.redis().restart());
        let server = starting.join().unwrap();
        assert_eq!(server.client().order(1, 2).unwrap().0, 201);
        engines.wait_until_counters_are_right();
    });
}
