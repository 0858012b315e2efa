//! T13: what the relay has published reaches the consumers twice, out of order and with rubbish in between, while consumers
//! come and go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ordersystem_test_engines::kafka;
use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use crate::chance::{Chance, seed};
use crate::machine;
use crate::support::{Server, World, in_parallel, scaled, wait_at_most, wait_until};

const TOPICS: [&str; 2] = ["order-events", "inventory-events"];
/// A paid order has three events, and two per line.
const LINES: usize = 8;
const DUPLICATES: usize = 30;
const REACH: usize = 5;
/// One message in so many is nothing that anybody has sent.
const POISON: usize = 100;
const DRAIN: Duration = Duration::from_secs(300);

/// What is sent once more.
#[derive(Clone)]
struct Message {
    key: Option<String>,
    headers: BTreeMap<String, String>,
    value: Vec<u8>,
}

/// What was sent to the consumers.
#[derive(Default)]
struct Sent {
    messages: usize,
    poison: usize,
}

#[test]
fn t13_duplicates_disorder_and_poison_change_nothing() {
    let _alone = machine::alone();
    let mut chance = Chance::of(seed());
    let world = World::full();
    let orders = paid_orders(&world, scaled(820, 20_000));
    let other = TOPICS.map(kafka::unique);
    let host = consumer(&world, &other);
    let is_over = AtomicBool::new(false);
    let began = Instant::now();
    let sent = thread::scope(|scope| {
        let storm = scope.spawn(|| rebalances(&world, &other, &is_over));
        let mut sent = Sent::default();
        for (topic, other) in TOPICS.iter().zip(&other) {
            disturb(&world, topic, other, &mut chance, &mut sent);
        }
        wait_until_consumed(&world, &other);
        is_over.store(true, Ordering::Relaxed);
        println!("{} rebalances", storm.join().unwrap());
        sent
    });
    println!(
        "{} messages, {} of them poison, in {:?}",
        sent.messages,
        sent.poison,
        began.elapsed()
    );
    check(&world, &orders, &sent);
    host.stop();
}

/// Orders that are paid and wait to be prepared; their events are published and nobody consumes them.
fn paid_orders(world: &World, count: usize) -> BTreeSet<i64> {
    let server = world.start(&["--role", "api"]);
    let relay = world.start(&["--role", "relay"]);
    let client = server.client();
    let products: Vec<_> = (0..LINES).map(|_| client.new_product(1_000_000)).collect();
    let lines: Vec<_> = products.iter().map(|product| (*product, 1)).collect();
    let orders = std::sync::Mutex::new(BTreeSet::new());
    in_parallel(16, count, |_| {
        let body = serde_json::from_str(&crate::log::body(&lines)).unwrap();
        let (status, answer) = client.call("POST", "/api/orders", &body);
        assert_eq!(status, 201, "{answer}");
        let order = answer["data"]["orderId"].as_i64().unwrap();
        assert_eq!(client.request_payment(order), 202);
        assert_eq!(client.settle(order, true), 200);
        orders.lock().unwrap().insert(order);
    });
    world.engines().wait_until_everything_is_published();
    server.stop();
    relay.stop();
    orders.into_inner().unwrap()
}

/// One that consumes the disturbed copies.
fn consumer(world: &World, topics: &[String; 2]) -> Server {
    let [orders, stock] = topics;
    let orders = format!("kafka.topics.order-events={orders}");
    let stock = format!("kafka.topics.inventory-events={stock}");
    world.start(&["--role", "consumer", "--set", &orders, "--set", &stock])
}

/// A second consumer comes, and leaves again or dies, every three seconds.
fn rebalances(world: &World, topics: &[String; 2], is_over: &AtomicBool) -> usize {
    let mut count = 0;
    while !is_over.load(Ordering::Relaxed) {
        let guest = consumer(world, topics);
        let end = Instant::now() + Duration::from_secs(3);
        wait_until("the guest has stayed", || {
            Instant::now() >= end || is_over.load(Ordering::Relaxed)
        });
        if count % 4 == 3 {
            guest.kill()
        } else {
            guest.stop()
        }
        count += 1;
    }
    2 * count
}

