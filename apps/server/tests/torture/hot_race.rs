//! T9: 10,000 customers on 200 connections to two replicas want one of 100 units, while Redis works, is away, or lies.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Instant;

use crate::log::{Asked, Entry};
use crate::machine;
use crate::replicas::Replicas;
use crate::support::{World, scaled, wait_until};
use crate::swarm::{Call, Swarm};
use crate::wire;
use crate::witness::{Witness, committed};

const UNITS: i64 = 100;
const CUSTOMERS: usize = 10_000;
const CONNECTIONS: usize = 200;

/// What Redis does meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Redis {
    On,
    Off,
    /// Says that there is plenty, again and again.
    LiesHigh,
    /// Says that nothing is left, then that there is plenty.
    LiesLow,
}

const MODES: [Redis; 5] = [Redis::On, Redis::Off, Redis::LiesHigh, Redis::LiesLow, Redis::On];

#[test]
fn t9_100_units_are_sold_to_exactly_100_of_10000_customers() {
    let _alone = machine::alone();
    let world = World::full();
    let replicas = Replicas::start(&world, 2, &[]);
    let mut slowest = 0;
    for (run, mode) in (0..scaled(5, 50)).zip(MODES.into_iter().cycle()) {
        let rate = race(&world, &replicas, mode);
        println!("run {run}, Redis {mode:?}: exactly {UNITS} of {CUSTOMERS}, {rate} requests/s");
        slowest = if slowest == 0 { rate } else { rate.min(slowest) };
    }
    world.engines().wait_until_counters_are_right();
    world.engines().wait_until_everything_is_published();
    world.engines().check_topics();
    world.verify();
}

/// One race on a product of its own; how many requests were answered in a second.
fn race(world: &World, replicas: &Replicas, mode: Redis) -> usize {
    let product = replicas.client(0).0.new_product(UNITS);
    let first = world.engines().number("SELECT coalesce(max(id), 0) FROM orders");
    if mode == Redis::Off {
        world.engines().redis().kill();
    }
    let began = Instant::now();
    let calls = sell(world, replicas, product, mode);
    let took = began.elapsed();
    if mode == Redis::Off {
        world.engines().wait(world.engines().redis().restart());
    }
    check(world, product, first, &calls);
    CUSTOMERS * 1_000 / usize::try_from(took.as_millis()).unwrap()
}

fn sell(world: &World, replicas: &Replicas, product: i64, mode: Redis) -> Vec<Call> {
    let swarm = Swarm::new(&[0, 1].map(|place| replicas.address(place)), CONNECTIONS);
    let request = |customer: usize| wire::order(product, Some(&format!("{product}-{customer}")));
    let liar = Liar { world, key: format!("stock:{product}"), mode, told: Mutex::new(0) };
    swarm.insist(CUSTOMERS, request, |answered| liar.tell(answered))
}

/// Sets the counter to what is not true, at every hundredth of the way.
struct Liar<'a> {
    world: &'a World,
    key: String,
    mode: Redis,
    told: Mutex<usize>,
}

impl Liar<'_> {
    fn tell(&self, answered: usize) {
        let mut told = self.told.lock().unwrap();
        if answered < *told * CUSTOMERS / 100 {
            return;
        }
        *told += 1;
        let lie = match self.mode {
            Redis::On | Redis::Off => return,
            Redis::LiesLow if *told % 2 == 1 => "0",
            Redis::LiesHigh | Redis::LiesLow => "1000000000",
        };
        self.world.engines().redis().cli(&["SET", &self.key, lie]);
    }
}

fn check(world: &World, product: i64, first: i64, calls: &[Call]) {
    let mut statuses = BTreeMap::<u16, i64>::new();
    for call in calls {
        *statuses.entry(call.reply.status).or_default() += 1;
    }
    let refused = i64::try_from(CUSTOMERS).unwrap() - UNITS;
    assert_eq!(statuses, BTreeMap::from([(201, UNITS), (400, refused)]));
    let level = world.engines().levels().into_iter().find(|(id, ..)| *id == product);
    assert_eq!(level, Some((product, UNITS, UNITS)));
    let committed = committed(world.engines()).of_product(product);
    let orders: BTreeSet<_> = committed.orders.keys().map(|(order, _)| *order).collect();
    assert!(orders.iter().all(|order| *order > first));
    let entries: Vec<_> = calls.iter().map(|call| entry(call, product)).collect();
    let found = Witness::contradictions(&committed, &entries, &orders);
    assert!(
        found.is_empty(),
        "{} contradictions: {:#?}",
        found.len(),
        &found[..found.len().min(10)]
    );
    wait_until("the counters are right", || {
        world.engines().redis().cli(&["GET", &format!("stock:{product}")]) == "0"
    });
}

fn entry(call: &Call, product: i64) -> Entry {
    let json: serde_json::Value = serde_json::from_slice(&call.reply.body).unwrap_or_default();
    Entry {
        asked: Asked::Place {
            key: Some(format!("{product}-{}", call.index)),
            lines: vec![(product, 1)],
        },
        sent: call.sent,
        answered: call.answered,
        status: call.reply.status,
        order: json["data"]["orderId"].as_i64(),
        version: None,
        total: None,
        code: String::new(),
        by: 0,
    }
}
