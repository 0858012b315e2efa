use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use ordersystem_adapter_kafka::KafkaBroker;
use ordersystem_application::{EventBroker, OutboxRow, Record, TailFrom};

use crate::world;

/// What a relay does: always the first rows that are not published yet, again and again until they are. Says how often it
/// failed.
pub(crate) async fn relay(broker: &KafkaBroker, rows: &[OutboxRow], batch: usize) -> usize {
    let (mut published, mut failures) = (0, 0);
    while published < rows.len() {
        let next = (published + batch).min(rows.len());
        match broker.publish(rows.get(published..next).unwrap()).await {
            Ok(()) => published = next,
            Err(_) => failures += 1,
        }
    }
    failures
}

/// Everything that is in the log, until every position was seen.
pub(crate) async fn everything(broker: &KafkaBroker, rows: &[OutboxRow]) -> Vec<Record> {
    let mut tail = broker.tail(TailFrom::Beginning).await.unwrap().records;
    let mut missing: BTreeSet<_> = rows.iter().map(|row| row.position).collect();
    let mut records = Vec::new();
    while !missing.is_empty() {
        let next = tokio::time::timeout(Duration::from_secs(20), tail.poll(1_000)).await;
        let batch = next.unwrap_or_else(|_| panic!("{} rows are lost: {missing:?}", missing.len()));
        for record in batch.unwrap() {
            missing.remove(&world::position_of(&record));
            records.push(record);
        }
    }
    records
}

/// Nothing is missing, a key lies in one partition, and no row is there before its predecessor.
pub(crate) async fn check(broker: &KafkaBroker, rows: &[OutboxRow]) {
    let records = everything(broker, rows).await;
    let mut firsts: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    let mut places: BTreeMap<&str, BTreeSet<i32>> = BTreeMap::new();
    for record in &records {
        let (key, position) = (record.key.as_deref().unwrap(), world::position_of(record));
        places.entry(key).or_default().insert(record.partition);
        let firsts = firsts.entry(key).or_default();
        if !firsts.contains(&position) {
            firsts.push(position);
        }
    }
    for (key, firsts) in &firsts {
        assert!(
            firsts.is_sorted(),
            "the first occurrences of key {key} are out of order: {firsts:?}"
        );
    }
    assert!(places.values().all(|partitions| partitions.len() == 1), "a key, a partition");
}

#[expect(
    clippy::print_stdout,
    reason = "a figure for whoever reads the output; time is not asserted"
)]
pub(crate) fn tell(what: &str, events: usize, since: Instant) {
    let rate = f64::from(u32::try_from(events).unwrap()) / since.elapsed().as_secs_f64();
    println!("{what}: {events} events in {:?}, {rate:.0} events/s", since.elapsed());
}
