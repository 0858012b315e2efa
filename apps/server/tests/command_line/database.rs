use crate::Shell;

#[test]
fn migrate_makes_the_database_and_is_done_the_second_time() {
    let shell = Shell::new();
    let before = shell.run("migrate status").ended(1);
    assert!(before.stdout.lines().all(|line| line.starts_with("pending ")), "{before:?}");
    assert!(!shell.path().join("data").exists(), "a status changes nothing");

    let first = shell.run("migrate").ended(0);
    assert_eq!(first.stdout, before.stdout.replace("pending ", "applied "));
    assert_eq!(first.stderr, "sqlite://data/ordersystem.db is up to date\n");
    assert_eq!(shell.run("migrate up").ended(0).stdout, "");
    assert_eq!(shell.run("migrate status").ended(0).stdout, first.stdout);
    let doctor = shell.run("doctor --port 0").ended(0);
    assert!(doctor.stdout.contains("its schema is up to date"), "{doctor:?}");
}

#[test]
fn seed_fills_an_empty_shop_once() {
    let shell = Shell::new();
    assert_eq!(shell.run("seed").ended(0).stdout, "the three sample products are on sale\n");
    let again = shell.run("seed").ended(0);
    assert!(again.stdout.contains("nothing was changed"), "{again:?}");
}

#[test]
fn order_show_needs_a_database_and_an_order() {
    let shell = Shell::new();
    let ran = shell.run("order show 7").ended(69);
    assert!(ran.stderr.contains("run `ordersystem migrate`"), "{ran:?}");
    assert!(!shell.path().join("data").exists(), "to look changes nothing");

    shell.run("migrate").ended(0);
    let ran = shell.run("order show 7 --timeline").ended(1);
    assert!(ran.stderr.starts_with("there is no order 7"), "{ran:?}");
    assert_eq!(ran.stdout, "");
}

#[test]
fn a_database_in_ram_is_nobody_else_s() {
    for command in ["migrate", "seed", "order show 1"] {
        let ran = Shell::new().run(&format!("{command} --ephemeral")).ended(69);
        assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
    }
}

#[test]
fn a_file_that_is_no_database_is_one_line() {
    let noise = "this is not a database, not even a little bit ".repeat(100);
    let shell = Shell::new().with_file("data/ordersystem.db", &noise);
    for command in ["migrate", "migrate status", "seed", "order show 1"] {
        let ran = shell.run(command).ended(69);
        assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
        assert!(ran.stderr.contains("data/ordersystem.db"), "{ran:?}");
    }
    let doctor = shell.run("doctor --port 0").ended(1);
    assert!(doctor.stdout.contains("FAIL  database: "), "{doctor:?}");
}
