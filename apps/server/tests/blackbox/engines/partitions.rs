//! Rows 36 and 39: a replica that cannot reach the database, and one whose clock is wrong.

use std::time::Duration;

use chrono::{DateTime, Utc};
use ordersystem_test_engines::proxy::Mode;

use super::replicas::{SOON, WHOLE_LIFE, paid_orders, wait_until_delivered};
use crate::support::{
    Client, Load, Server, World, everything_is_well, scaled, wait_at_most, wait_until,
};

/// How long the leases of a replica that lost its database may keep others from its work.
const TAKEOVER: Duration = Duration::from_secs(15);
/// How long new orders may take all the way meanwhile, on a busy machine.
const WHOLE_WAY: Duration = Duration::from_secs(30);

fn check_partition(mode: Mode) {
    let world = World::full();
    let (proxy, url) = world.engines().proxy_to_database();
    let cut = world.start(&[&SOON[..], &["--database-url", &url]].concat());
    paid_orders(&[cut.client()], 12);
    let heir = world.start(&SOON);
    paid_orders(&[cut.client(), heir.client()], 40);
    let client = heir.client();
    let product = client.new_product(1_000_000);
    let load = Load::during(std::slice::from_ref(&client), &[product], |load| {
        proxy.set(mode);
        check_takeover(&world, &client);
        assert_eq!(cut.get("/actuator/health").0, 503);
        proxy.set(Mode::Pass);
        load.wait_for_more(100, 201);
    });
    assert_eq!(load.statuses().into_keys().collect::<Vec<_>>(), [201]);
    wait_at_most(Duration::from_secs(5), "it is back", || cut.get("/actuator/health").0 == 200);
    paid_orders(&[Client::new(cut.url())], 12);
    wait_until_delivered(&world, 12 + 40 + 12 + 12);
    everything_is_well(&world);
}

/// What waits is published by the other, and new orders of every partition go through their whole life there.
fn check_takeover(world: &World, heir: &Client) {
    let orders = paid_orders(std::slice::from_ref(heir), 12);
    let newest = world.engines().number("SELECT max(id) FROM outbox");
    let left = format!("SELECT count(*) FROM outbox WHERE published_at IS NULL AND id <= {newest}");
    let relayed =
        wait_at_most(TAKEOVER, "the other relay publishes", || world.engines().number(&left) == 0);
    let done = wait_at_most(WHOLE_WAY, "the others do its work", || {
        orders.iter().all(|order| heir.status(*order) == "DELIVERED")
    });
    println!("published after {relayed:?}, delivered {done:?} later");
}

#[test]
fn fault_36_a_replica_is_refused_by_the_database() {
    check_partition(Mode::Refuse);
}

#[test]
fn fault_36_a_replica_gets_no_answer_from_the_database() {
    check_partition(Mode::Blackhole);
}

/// As its log tells the time, whose zone is that of Seoul.
fn assert_clock_is_wrong(server: &Server, skew: i64) {
    wait_until("its log has begun", || server.log().contains('\n'));
    let log = server.log();
    let told = DateTime::parse_from_rfc3339(log.split_whitespace().next().unwrap()).unwrap();
    let ahead = told.timestamp() - Utc::now().timestamp();
    assert!((ahead - skew).abs() < 60, "it is {ahead} s ahead of this process");
}

/// Replicas go by the time of the database: how wrong their own is shows nowhere.
fn check_clock(skew: &str) {
    let world = World::full();
    let wrong = world.start_with(&[("CLOCK_SKEW_SECONDS", skew)], &SOON);
    assert_clock_is_wrong(&wrong, skew.parse().unwrap());
    let right = world.start(&SOON);
    let clients = [wrong.client(), right.client()];
    let count = scaled(20, 200);
    let orders = paid_orders(&clients, count);
    let unpaid: Vec<_> = (0..10).map(|number| clients[number % 2].placed(3, 1)).collect();
    wait_until_delivered(&world, count);
    for (number, order) in orders.iter().enumerate() {
        assert_eq!(clients[number % 2].history(*order), WHOLE_LIFE, "order {order}");
    }
    assert!(unpaid.iter().all(|order| clients[0].status(*order) == "CREATED"), "none has expired");
    for (what, sql) in [
        (
            "placed",
            "SELECT count(*) FROM orders WHERE abs(extract(epoch FROM placed_at - now())) > 120",
        ),
        (
            "shipped early",
            "SELECT count(*) FROM deliveries WHERE shipped_at < started_at + interval '1 s'",
        ),
        (
            "arrived early",
            "SELECT count(*) FROM deliveries WHERE completed_at < shipped_at + interval '1 s'",
        ),
        (
            "went backwards",
            "SELECT count(*) FROM order_history a JOIN order_history b USING (order_id)
            WHERE b.version = a.version + 1 AND b.at < a.at",
        ),
    ] {
        assert_eq!(world.engines().number(sql), 0, "{what}");
    }
    everything_is_well(&world);
}

#[test]
fn fault_39_a_replica_is_ten_minutes_ahead() {
    check_clock("600");
}

#[test]
fn fault_39_a_replica_is_ten_minutes_behind() {
    check_clock("-600");
}
