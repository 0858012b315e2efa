//! Rows 12 and 13: without the database there are no orders, but clear words, and it goes on as soon as it is back.

use std::time::Duration;

use ordersystem_test_engines::proxy::Mode;

use crate::support::{Load, World, percentile, wait_at_most, wait_until};

fn check_outage(mode: Mode, patience: Duration) {
    let world = World::full();
    let (proxy, url) = world.engines().proxy_to_database();
    let usually = "store.queue-age-milliseconds=500";
    let server = world.start(&["--database-url", &url, "--set", usually]);
    let client = server.client();
    let product = client.new_product(1_000_000);
    let mut back = Duration::ZERO;
    let load = Load::during(std::slice::from_ref(&client), &[product], |load| {
        load.wait_for_more(100, 201);
        proxy.set(mode);
        load.wait_for_more(3 * Load::CUSTOMERS, 503);
        let refused = client.send("GET", "/api/orders/1", &[], "").unwrap();
        assert_eq!((refused.status, refused.header("retry-after").is_empty()), (503, false));
        wait_until("health shows it", || {
            server.get("/actuator/health") == (503, serde_json::json!({"status": "DOWN"}))
        });
        assert_eq!(server.get("/actuator/health/liveness").0, 200);
        let accepted = load.count(201);
        proxy.set(Mode::Pass);
        back = wait_at_most(Duration::from_secs(5), "orders are accepted again", || {
            load.count(201) > accepted
        });
        load.wait_for_more(100, 201);
    });
    let mut refused = load.attempts();
    refused.retain(|attempt| attempt.status == 503);
    let slowest = percentile(&refused, 100);
    println!("{} refused, the slowest after {slowest:?}; back after {back:?}", refused.len());
    assert!(slowest <= patience, "somebody waited {slowest:?} for a 503");
    assert_eq!(load.statuses().into_keys().collect::<Vec<_>>(), [201, 503]);
    check_nothing_is_lost_or_half_done(&world, &load);
}

pub(super) fn check_nothing_is_lost_or_half_done(world: &World, load: &Load) {
    let engines = world.engines();
    let orders = engines.number("SELECT count(*) FROM orders");
    let held: i64 = engines.levels().iter().map(|(_, _, reserved)| reserved).sum();
    assert_eq!(held, orders, "each order holds its unit");
    let accepted: Vec<_> = load.accepted().iter().map(i64::to_string).collect();
    let found = format!("SELECT count(*) FROM orders WHERE id IN ({})", accepted.join(","));
    assert_eq!(usize::try_from(engines.number(&found)).unwrap(), accepted.len());
    engines.wait_until_counters_are_right();
    engines.wait_until_everything_is_published();
    engines.check_topics();
    world.verify();
}

#[test]
fn fault_12_the_database_refuses() {
    check_outage(Mode::Refuse, Duration::from_secs(2));
}

/// Most are told after two seconds; those whose commit may have happened are when its fate was looked for in vain.
#[test]
fn fault_13_the_database_hangs() {
    check_outage(Mode::Blackhole, Duration::from_secs(4));
}

/// The indexes that the original promised.
#[test]
fn must_not_repeat_d32_the_promised_indexes_exist() {
    let world = World::full();
    let _server = world.start(&[]);
    for (table, column) in
        [("orders", "status"), ("order_lines", "product_id"), ("orders", "placed_at")]
    {
        let sql = format!(
            "SELECT count(*) FROM pg_indexes WHERE tablename = '{table}' AND indexdef ~ '\\(\"?{column}'"
        );
        assert!(world.engines().number(&sql) >= 1, "{table} ({column})");
    }
}
