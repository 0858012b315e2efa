//! What units that share a transaction can and cannot do to each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::support::{Place, order, product, stamp, submit, unlock};
use ordersystem_adapter_sql::Database;
use ordersystem_adapter_sql::{SqliteConfig, SqliteStore};
use ordersystem_application::{CommitError, Outbox, Store, UnitOfWork};
use ordersystem_order::Order;
use ordersystem_shared_kernel::{Change, Clock, OrderId, ProductId, Stamp, Timestamp};

async fn exists(store: &SqliteStore, id: i64) -> bool {
    store.order(OrderId::new(id)).await.unwrap().is_some()
}

#[tokio::test]
async fn only_the_poisoned_member_of_a_batch_fails() {
    let place = Place::new();
    let (store, now) = (place.open(), place.clock.now());
    store.commit(product(1, 100, now)).await.unwrap();
    let first = order(1, 1, now);
    let used = first.orders[0].events()[0].id;
    store.commit(first).await.unwrap();
    let mut poison = order(4, 1, now);
    let lines = poison.orders[0].state().lines().clone();
    let placed = Order::place(OrderId::new(4), lines, Stamp { at: now, event: used });
    poison.orders = vec![Change::created(placed)];

    let lock = place.lock();
    let waiting = [order(2, 1, now), order(3, 1, now), poison, order(5, 1, now), order(6, 1, now)]
        .map(|unit| submit(&store, unit));
    unlock(lock);

    let mut answers = Vec::new();
    for answer in waiting {
        answers.push(answer.await.unwrap());
    }
    assert_eq!(answers, [Ok(()), Ok(()), Err(CommitError::Unavailable), Ok(()), Ok(())]);
    assert!(!exists(&store, 4).await);
    assert!(exists(&store, 6).await);
    let level = store.product(ProductId::new(1)).await.unwrap().unwrap().1.unwrap();
    assert_eq!((level.total, level.reserved), (100, 5));
    assert_eq!(place.number("SELECT count(*) AS number FROM outbox"), 10);
}