/// Sends each message of a topic to another one: nearly a third of them twice, of each key none further than five places from
/// where it was, and poison in between.
fn disturb(world: &World, topic: &str, other: &str, chance: &mut Chance, sent: &mut Sent) {
    let mut keys = BTreeMap::<Option<String>, Vec<Message>>::new();
    for event in world.engines().topics().read(topic) {
        let message = Message { key: event.key, headers: event.headers, value: event.value };
        let twice = chance.percent(DUPLICATES).then(|| message.clone());
        let key = keys.entry(message.key.clone()).or_default();
        key.push(message);
        key.extend(twice);
    }
    let mut queues: Vec<_> = keys.into_values().collect();
    for queue in &mut queues {
        chance.shuffle_within(queue, REACH);
        queue.reverse();
    }
    let mut out = Producing::to(world.engines().topics().servers(), other);
    while !queues.is_empty() {
        let queue = chance.below(queues.len());
        out.send(&queues[queue].pop().unwrap());
        if queues[queue].is_empty() {
            queues.swap_remove(queue);
        }
        sent.messages += 1;
        if chance.below(POISON) == 0 {
            out.send(&poison(chance));
            (sent.messages, sent.poison) = (sent.messages + 1, sent.poison + 1);
        }
    }
    out.finish();
}

fn poison(chance: &mut Chance) -> Message {
    let rubbish: [&[u8]; 4] = [b"{", b"", b"\xff\xfe", b"{\"orderId\":\"seven\"}"];
    let key = Some(chance.below(1_000).to_string());
    let value = chance.pick(&rubbish).to_vec();
    Message { key, headers: BTreeMap::new(), value }
}

struct Producing {
    producer: BaseProducer,
    topic: String,
}

impl Producing {
    fn to(servers: &str, topic: &str) -> Self {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", servers).set("linger.ms", "5");
        Self { producer: config.create().unwrap(), topic: topic.to_owned() }
    }

    fn send(&self, message: &Message) {
        let headers = message.headers.iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
            headers.insert(Header { key, value: Some(value) })
        });
        let mut record = BaseRecord::<str, [u8]>::to(&self.topic);
        record = record.payload(&message.value).headers(headers);
        record = BaseRecord { key: message.key.as_deref(), ..record };
        self.producer.send(record).map_err(|(error, _)| error).unwrap();
        self.producer.poll(Duration::ZERO);
    }

    fn finish(&mut self) {
        self.producer.flush(Duration::from_secs(20)).unwrap();
    }
}

fn wait_until_consumed(world: &World, topics: &[String; 2]) {
    let groups = ["ordersystem-group", "ordersystem-group-inventory"];
    for (group, topic) in groups.iter().zip(topics) {
        let group = format!("{}{group}", world.engines().group_prefix());
        wait_at_most(DRAIN, "everything is consumed", || {
            world.engines().topics().lag(&group, topic) == 0
        });
    }
}

/// Consumed = carried out once + dead letters; and the stock is what it would be without any of it.
fn check(world: &World, orders: &BTreeSet<i64>, sent: &Sent) {
    let engines = world.engines();
    let count = |sql: &str| usize::try_from(engines.number(sql)).unwrap();
    let prepared =
        "SELECT count(*) FROM orders WHERE status = 'SHIPMENT_PREPARING' AND version = 4";
    assert_eq!(count(prepared), orders.len());
    assert_eq!(count("SELECT count(*) FROM deliveries"), orders.len());
    let once = "SELECT count(*) FROM order_history WHERE to_status = 'SHIPMENT_PREPARING'";
    assert_eq!(count(once), orders.len());
    assert_eq!(count("SELECT count(*) FROM dead_letters"), sent.poison);
    engines.wait_until_counters_are_right();
    world.verify();
}
