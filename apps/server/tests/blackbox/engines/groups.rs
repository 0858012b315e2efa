//! Rows 30 and 33: events out of order, and groups that never come to rest. Row 32 is among the crashes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};

use crate::support::{
    Client, World, everything_is_well, in_parallel, scaled, wait_at_most, wait_until,
};

const GROUP: &str = "ordersystem-group";
const PREPARED: [&str; 4] =
    ["CREATED", "PAYMENT_REQUESTED", "PAYMENT_COMPLETED", "SHIPMENT_PREPARING"];

/// Each order was prepared once.
fn check_prepared(world: &World, client: &Client, orders: &[i64]) {
    for order in orders {
        assert_eq!(client.history(*order), PREPARED, "order {order}");
    }
    let deliveries = world.engines().number("SELECT count(*) FROM deliveries");
    assert_eq!(usize::try_from(deliveries).unwrap(), orders.len());
}

/// Topic, key, id and text of what waits to be published, the last first.
fn outbox_backwards(world: &World) -> Vec<(String, String, String, String)> {
    let sql = "SELECT topic, key::text, event_id::text, payload FROM outbox
        WHERE published_at IS NULL ORDER BY id DESC";
    let client = world.engines().wait(world.engines().database().client());
    let rows = world.engines().wait(client.query(sql, &[])).unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect()
}

/// Everything comes backwards first, then as it was. One message runs ahead of what it is about.
#[test]
fn fault_30_the_events_of_a_key_come_in_another_order() {
    let world = World::full();
    let role = |role| world.start(&["--role", role]);
    let (api, topics) = (role("api"), world.engines().topics());
    let client = api.client();
    client.placed(3, 1);
    role("relay").stop();
    let orders: Vec<i64> = (0..scaled(5, 30)).map(|_| client.paid(1, 1)).collect();
    let unpaid = client.placed(1, 1);
    let ahead = format!(
        r#"{{"orderId":{unpaid},"status":"PAYMENT_COMPLETED","timestamp":"2020-01-01T00:00:00Z"}}"#
    );
    topics.publish("order-events", Some(&unpaid.to_string()), &[], ahead.as_bytes());
    for (topic, key, id, text) in outbox_backwards(&world) {
        topics.publish(&topic, Some(&key), &[("ce_id", &id)], text.as_bytes());
    }
    let (_consumer, relay) = (role("consumer"), role("relay"));
    wait_until("all orders are prepared", || {
        orders.iter().all(|order| client.status(*order) == "SHIPMENT_PREPARING")
    });
    world.engines().wait_until_everything_is_published();
    for topic in ["order-events", "inventory-events"] {
        let group = if topic == "order-events" { GROUP } else { "ordersystem-group-inventory" };
        let group = format!("{}{group}", world.engines().group_prefix());
        wait_until("everything was read", || topics.lag(&group, topic) == 0);
    }
    check_prepared(&world, &client, &orders);
    assert_eq!(client.status(unpaid), "CREATED", "a message alone pays nothing");
    assert_eq!(world.engines().number("SELECT count(*) FROM dead_letters"), 1, "it is parked");
    world.engines().wait_until_counters_are_right();
    world.verify();
    relay.stop();
}

/// Somebody joins the group of the program, takes partitions and leaves again, over and over.
fn join_and_leave(world: &World, storms: &AtomicBool) -> usize {
    let topics = world.engines().topics();
    let group = format!("{}{GROUP}", world.engines().group_prefix());
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", topics.servers()).set("group.id", &group);
    config.set("enable.auto.commit", "false").set("session.timeout.ms", "6000");
    let mut storm = 0;
    while storms.load(Ordering::Relaxed) {
        let stranger: BaseConsumer = config.create().unwrap();
        stranger.subscribe(&[topics.name("order-events")]).unwrap();
        let end = Instant::now() + Duration::from_millis(400);
        while Instant::now() < end {
            drop(stranger.poll(Duration::from_millis(50)));
        }
        storm += 1;
    }
    storm
}

#[test]
fn fault_33_the_group_is_dealt_again_and_again() {
    let world = World::full();
    let api = world.start(&["--role", "api"]);
    let _relay = world.start(&["--role", "relay"]);
    let client = api.client();
    let prepared = || {
        let deliveries = world.engines().number("SELECT count(*) FROM deliveries");
        usize::try_from(deliveries).unwrap()
    };
    let (count, storms) = (scaled(60, 1_000), AtomicBool::new(true));
    let orders = std::sync::Mutex::new(Vec::new());
    thread::scope(|scope| {
        let stranger = scope.spawn(|| join_and_leave(&world, &storms));
        scope.spawn(|| {
            for round in 0_usize.. {
                if !storms.load(Ordering::Relaxed) {
                    return;
                }
                let consumers = [0, 1].map(|_| world.start(&["--role", "consumer"]));
                let end = Instant::now() + Duration::from_secs(4);
                wait_until("the next stroke", || Instant::now() >= end);
                for (number, consumer) in consumers.into_iter().enumerate() {
                    if (round + number) % 2 == 0 { consumer.kill() } else { consumer.stop() }
                }
            }
        });
        in_parallel(4, count, |_| {
            let order = client.paid(3, 1);
            orders.lock().unwrap().push(order);
        });
        wait_until("there is progress in the storm", || prepared() > scaled(5, 20));
        storms.store(false, Ordering::Relaxed);
        println!("a stranger came {} times", stranger.join().unwrap());
    });
    let orders = orders.into_inner().unwrap();
    println!("{} of {count} orders were prepared in the storm", prepared());
    let _calm = world.start(&["--role", "consumer"]);
    let took =
        wait_at_most(Duration::from_secs(40), "the rest is prepared", || prepared() == count);
    println!("the rest was prepared {took:?} after it");
    check_prepared(&world, &client, &orders);
    let repeated = "SELECT count(*) - count(DISTINCT order_id) FROM deliveries";
    assert_eq!(world.engines().number(repeated), 0);
    everything_is_well(&world);
}
