use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ordersystem_application::{EventBroker, Page, Reads, Record, TailFrom, Topic};
use ordersystem_inventory::LedgerKind;
use ordersystem_shared_kernel::Aggregate;
use tokio::time::timeout;

use super::{history, orders};
use crate::world::World;

/// What the topics hold of ours.
#[derive(Debug, Default)]
pub(super) struct Topics {
    /// The first occurrence of each event, per key.
    pub(super) first: BTreeMap<(Topic, i64), Vec<String>>,
    /// Which versions of what each operation brought about.
    pub(super) effects: BTreeMap<usize, Vec<Effect>>,
}

/// One event that an operation caused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Effect {
    pub(super) topic: Topic,
    pub(super) key: i64,
    pub(super) version: i64,
    pub(super) is_new_order: bool,
}

pub(super) async fn read(world: &World) -> Topics {
    let mut topics = Topics::default();
    let Ok(mut tail) = world.broker.tail(TailFrom::Beginning).await else { return topics };
    let polled = timeout(Duration::ZERO, tail.records.poll(usize::MAX)).await;
    let Ok(Ok(records)) = polled else { return topics };
    let mut seen = BTreeSet::new();
    for record in &records {
        let Some(id) = record.header("ce_id") else { continue };
        if seen.insert(id.to_owned()) {
            topics.add(id, record);
        }
    }
    topics
}

impl Topics {
    fn add(&mut self, id: &str, record: &Record) {
        let key = record.key.as_deref().and_then(|key| key.parse().ok()).unwrap_or_default();
        self.first.entry((record.topic, key)).or_default().push(id.to_owned());
        let Some(effect) = effect(record, key) else { return };
        let operation = record.header("traceparent").and_then(|trace| trace.parse().ok());
        if let Some(operation) = operation {
            self.effects.entry(operation).or_default().push(effect);
        }
    }
}

/// The preparation of a shipment carries the trace of the payment and happens later, by itself.
fn effect(record: &Record, key: i64) -> Option<Effect> {
    let kind = record.header("ce_type")?;
    let version = record.header("ce_sequence")?.parse().ok()?;
    let is_new_order = kind == "order.created.v1";
    let topic = record.topic;
    (kind != "order.shipment_preparing.v1").then_some(Effect { topic, key, version, is_new_order })
}

/// I11–I13: per key, the first occurrences are exactly the events that were committed, in their order.
pub(super) async fn check(world: &World, topics: &Topics) {
    for order in orders(world).await {
        let committed = history(world, order.id).await;
        let committed = committed.iter().map(|entry| entry.event.to_string());
        compare(world, topics, (Topic::OrderEvents, order.id.get()), committed.collect());
    }
    let page = Page { after: None, limit: usize::MAX };
    for listed in world.store.products(page).await.unwrap_or_default() {
        let product = listed.product.id();
        let ledger = world.store.ledger(product);
        let published = ledger.iter().filter(|entry| entry.kind != LedgerKind::Adjust);
        let committed = published.map(|entry| entry.event.to_string()).collect();
        compare(world, topics, (Topic::InventoryEvents, product.get()), committed);
    }
}

fn compare(world: &World, topics: &Topics, key: (Topic, i64), committed: Vec<String>) {
    let published = topics.first.get(&key).map_or(&[][..], Vec::as_slice);
    if published == committed {
        return;
    }
    let (topic, key) = key;
    let missing = committed.iter().filter(|event| !published.contains(event)).count();
    let foreign = published.iter().filter(|event| !committed.contains(event)).count();
    world.broken(match (missing, foreign) {
        (0, 0) => format!("I13 {topic} {key}: its events are not in order"),
        (0, _) => format!("I11 {topic} {key}: {foreign} events were never committed"),
        (_, _) => format!("I12 {topic} {key}: {missing} events are not in the topic"),
    });
}
