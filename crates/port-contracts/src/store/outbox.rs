//! [`Outbox`](ordersystem_application::Outbox): what was committed and must reach the broker.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ordersystem_application::{Backlog, Bucket, OutboxRow, Topic};
use ordersystem_shared_kernel::{Clock, EventId, OrderId};
use tokio::task::JoinSet;

use crate::unit::{event_receipt, receipt_only, request_key, request_receipt, uuid};
use crate::{World, soon};

/// One row per transition and per published move, in the order in which they were decided.
pub async fn holds_every_event_of_a_unit_in_order(world: World) {
    world.sell(1, 50).await;
    world.sell(2, 50).await;
    assert_eq!(kinds(&world.unpublished().await), Vec::<&str>::new(), "adjustments are ours alone");
    world.commit(world.units().basket(1, &[(1, 1), (2, 2)])).await;
    world.ask_to_pay(1).await;
    world.pay(1).await;
    let rows = world.unpublished().await;
    let expected = [
        "order.created.v1",
        "inventory.stock_reserved.v1",
        "inventory.stock_reserved.v1",
        "order.payment_requested.v1",
        "order.payment_completed.v1",
        "inventory.stock_confirmed.v1",
        "inventory.stock_confirmed.v1",
    ];
    assert_eq!(kinds(&rows), expected, "every event of every unit, in commit order");
    assert!(rows.is_sorted_by(|a, b| a.position < b.position), "positions ascend");
    let orders = rows.iter().filter(|row| row.message.topic == Topic::OrderEvents);
    let sequence: Vec<_> = orders.map(|row| row.message.sequence).collect();
    assert_eq!(sequence, [1, 2, 3], "the sequence of an order is its version");
}

/// The history and the outbox tell of the same events.
pub async fn agrees_with_the_history(world: World) {
    world.sell(1, 50).await;
    world.commit(world.units().place(1, 1, 1)).await;
    world.prepare(1).await;
    world.ship(1).await;
    world.deliver(1).await;
    let history = world.reads.history(OrderId::new(1)).await.expect("a history can be read");
    let told: Vec<_> = history.iter().map(|entry| (entry.version.get(), entry.event)).collect();
    let rows = world.unpublished().await;
    let published = rows.iter().filter(|row| row.message.topic == Topic::OrderEvents);
    let published: Vec<_> = published.map(|row| (row.message.sequence, row.message.id)).collect();
    assert_eq!(told, published, "one event per transition, with the same id");
    let ids: BTreeSet<_> = rows.iter().map(|row| row.message.id).collect();
    assert_eq!(ids.len(), rows.len(), "no event id twice");
}

