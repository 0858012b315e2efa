//! Where the waiting part of the outbox begins.

use std::time::Duration;

use diesel::connection::SimpleConnection;

use crate::support::{Place, order, product};
use ordersystem_application::{Backlog, Bucket, Outbox, Store};
use ordersystem_shared_kernel::Clock;

const FLOOR: &str = "SELECT position AS number FROM outbox_floor";

async fn positions(outbox: &impl Outbox) -> Vec<i64> {
    let rows = outbox.unpublished(&Bucket::all(), 100).await.unwrap();
    rows.into_iter().map(|row| row.position).collect()
}

#[tokio::test]
async fn the_floor_rises_with_what_is_published_and_never_above_what_waits() {
    let place = Place::new();
    let (store, now) = (place.open(), place.clock.now());
    store.commit(product(1, 100, now)).await.unwrap();
    for id in 1..=3 {
        store.commit(order(id, 1, now)).await.unwrap();
    }
    for (marked, floor, waiting) in [
        (vec![3], 0, vec![1, 2, 4, 5, 6]),
        (vec![1], 1, vec![2, 4, 5, 6]),
        (vec![2, 5], 3, vec![4, 6]),
        (vec![4, 6], 6, vec![]),
        (vec![6], 6, vec![]),
    ] {
        store.mark_published(&marked).await.unwrap();
        assert_eq!((place.number(FLOOR), positions(&store).await), (floor, waiting), "{marked:?}");
    }
    place.clock.advance(Duration::from_secs(1));
    store.purge(Duration::ZERO).await.unwrap();
    store.commit(order(4, 1, now)).await.unwrap();
    assert_eq!(positions(&store).await, [7, 8], "above what was purged");
    store.mark_published(&[7, 8]).await.unwrap();
    store.purge(Duration::ZERO).await.unwrap();
    store.mark_published(&[8]).await.unwrap();
    assert_eq!(place.number(FLOOR), 8);
}

#[tokio::test]
async fn a_long_backlog_is_measured_and_not_counted() {
    let place = Place::new();
    let (store, now) = (place.open(), place.clock.now());
    store.commit(product(1, 100_000, now)).await.unwrap();
    store.commit(order(1, 1, now)).await.unwrap();
    let more = "WITH RECURSIVE versions (version) AS (
            SELECT 2 UNION ALL SELECT version + 1 FROM versions WHERE version < 20000)
        INSERT INTO outbox (event_id, topic, key, sequence, kind, payload, at)
        SELECT randomblob(16), topic, key, version, kind, payload, at
        FROM outbox JOIN versions WHERE id = 1";
    place.connect().batch_execute(more).unwrap();
    let backlog = store.backlog().await.unwrap();
    assert_eq!(backlog, Backlog { pending: 20_001, oldest: Some(now) });
}
