//! Rows 24, 31 and 34: events may be late, come twice or be nonsense; orders go on and nothing happens twice.

use std::time::{Duration, Instant};

use ordersystem_test_engines::kafka;
use serde_json::Value;

use crate::support::{
    Client, Engines, Load, Server, Topics, World, percentile, scaled, wait_until,
};

const TOPICS: [&str; 2] = ["order-events", "inventory-events"];
/// Keys enough for every partition to get something.
const KEYS: [&str; 6] = ["1", "2", "3", "4", "5", "6"];

fn shows(server: &Server, kafka: &str) -> bool {
    let (status, health) = server.get("/actuator/health");
    assert_eq!((status, &health["status"]), (200, &Value::from("UP")), "{health}");
    health["components"]["kafka"]["status"] == kafka
}

#[test]
fn must_not_repeat_d23_fault_24_kafka_is_down_and_orders_go_on() {
    let broker = kafka::Server::start();
    let world = World::on(Engines::with_kafka(broker.address()));
    let server = world.start(&["--set", "management.show-details=always"]);
    let client = server.client();
    let product = client.new_product(1_000_000);
    let outage = Duration::from_secs(u64::try_from(scaled(5, 20)).unwrap());
    let mut begin = Instant::now();
    let load = Load::during(std::slice::from_ref(&client), &[product], |load| {
        load.wait_for_more(100, 201);
        broker.kill();
        begin = Instant::now();
        load.go_on_for(outage);
        client.paid(1, 1);
        wait_until("health shows the loss", || shows(&server, "DOWN"));
        broker.restart();
        load.wait_for_more(100, 201);
    });
    check_drain(&world, &server);
    assert_eq!(load.statuses().into_keys().collect::<Vec<_>>(), [201]);
    let slowest = percentile(&load.since(begin), 100);
    assert!(slowest < Duration::from_secs(2), "somebody waited {slowest:?}");
    wait_until("the paid order is prepared", || {
        world.engines().number("SELECT count(*) FROM deliveries") == 1
    });
    world.engines().check_topics();
    check_batches_are_compressed(&broker);
    world.engines().wait_until_counters_are_right();
    world.verify();
}

fn check_drain(world: &World, server: &Server) {
    let (begin, waiting) = (Instant::now(), world.engines().unpublished());
    world.engines().wait_until_everything_is_published();
    println!("{waiting} events were published in {:?}", begin.elapsed());
    wait_until("health shows the return", || shows(server, "UP"));
}

/// D32: snappy, as the broker keeps it. A batch begins with offset, length, epoch, version 2, checksum and attributes,
/// whose lowest bits name the compression.
fn check_batches_are_compressed(broker: &kafka::Server) {
    let mut batches = 0;
    for log in broker.logs_of("order-events") {
        let mut rest = &std::fs::read(log).unwrap()[..];
        while rest.len() > 23 && rest[16] == 2 {
            assert_eq!(rest[22] & 7, 2, "not snappy");
            batches += 1;
            let length = u32::from_be_bytes(rest[8..12].try_into().unwrap());
            rest = rest.get(12 + usize::try_from(length).unwrap()..).unwrap_or_default();
        }
    }
    assert!(batches > 0, "no batch was looked at");
}

/// Messages that nobody can do anything with. What they name has had its minute to become known.
fn poison(topic: &str) -> Vec<Vec<u8>> {
    let unknown = match topic {
        "order-events" => {
            r#"{"orderId":999999,"status":"PAYMENT_COMPLETED","timestamp":"2020-01-01T00:00:00Z"}"#
        }
        _ => {
            r#"{"eventType":"STOCK_RELEASED","orderId":1,"productId":999999,"quantity":1,"timestamp":"2020-01-01T00:00:00Z"}"#
        }
    };
    let other = match topic {
        "order-events" => r#"{"orderId":1,"status":"VANISHED","timestamp":"2020-01-01T00:00:00Z"}"#,
        _ => r#"{"eventType":"STOCK_RELEASED","orderId":1,"productId":"one"}"#,
    };
    let texts = ["{", "", "null", "{}", "[1,2,3]", unknown, other];
    let mut poison: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    poison.push(vec![0xff, 0xfe, 0x00]);
    poison.push(vec![b'x'; 2 * 1024 * 1024]);
    poison
}

fn dead_letters(world: &World) -> usize {
    usize::try_from(world.engines().number("SELECT count(*) FROM dead_letters")).unwrap()
}

#[test]
fn fault_31_poison_is_set_aside_and_the_next_message_is_handled() {
    let world = World::full();
    let server = world.start(&[]);
    let topics = world.engines().topics();
    let client = server.client();
    client.placed(1, 1);
    world.engines().wait_until_everything_is_published();
    let mut sent = 0;
    for topic in TOPICS {
        for value in poison(topic) {
            topics.publish(topic, None, &[], &value);
            topics.publish(topic, Some(KEYS[sent % KEYS.len()]), &[("ce_id", "no id")], &value);
            sent += 2;
        }
    }
    let orders: Vec<_> = KEYS.iter().map(|_| client.paid(1, 1)).collect();
    wait_until("the next orders are prepared", || {
        orders.iter().all(|order| client.status(*order) == "SHIPMENT_PREPARING")
    });
    wait_until("all poison is set aside", || dead_letters(&world) >= sent);
    assert_eq!(dead_letters(&world), sent);
    for topic in TOPICS {
        check_dead_letters(topics, topic, &poison(topic));
    }
    world.engines().wait_until_counters_are_right();
    world.verify();
}

