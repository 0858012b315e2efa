//! Rows 19 to 23: a database that is slow, full, or whose rows somebody else holds on to.

use std::time::{Duration, Instant};

use ordersystem_test_engines::proxy::{Cut, Mode};
use serde_json::Value;

use crate::support::{Client, Load, World, everything_is_well, percentile, wait_at_most};

const BOUND: Duration = Duration::from_secs(3);

/// With the usual patience: who would wait too long is told to come back.
const SHEDS: &[&str] = &["--set", "store.queue-age-milliseconds=500"];

fn check_statuses(load: &Load, allowed: &[u16]) {
    let statuses = load.statuses();
    assert!(statuses.keys().all(|status| allowed.contains(status)), "{statuses:?}");
}

#[test]
fn fault_19_every_statement_takes_200_ms_longer() {
    let world = World::full();
    let (proxy, url) = world.engines().proxy_to_database();
    let server = world.start(&[SHEDS, &["--database-url", &url]].concat());
    let client = server.client();
    let products = [client.new_product(1_000_000), client.new_product(1_000_000)];
    let mut begin = Instant::now();
    let load = Load::during(std::slice::from_ref(&client), &products, |load| {
        load.wait_for_more(50, 201);
        proxy.set(Mode::Delay(Duration::from_millis(200)));
        begin = Instant::now();
        load.wait_for_more(100, 201);
        proxy.set(Mode::Pass);
        load.wait_for_more(50, 201);
    });
    let slow = load.since(begin);
    let (p99, count) = (percentile(&slow, 99), slow.len());
    println!("{count} orders, p99 {p99:?}, {:?}", load.statuses());
    assert!(p99 <= BOUND, "p99 {p99:?}");
    check_statuses(&load, &[201, 503]);
    everything_is_well(&world);
}

/// Makes every look at a history take a second for each of its steps.
const LONG_QUERIES: &str = "
    ALTER TABLE order_history RENAME TO steps;
    CREATE VIEW order_history AS SELECT * FROM steps WHERE pg_sleep(1) IS NOT NULL";
const SHORT_QUERIES: &str = "DROP VIEW order_history; ALTER TABLE steps RENAME TO order_history";

/// What people look at must not keep the gateway waiting.
#[test]
fn fault_20_long_queries_exhaust_the_connections() {
    let world = World::full();
    world.start(&[]).stop();
    let run = |sql| world.engines().wait(world.engines().database().run(sql));
    run(LONG_QUERIES);
    let server = world.start(SHEDS);
    let client = server.client();
    let orders: Vec<i64> = (0..10)
        .map(|_| {
            let order = client.placed(1, 1);
            assert_eq!(client.request_payment(order), 202);
            order
        })
        .collect();
    let looking = Load::default();
    std::thread::scope(|scope| {
        let _end = looking.go_home_at_the_end();
        for customer in 0..48 {
            let (client, looking, order) = (&client, &looking, orders[customer % orders.len()]);
            scope.spawn(move || {
                while looking.goes_on() {
                    drop(client.call("GET", &format!("/api/orders/{order}/history"), &Value::Null));
                }
            });
        }
        let waiting = "SELECT count(*) FROM pg_stat_activity
            WHERE wait_event = 'PgSleep' AND datname = current_database()";
        wait_at_most(BOUND * 3, "the queries last", || world.engines().number(waiting) >= 4);
        for order in &orders {
            let started = Instant::now();
            let path = format!("/api/orders/{order}/payment/complete?success=true");
            let (status, answer) = client.call("POST", &path, &Value::Null);
            let took = started.elapsed();
            println!("a callback took {took:?}");
            assert_eq!(status, 200, "a callback after {took:?}: {answer}");
            assert!(took < BOUND);
        }
    });
    server.stop();
    run(SHORT_QUERIES);
    let _all = world.start(&[]);
    everything_is_well(&world);
}

