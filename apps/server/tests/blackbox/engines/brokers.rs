//! Rows 25 to 28: brokers that refuse, move, fail for good or are slow. Three of them, which do as they are told.

use std::cell::Cell;
use std::time::{Duration, Instant};

use ordersystem_test_engines::kafka;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::RDKafkaApiKey::Produce;
use rdkafka::types::RDKafkaRespErr::{
    self, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE as TOO_LARGE,
    RD_KAFKA_RESP_ERR_NO_ERROR as NO_ERROR,
    RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS as NOT_ENOUGH_REPLICAS,
    RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER as OUT_OF_ORDER,
};

use crate::support::{Engines, Load, Server, World, everything_is_well, percentile, scaled};

const TOPICS: [&str; 2] = ["order-events", "inventory-events"];
const BROKERS: [i32; 3] = [1, 2, 3];

/// A shop on three brokers of the test's own.
struct Shop {
    brokers: MockCluster<'static, DefaultProducerContext>,
    world: World,
    server: Server,
    product: i64,
}

impl Shop {
    fn open() -> Self {
        let brokers = MockCluster::new(3).unwrap();
        let world = World::on(Engines::with_kafka(&brokers.bootstrap_servers()));
        for topic in TOPICS {
            let topics = world.engines().topics();
            brokers.create_topic(topics.name(topic), 3, 3).unwrap();
            brokers.create_topic(&topics.dead_letters(topic), 3, 3).unwrap();
        }
        let server = world.start(&[]);
        let product = server.client().new_product(1_000_000);
        Self { brokers, world, server, product }
    }

    /// Nobody who orders notices anything of what happens meanwhile; paid orders are prepared all the same.
    fn orders_during(&self, meanwhile: impl FnOnce(&Load)) {
        let client = self.server.client();
        let begin = Cell::new(Instant::now());
        let load = Load::during(std::slice::from_ref(&client), &[self.product], |load| {
            load.wait_for_more(100, 201);
            begin.set(Instant::now());
            meanwhile(load);
            client.paid(self.product, 1);
            load.wait_for_more(50, 201);
        });
        let slowest = percentile(&load.since(begin.get()), 100);
        assert_eq!(load.statuses().into_keys().collect::<Vec<_>>(), [201]);
        assert!(slowest < Duration::from_secs(2), "somebody waited {slowest:?}");
        let drain = Instant::now();
        everything_is_well(&self.world);
        println!("{:?}; all was well after {:?}", load.statuses(), drain.elapsed());
    }

    fn answer(&self, errors: &[RDKafkaRespErr]) {
        self.brokers.request_errors(Produce, errors);
    }

    fn lead(&self, leader: impl Fn(i32) -> i32) {
        for topic in TOPICS {
            for partition in 0..3 {
                let name = self.world.engines().topics().name(topic);
                let leader = Some(leader(partition));
                self.brokers.partition_leader(name, partition, leader).unwrap();
            }
        }
    }
}

#[test]
fn fault_25_too_few_replicas_are_in_sync() {
    let shop = Shop::open();
    shop.orders_during(|load| {
        shop.answer(&vec![NOT_ENOUGH_REPLICAS; scaled(20, 200)]);
        load.wait_for_more(100, 201);
    });
}

#[test]
fn fault_26_a_broker_is_down_and_others_lead() {
    let shop = Shop::open();
    shop.orders_during(|load| {
        for turn in 0..scaled(3, 12) {
            let down = BROKERS[turn % BROKERS.len()];
            let next = down % 3 + 1;
            shop.brokers.broker_down(down).unwrap();
            load.wait_for_more(30, 201);
            shop.lead(|partition| (next + partition % 2 - 1) % 3 + 1);
            load.wait_for_more(30, 201);
            shop.brokers.broker_up(down).unwrap();
            shop.lead(|partition| (down + partition) % 3 + 1);
        }
    });
}

/// The producer is beyond repair; another one begins at the first event that is not published.
#[test]
fn fault_27_the_producer_fails_for_good() {
    let shop = Shop::open();
    shop.orders_during(|load| {
        for error in [OUT_OF_ORDER, TOO_LARGE] {
            shop.answer(&[NO_ERROR, error]);
            load.wait_for_more(30, 201);
        }
    });
}

/// What waits for a slow broker waits in the database.
#[test]
fn fault_28_brokers_take_five_seconds_to_answer() {
    let shop = Shop::open();
    let slowly = |time| {
        for broker in BROKERS {
            shop.brokers.broker_round_trip_time(broker, time).unwrap();
        }
    };
    shop.orders_during(|load| {
        let before = shop.server.resident_kib();
        slowly(Duration::from_secs(5));
        load.go_on_for(Duration::from_secs(u64::try_from(scaled(6, 30)).unwrap()));
        let (after, waiting) = (shop.server.resident_kib(), shop.world.engines().unpublished());
        println!("{waiting} events wait; {before} KiB have become {after} KiB");
        assert!(after < before + 100 * 1024, "{before} KiB have become {after} KiB");
        slowly(Duration::ZERO);
    });
}

/// One real broker as well: what the others play, it is.
#[test]
fn fault_26_the_only_broker_restarts() {
    let broker = kafka::Server::start();
    let world = World::on(Engines::with_kafka(broker.address()));
    let server = world.start(&[]);
    let client = server.client();
    let load = Load::during(std::slice::from_ref(&client), &[3], |load| {
        load.wait_for_more(50, 201);
        for _ in 0..scaled(1, 3) {
            broker.stop();
            broker.restart();
            load.wait_for_more(50, 201);
        }
    });
    client.paid(3, 1);
    assert_eq!(load.statuses().into_keys().collect::<Vec<_>>(), [201]);
    everything_is_well(&world);
}
