//! What the broker in this process promises beyond the port.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

use std::sync::Arc;

use ordersystem_adapter_memory::{ManualClock, MemoryBroker, MemoryStore};
use ordersystem_application::{
    BrokerError, EventBroker, Outbox, OutboxRow, Record, Subscription, Tail, TailFrom, Topic,
};
use ordersystem_port_contracts::{World, soon};

/// The rows of so many orders, as the store hands them out: two per order, one per topic.
async fn rows_of_orders(orders: i64) -> (MemoryStore, Vec<OutboxRow>) {
    let clock = ManualClock::default();
    let store = MemoryStore::new(Arc::new(clock.clone()));
    let world = World::new(store.clone(), clock);
    world.sell(1, 1_000).await;
    for order in 1..=orders {
        world.commit(world.units().place(order, 1, 1)).await;
    }
    (store, world.unpublished().await)
}

async fn read(reading: &mut Box<dyn Subscription>, count: usize) -> Vec<Record> {
    let mut records = Vec::new();
    while records.len() < count {
        records.extend(soon("a record", reading.poll(100)).await.unwrap());
    }
    records
}

fn offsets(records: &[Record]) -> Vec<i64> {
    records.iter().map(|record| record.offset).collect()
}

#[tokio::test]
async fn offsets_are_positions_in_the_order_of_publication() {
    let (_, rows) = rows_of_orders(5).await;
    let broker = MemoryBroker::default();
    broker.publish(&rows).await.unwrap();
    let mut tail = broker.tail(TailFrom::Beginning).await.unwrap().records;
    let positions: Vec<_> = rows.iter().map(|row| row.position).collect();
    assert_eq!(offsets(&read(&mut tail, rows.len()).await), positions);
}

#[tokio::test]
async fn a_reader_goes_on_where_it_was_after_a_restart() {
    let (store, rows) = rows_of_orders(5).await;
    let broker = MemoryBroker::default();
    broker.publish(&rows).await.unwrap();
    let positions: Vec<_> = rows.iter().map(|row| row.position).collect();
    store.mark_published(&positions).await.unwrap();
    let Tail { mut records, mut position } = broker.tail(TailFrom::Beginning).await.unwrap();
    read(&mut records, rows.len()).await.iter().take(4).for_each(|record| position.pass(record));
    let restarted = MemoryBroker::default();
    restarted.publish(&store.recent(100).await.unwrap()).await.unwrap();
    let mut tail = restarted.tail(TailFrom::After(position)).await.unwrap().records;
    let rest = read(&mut tail, rows.len() - 4).await;
    assert_eq!(Some(offsets(&rest).as_slice()), positions.get(4..));
}

#[tokio::test]
async fn the_oldest_records_of_a_topic_go_first() {
    let (_, rows) = rows_of_orders(8).await;
    let broker = MemoryBroker::new(3);
    broker.publish(&rows).await.unwrap();
    let mut tail = broker.tail(TailFrom::Beginning).await.unwrap().records;
    let kept = read(&mut tail, 6).await;
    let expected: Vec<_> = rows.iter().skip(10).map(|row| row.position).collect();
    assert_eq!(offsets(&kept), expected, "three of each topic");
    let mut late = broker.subscribe("late", Topic::OrderEvents).await.unwrap();
    assert_eq!(read(&mut late, 3).await.len(), 3, "a new group starts with what is kept");
    let gone = TailFrom::After("o0.2-o1.2-o2.2-i0.2-i1.2-i2.2".parse().unwrap());
    let mut tail = broker.tail(gone).await.unwrap().records;
    assert_eq!(offsets(&read(&mut tail, 6).await), expected, "a place that is gone");
}

#[tokio::test]
async fn a_row_is_appended_once() {
    let (_, rows) = rows_of_orders(2).await;
    let broker = MemoryBroker::default();
    broker.publish(&rows).await.unwrap();
    let mut tail = broker.tail(TailFrom::Now).await.unwrap().records;
    broker.publish(&rows).await.unwrap();
    broker.append(Topic::OrderEvents, None, &[("ce_id", "x")], b"garbage");
    let records = read(&mut tail, 1).await;
    assert_eq!(records.first().map(|record| record.value.as_slice()), Some(&b"garbage"[..]));
    assert_eq!(records.first().and_then(|record| record.header("ce_id")), Some("x"));
}

#[tokio::test]
async fn a_commit_after_a_rebalance_still_counts() {
    let (_, rows) = rows_of_orders(9).await;
    let broker = MemoryBroker::default();
    let mut first = broker.subscribe("group", Topic::OrderEvents).await.unwrap();
    broker.publish(&rows).await.unwrap();
    assert_eq!(read(&mut first, 9).await.len(), 9);
    let mut second = broker.subscribe("group", Topic::OrderEvents).await.unwrap();
    first.commit().await.unwrap();
    drop(first);
    broker.append(Topic::OrderEvents, Some("1"), &[], b"the next");
    let records = read(&mut second, 1).await;
    assert_eq!(records.first().map(|record| record.value.as_slice()), Some(&b"the next"[..]));
}

#[tokio::test]
async fn an_outage_loses_nothing() {
    let (_, rows) = rows_of_orders(1).await;
    let broker = MemoryBroker::default();
    let mut member = broker.subscribe("group", Topic::OrderEvents).await.unwrap();
    broker.fail_next(2);
    assert_eq!(broker.publish(&rows).await, Err(BrokerError));
    assert_eq!(member.poll(1).await, Err(BrokerError));
    broker.publish(&rows).await.unwrap();
    assert_eq!(read(&mut member, 1).await.len(), 1);
}