/// Orders of other products go on while one product's row is locked.
fn check_locked_row(client: &Client, hot: i64, others: &[i64], release: impl Fn()) {
    let locked = Load::during(std::slice::from_ref(client), &[hot], |load| {
        load.wait_for_more(10, 503);
    });
    let slowest = percentile(&locked.attempts(), 100);
    println!("locked: {:?}, the slowest after {slowest:?}", locked.statuses());
    assert!(slowest <= BOUND, "somebody waited {slowest:?}");
    let mixed: Vec<i64> = [&[hot], others].concat();
    let load = Load::during(std::slice::from_ref(client), &mixed, |load| {
        load.wait_for_more(20, 201);
        release();
        load.wait_for_more(100, 201);
    });
    println!("beside: {:?}, slowest {:?}", load.statuses(), percentile(&load.attempts(), 100));
    check_statuses(&load, &[201, 503]);
    let back = wait_at_most(Duration::from_secs(12), "the locked product is sold again", || {
        client.order(hot, 1).unwrap().0 == 201
    });
    println!("the product was back after {back:?}");
}

#[test]
fn fault_21_an_administrator_locks_rows() {
    let world = World::full();
    let server = world.start(SHEDS);
    let client = server.client();
    let [hot, one, other] = [100, 200, 300].map(|_| client.new_product(1_000_000));
    let admin = world.engines().wait(world.engines().database().client());
    let lock = format!("BEGIN; SELECT FROM products WHERE id = {hot} FOR UPDATE");
    world.engines().wait(admin.batch_execute(&lock)).unwrap();
    check_locked_row(&client, hot, &[one, other], || {
        world.engines().wait(admin.batch_execute("ROLLBACK")).unwrap();
    });
    everything_is_well(&world);
}

/// A session of ours that the server still believes in: it holds the row of the product until its time is over.
#[test]
fn fault_23_a_forgotten_transaction_holds_the_hot_row() {
    let world = World::full();
    let (proxy, url) = world.engines().proxy_to_database();
    let api = world.start(&[SHEDS, &["--role", "api", "--database-url", &url]].concat());
    let client = api.client();
    let [hot, one, other] = [100, 200, 300].map(|_| client.new_product(1_000_000));
    proxy.cut_when("COMMIT\0", Cut::HalfOpen);
    let began = Instant::now();
    let (status, _) = client.order(hot, 1).unwrap();
    assert_eq!(status, 503);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    world.engines().wait(proxy.wait_for_cuts(1));
    check_locked_row(&client, hot, &[one, other], || {});
    assert!(began.elapsed() < Duration::from_secs(30));
    let _all = world.start(&[]);
    everything_is_well(&world);
}

/// What a full disk says, by the database's own mouth.
const FULL: &str = "
    CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
    END $$;
    CREATE TRIGGER full_disk BEFORE INSERT ON outbox EXECUTE FUNCTION full_disk()";

#[test]
fn fault_22_the_disk_of_the_database_is_full() {
    let world = World::full();
    let server = world.start(SHEDS);
    let client = server.client();
    let product = client.new_product(1_000_000);
    let placed = client.placed(product, 1);
    let run = |sql| world.engines().wait(world.engines().database().run(sql));
    let load = Load::during(std::slice::from_ref(&client), &[product], |load| {
        load.wait_for_more(50, 201);
        run(FULL);
        load.wait_for_more(50, 503);
        assert_eq!(client.status(placed), "CREATED", "what is there can be read");
        assert_eq!(server.get("/api/orders").0, 200);
        assert_eq!(server.get("/actuator/health").0, 200);
        run("DROP TRIGGER full_disk ON outbox");
        let before = load.count(201);
        wait_at_most(Duration::from_secs(5), "orders are accepted again", || {
            load.count(201) > before
        });
        load.wait_for_more(50, 201);
    });
    let slowest = percentile(&load.attempts(), 100);
    println!("{:?}, slowest {slowest:?}", load.statuses());
    assert!(slowest <= BOUND, "somebody waited {slowest:?}");
    check_statuses(&load, &[201, 503]);
    let accepted = i64::try_from(load.accepted().len()).unwrap() + 1;
    assert_eq!(world.engines().number("SELECT count(*) FROM orders"), accepted);
    everything_is_well(&world);
}