/// Each lies there as it came, with the place and the reason beside it.
fn check_dead_letters(topics: &Topics, topic: &str, poison: &[Vec<u8>]) {
    let dead = topics.dead_letters(topic);
    wait_until("the copies are there", || topics.count(&dead) >= 2 * poison.len());
    let letters = topics.read(&dead);
    assert_eq!(letters.len(), 2 * poison.len());
    for value in poison {
        assert_eq!(letters.iter().filter(|letter| letter.value == *value).count(), 2);
    }
    for letter in letters {
        assert_eq!(letter.headers["x-dlq-topic"], topics.name(topic));
        assert!(!letter.headers["x-dlq-error"].is_empty());
    }
}

/// Somebody else publishes without our headers, and twice.
#[test]
fn fault_29_an_event_of_somebody_else_has_one_effect() {
    let world = World::full();
    let role = |role| world.start(&["--role", role]);
    let (api, topics) = (role("api"), world.engines().topics());
    let order = api.client().paid(1, 1);
    let relay = role("relay");
    world.engines().wait_until_everything_is_published();
    relay.stop();
    let key = order.to_string();
    let event = format!(
        r#"{{"orderId":{order},"status":"PAYMENT_COMPLETED","timestamp":"2020-01-01T00:00:00Z"}}"#
    );
    for _ in 0..3 {
        topics.publish("order-events", Some(&key), &[], event.as_bytes());
    }
    topics.publish("order-events", Some(&key), &[], b"the last");
    let _consumer = role("consumer");
    wait_until("the last message was read", || dead_letters(&world) == 1);
    let states = ["CREATED", "PAYMENT_REQUESTED", "PAYMENT_COMPLETED", "SHIPMENT_PREPARING"];
    assert_eq!(api.client().history(order), states);
    assert_eq!(world.engines().number("SELECT count(*) FROM deliveries"), 1);
    world.verify();
}

/// Everything about orders that a replay could change.
fn everything(world: &World, client: &Client) -> Vec<Value> {
    let orders = client.data("/api/orders?limit=100");
    let orders: Vec<_> = orders["items"].as_array().unwrap().clone();
    let history = |order: &Value| {
        let path = format!("/api/orders/{}/history", order["orderId"]);
        client.data(&path)
    };
    let mut everything: Vec<_> = orders.iter().map(history).collect();
    everything.extend(orders);
    everything.push(client.data("/api/inventory"));
    everything.push(dead_letters(world).into());
    everything.push(world.engines().number("SELECT count(*) FROM outbox").into());
    everything
}

fn some_history(client: &Client) {
    for _ in 0..6 {
        let order = client.paid(1, 1);
        wait_until("it is prepared", || client.status(order) == "SHIPMENT_PREPARING");
        assert_eq!(client.cancel(client.placed(2, 3)).0, 200);
    }
}

#[test]
fn fault_34_a_full_replay_changes_nothing() {
    let world = World::full();
    let server = world.start(&[]);
    some_history(&server.client());
    world.engines().wait_until_everything_is_published();
    let before = everything(&world, &server.client());
    server.stop();
    for (group, topic) in
        [("ordersystem-group", TOPICS[0]), ("ordersystem-group-inventory", TOPICS[1])]
    {
        reset_to_earliest(&world, group, topic);
    }
    let server = world.start(&[]);
    for (group, topic) in
        [("ordersystem-group", TOPICS[0]), ("ordersystem-group-inventory", TOPICS[1])]
    {
        let group = format!("{}{group}", world.engines().group_prefix());
        wait_until("everything was read again", || {
            world.engines().topics().lag(&group, topic) == 0
        });
    }
    assert_eq!(everything(&world, &server.client()), before);
    world.engines().wait_until_counters_are_right();
    world.verify();
}

fn reset_to_earliest(world: &World, group: &str, topic: &str) {
    let (topics, prefix) = (world.engines().topics(), world.engines().group_prefix());
    let group = format!("{prefix}{group}");
    assert_eq!(topics.lag(&group, topic), 0);
    let what = ["--group", &group, "--topic", topics.name(topic)];
    let how = ["--reset-offsets", "--to-earliest", "--execute"];
    topics.tool("kafka-consumer-groups", &[&what[..], &how].concat());
    assert!(topics.lag(&group, topic) > 0, "the offsets were set back");
}

#[test]
fn fault_34_a_topic_that_is_deleted_is_made_again() {
    let world = World::full();
    let server = world.start(&[]);
    let client = server.client();
    some_history(&client);
    world.engines().wait_until_everything_is_published();
    let before = everything(&world, &client);
    for topic in TOPICS {
        let name = world.engines().topics().name(topic);
        world.engines().topics().tool("kafka-topics", &["--delete", "--topic", name]);
    }
    let orders: Vec<_> = KEYS.iter().map(|_| client.paid(3, 1)).collect();
    wait_until("new orders are prepared", || {
        orders.iter().all(|order| client.status(*order) == "SHIPMENT_PREPARING")
    });
    world.engines().wait_until_everything_is_published();
    let after = everything(&world, &client);
    assert!(before[..12].iter().all(|history| after.contains(history)));
    assert_eq!(dead_letters(&world), 0);
    world.engines().wait_until_counters_are_right();
    world.verify();
}