/// A row is read as it was written: payload, moment, and the trace of the request.
pub async fn keeps_what_a_message_carries(world: World) {
    world.sell(1, 50).await;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let mut unit = world.units().place(1, 1, 2);
    unit.trace = Some(trace.to_owned());
    world.commit(unit).await;
    let rows = world.unpublished().await;
    let now = world.clock.now();
    let payloads: Vec<_> = rows.iter().map(|row| row.message.payload.as_str()).collect();
    let order = format!(r#"{{"orderId":1,"status":"CREATED","timestamp":"{now}"}}"#);
    let stock = format!(
        r#"{{"eventType":"STOCK_RESERVED","orderId":1,"productId":1,"quantity":2,"timestamp":"{now}"}}"#
    );
    assert_eq!(payloads, [order, stock], "the JSON of the contract, byte for byte");
    for row in &rows {
        assert_eq!(row.message.trace.as_deref(), Some(trace), "the trace travels with the event");
        assert_eq!(row.message.at, now, "the moment is kept to the microsecond");
        assert_eq!(row.message.key, 1, "the key is the order or the product");
    }
}

/// The first rows by position, at most as many as asked for.
pub async fn offers_the_first_rows_up_to_the_limit(world: World) {
    place_orders(&world, 5).await;
    let all = world.unpublished().await;
    let some = world.outbox.unpublished(&Bucket::all(), 3).await.expect("the outbox can be read");
    assert_eq!(Some(some.as_slice()), all.get(..3), "the first three rows");
    let again = world.outbox.unpublished(&Bucket::all(), 3).await.expect("the outbox can be read");
    assert_eq!(again, some, "reading takes nothing away");
}

/// Every row lies in the bucket of its key and is offered there only.
pub async fn offers_each_bucket_on_its_own(world: World) {
    world.sell(1, 1_000).await;
    for order in 1..=20 {
        world.commit(world.units().place(order, 1, 1)).await;
    }
    let all = world.unpublished().await;
    let mut offered = Vec::new();
    for bucket in Bucket::all() {
        let rows = world.outbox.unpublished(&[bucket], 1_000).await.expect("can be read");
        let strangers = rows.iter().filter(|row| Bucket::of(row.message.key) != bucket);
        assert_eq!(strangers.count(), 0, "only what lies in {bucket:?}");
        assert!(rows.is_sorted_by(|a, b| a.position < b.position), "positions ascend");
        offered.extend(rows);
    }
    offered.sort_unstable_by_key(|row| row.position);
    assert_eq!(offered, all, "every row lies in one bucket");
    let none = world.outbox.unpublished(&[], 1_000).await.expect("can be read");
    assert_eq!(none, [], "no bucket, no row");
}

/// The only relay has every bucket, and has them again after it gave them back.
pub async fn leases_all_buckets_to_the_only_relay(world: World) {
    let relay = uuid();
    for round in ["first", "renewed", "after its release"] {
        let mut buckets = world.outbox.lease(relay).await.expect("buckets can be leased");
        buckets.sort_unstable();
        assert_eq!(buckets, Bucket::all(), "{round}");
        if round == "renewed" {
            world.outbox.release(relay).await.expect("buckets can be given back");
        }
    }
}

/// Confirmed rows are not offered again; the others are, also when they are older.
pub async fn forgets_what_was_published(world: World) {
    place_orders(&world, 3).await;
    let rows = world.unpublished().await;
    let (confirmed, rest): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|row| row.position % 2 == 0);
    mark(&world, &confirmed).await;
    assert_eq!(world.unpublished().await, rest, "exactly the confirmed rows are gone");
    mark(&world, &confirmed).await;
    mark(&world, &rest).await;
    assert_eq!(world.unpublished().await, [], "nothing is left");
}

/// The newest published rows, oldest of them first.
pub async fn remembers_the_newest_published_rows(world: World) {
    place_orders(&world, 3).await;
    let rows = world.unpublished().await;
    assert_eq!(recent(&world, 10).await, [], "nothing was published yet");
    let published = rows.get(..4).expect("three orders make six rows");
    mark(&world, published).await;
    assert_eq!(recent(&world, 10).await, published, "published rows only, by position");
    assert_eq!(Some(recent(&world, 2).await.as_slice()), published.get(2..), "the newest two");
}

/// How many rows wait, and since when the oldest does.
pub async fn tells_its_backlog(world: World) {
    let backlog = async || world.outbox.backlog().await.expect("the backlog can be read");
    assert_eq!(backlog().await, Backlog::default(), "nothing waits");
    world.sell(1, 50).await;
    let first = world.clock.now();
    world.commit(world.units().place(1, 1, 1)).await;
    world.clock.advance(Duration::from_mins(1));
    let second = world.clock.now();
    world.commit(world.units().place(2, 1, 1)).await;
    assert_eq!(backlog().await, Backlog { pending: 4, oldest: Some(first) });
    let rows = world.unpublished().await;
    mark(&world, rows.get(..2).expect("there are four rows")).await;
    assert_eq!(backlog().await, Backlog { pending: 2, oldest: Some(second) });
    mark(&world, &rows).await;
    assert_eq!(backlog().await, Backlog::default(), "nothing waits any more");
}

/// A relay that reads while others commit publishes every row once and every key in its order.
pub async fn never_skips_a_row_under_concurrent_commits(world: World) {
    const ORDERS: i64 = 60;
    world.sell(1, 1_000).await;
    let mut customers = JoinSet::new();
    for order in 1..=ORDERS {
        let world = world.clone();
        customers.spawn(async move {
            world.commit(world.units().place(order, 1, 1)).await;
            world.commit(world.units().cancel(world.order(order).await)).await;
        });
    }
    let relay = async {
        let mut relayed = Vec::new();
        while relayed.len() < 4 * 60 {
            let rows =
                world.outbox.unpublished(&Bucket::all(), 7).await.expect("the outbox can be read");
            mark(&world, &rows).await;
            relayed.extend(rows);
            tokio::task::yield_now().await;
        }
        relayed
    };
    let relayed = soon("the relay must see every committed row", relay).await;
    customers.join_all().await;
    assert_eq!(world.unpublished().await, [], "no row twice and none too late");
    check_sequences(&relayed);
}