#[tokio::test]
async fn a_caller_that_goes_away_cancels_nothing() {
    let place = Place::new();
    let (store, now) = (place.open(), place.clock.now());
    store.commit(product(1, 100, now)).await.unwrap();
    let lock = place.lock();
    let commit = store.commit(order(1, 1, now));
    tokio::time::timeout(Duration::ZERO, commit).await.unwrap_err();
    unlock(lock);
    store.close().await;
    assert!(exists(&store, 1).await);
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let place = Place::new();
    let config = SqliteConfig { queue: 1, max_batch: 1, ..place.config() };
    let (store, now) = (place.open_with(config), place.clock.now());
    store.commit(product(1, 100, now)).await.unwrap();
    let lock = place.lock();
    // One in the writer's hands, one in the queue, one too many.
    let mut waiting = Vec::new();
    let mut refused = 0;
    for id in 1..=3 {
        let mut commit = submit(&store, order(id, 1, now));
        match tokio::time::timeout(Duration::from_millis(20), &mut commit).await {
            Ok(answer) => {
                assert_eq!(answer.unwrap(), Err(CommitError::Overloaded));
                refused += 1;
            }
            Err(_) => waiting.push(commit),
        }
    }
    unlock(lock);
    assert!(refused >= 1);
    for commit in waiting {
        assert_eq!(commit.await.unwrap(), Ok(()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_units_are_sold_exactly_once() {
    let place = Place::new();
    let (store, now) = (place.open(), place.clock.now());
    store.commit(product(1, 100, now)).await.unwrap();
    let waiting: Vec<_> = (1..=2_000).map(|id| submit(&store, order(id, 1, now))).collect();
    let mut sold = 0;
    for answer in waiting {
        match answer.await.unwrap() {
            Ok(()) => sold += 1,
            Err(CommitError::Stock { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(sold, 100);
    let level = store.product(ProductId::new(1)).await.unwrap().unwrap().1.unwrap();
    assert_eq!((level.total, level.reserved, level.version.get()), (100, 100, 101));
    let gaps = "SELECT count(*) AS number FROM (
        SELECT version, row_number() OVER (ORDER BY version) AS place,
            reserved_after, sum(delta_reserved) OVER (ORDER BY version) AS reserved
        FROM stock_ledger WHERE product_id = 1
    ) WHERE version <> place OR reserved_after <> reserved";
    assert_eq!(place.number(gaps), 0);
    assert_eq!(place.number("SELECT count(*) AS number FROM stock_ledger"), 101);
    assert_eq!(place.number("SELECT count(*) AS number FROM orders"), 100);
    assert_eq!(place.number("SELECT count(*) AS number FROM reservations"), 100);
    assert_eq!(place.number("SELECT count(*) AS number FROM outbox"), 200);
}

#[tokio::test]
async fn several_changes_of_one_order_in_one_batch_end_in_the_last() {
    let place = Place::new();
    let (store, now) = (place.open(), place.clock.now());
    store.commit(product(1, 100, now)).await.unwrap();
    let lock = place.lock();
    let first = submit(&store, order(9, 1, now));
    let placed = order(1, 1, now);
    let mut requested = Change::of(placed.orders[0].state().clone());
    requested.apply(|order| order.request_payment(stamp(now))).unwrap();
    let expected = requested.state().clone();
    let second = submit(&store, placed);
    tokio::task::yield_now().await;
    let third = submit(&store, UnitOfWork { orders: vec![requested], ..UnitOfWork::default() });
    tokio::task::yield_now().await;
    unlock(lock);
    for answer in [first, second, third] {
        assert_eq!(answer.await.unwrap(), Ok(()));
    }
    assert_eq!(store.order(OrderId::new(1)).await.unwrap(), Some(expected));
}

#[tokio::test]
async fn a_closed_store_refuses_and_still_reads() {
    let place = Place::new();
    let (store, now) = (place.open(), place.clock.now());
    store.commit(product(1, 100, now)).await.unwrap();
    store.close().await;
    store.close().await;
    assert_eq!(store.commit(order(1, 1, now)).await, Err(CommitError::Unavailable));
    assert!(store.mark_published(&[1]).await.is_err());
    assert!(store.product(ProductId::new(1)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_commit_wakes_who_waits_for_messages() {
    let place = Place::new();
    let (store, now) = (place.open(), place.clock.now());
    store.commit(product(1, 100, now)).await.unwrap();
    let deadline = Duration::from_secs(10);
    // Committed before the call: the permit counts.
    store.commit(order(1, 1, now)).await.unwrap();
    tokio::time::timeout(deadline, store.wait_for_messages()).await.unwrap();
    // Committed while several wait.
    let waiting = [store.clone(), store.clone()]
        .map(|store| tokio::spawn(async move { store.wait_for_messages().await }));
    tokio::task::yield_now().await;
    store.commit(order(2, 1, now)).await.unwrap();
    for waiter in waiting {
        tokio::time::timeout(deadline, waiter).await.unwrap().unwrap();
    }
}

/// Panics once when it is told to.
struct Trap(AtomicBool);

impl Clock for Trap {
    fn now(&self) -> Timestamp {
        assert!(!self.0.swap(false, Ordering::SeqCst), "the trap was sprung");
        Timestamp::EPOCH
    }
}

#[tokio::test]
async fn a_panic_in_the_writer_hurts_one_unit_only() {
    let place = Place::new();
    let trap = Arc::new(Trap(AtomicBool::new(false)));
    let clock = Arc::clone(&trap);
    let store = SqliteStore::open(&SqliteConfig::new(place.path()), clock).unwrap();
    let now = Timestamp::EPOCH;
    store.commit(product(1, 100, now)).await.unwrap();
    trap.0.store(true, Ordering::SeqCst);
    assert_eq!(store.commit(order(1, 1, now)).await, Err(CommitError::Unavailable));
    store.commit(order(2, 1, now)).await.unwrap();
    assert!(!exists(&store, 1).await);
    assert!(exists(&store, 2).await);
}