fn check_sequences(relayed: &[OutboxRow]) {
    let mut by_key: BTreeMap<_, Vec<i64>> = BTreeMap::new();
    for OutboxRow { message, .. } in relayed {
        by_key.entry((message.topic, message.key)).or_default().push(message.sequence);
    }
    for (key, sequences) in by_key {
        let in_order = sequences.is_sorted_by(|a, b| a < b);
        assert!(in_order, "the rows of {key:?} were offered out of order: {sequences:?}");
    }
}

/// The relay need not wait for its next round.
pub async fn wakes_a_waiting_relay(world: World) {
    world.sell(1, 50).await;
    let (outbox, watched) = (world.outbox.clone(), world.clone());
    let relay = tokio::spawn(async move {
        while watched.unpublished().await.is_empty() {
            outbox.wait_for_messages().await;
        }
    });
    tokio::task::yield_now().await;
    world.commit(world.units().place(1, 1, 1)).await;
    soon("a commit must wake the relay", relay).await.expect("the relay ends well");
}

/// A message that is committed between the relay's query and its wait is not overslept.
pub async fn wakes_a_relay_that_was_about_to_wait(world: World) {
    world.sell(1, 50).await;
    for order in 1..=3 {
        world.commit(world.units().place(order, 1, 1)).await;
        soon("a message that was just committed", world.outbox.wait_for_messages()).await;
    }
}

/// Published messages and receipts go when they are old; what is unpublished stays whatever its age.
pub async fn purges_what_is_old_and_nothing_else(world: World) {
    const DAY: Duration = Duration::from_hours(24);
    let event = EventId::new(uuid());
    place_orders(&world, 2).await;
    let old = world.unpublished().await;
    let (published, waiting) = old.split_at(2);
    mark(&world, published).await;
    world.commit(receipt_only(request_receipt("old", "201"))).await;
    world.commit(receipt_only(event_receipt("shipping", event))).await;
    assert_eq!(purge(&world, DAY).await, 0, "nothing is old yet");
    world.clock.advance(DAY + Duration::from_secs(1));
    world.commit(world.units().place(9, 1, 1)).await;
    let young = world.unpublished().await.split_off(waiting.len());
    mark(&world, &young).await;
    world.commit(receipt_only(request_receipt("young", "201"))).await;
    assert_eq!(purge(&world, DAY).await, 4, "two messages, one answer, one inbox row");
    assert_eq!(purge(&world, DAY).await, 0, "once is enough");
    assert_eq!(world.unpublished().await, waiting, "unpublished messages stay");
    assert_eq!(recent(&world, 10).await, young, "young messages stay");
    let answer = async |key| world.store.answer(&request_key(key)).await.expect("can be loaded");
    assert_eq!(answer("old").await, None, "an old answer is forgotten");
    assert!(answer("young").await.is_some(), "a young answer stays");
    world.commit(receipt_only(event_receipt("shipping", event))).await;
}

async fn place_orders(world: &World, orders: i64) {
    world.sell(1, 1_000).await;
    for order in 1..=orders {
        world.commit(world.units().place(order, 1, 1)).await;
    }
}

async fn mark(world: &World, rows: &[OutboxRow]) {
    let positions: Vec<_> = rows.iter().map(|row| row.position).collect();
    world.outbox.mark_published(&positions).await.expect("rows can be marked");
}

async fn recent(world: &World, limit: usize) -> Vec<OutboxRow> {
    world.outbox.recent(limit).await.expect("the outbox can be read")
}

async fn purge(world: &World, age: Duration) -> usize {
    world.outbox.purge(age).await.expect("the outbox can be purged")
}

fn kinds(rows: &[OutboxRow]) -> Vec<&str> {
    rows.iter().map(|row| row.message.kind.as_ref()).collect()
}
