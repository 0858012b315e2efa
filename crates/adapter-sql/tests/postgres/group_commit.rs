//! What units that share a transaction can and cannot do to each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::support::{Place, exists, stock, submit};
use ordersystem_adapter_sql::{Database, PostgresConfig, PostgresStore};
use ordersystem_application::{CommitError, Store, UnitOfWork};
use ordersystem_order::Order;
use ordersystem_shared_kernel::{Change, Clock, OrderId, Stamp, Timestamp};

#[tokio::test]
async fn only_the_poisoned_member_of_a_batch_fails() {
    let place = Place::new().await;
    let (store, units) = (place.open().await, place.units());
    store.commit(units.product(1, 100)).await.unwrap();
    let first = units.place(1, 1, 1);
    let used = first.orders[0].events()[0].id;
    store.commit(first).await.unwrap();
    // No check sees through it: its event has the id of one that exists.
    let mut poison = units.place(4, 1, 1);
    let lines = poison.orders[0].state().lines().clone();
    let stamp = Stamp { event: used, ..units.stamp() };
    poison.orders = vec![Change::created(Order::place(OrderId::new(4), lines, stamp))];

    let lock = place.lock(1).await;
    let waiting = [
        units.place(2, 1, 1),
        units.place(3, 1, 1),
        poison,
        units.place(5, 1, 1),
        units.place(6, 1, 1),
    ]
    .map(|unit| submit(&store, unit));
    place.wait_for_waiting(1).await;
    lock.unlock().await;

    let mut answers = Vec::new();
    for answer in waiting {
        answers.push(answer.await.unwrap());
    }
    assert_eq!(answers, [Ok(()), Ok(()), Err(CommitError::Unavailable), Ok(()), Ok(())]);
    assert!(!exists(&store, 4).await);
    assert!(exists(&store, 6).await);
    assert_eq!(stock(&store, 1).await, (100, 5));
    assert_eq!(place.database.number("SELECT count(*) FROM outbox").await, 10);
    place.assert_whole().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_writer_commits_many_units_at_once() {
    let place = Place::new().await;
    let config = PostgresConfig { max_batch: 64, ..place.config() };
    let (store, units) = (place.open_with(config).await, place.units());
    store.commit(units.product(1, 10_000)).await.unwrap();
    let waiting: Vec<_> = (1..=1_000).map(|id| submit(&store, units.place(id, 1, 1))).collect();
    for answer in waiting {
        answer.await.unwrap().unwrap();
    }
    let transactions = place.transactions().await;
    assert!((16..100).contains(&transactions), "{transactions} for 1,000 units");
    place.assert_whole().await;
}

#[tokio::test]
async fn a_caller_that_goes_away_cancels_nothing() {
    let place = Place::new().await;
    let (store, units) = (place.open().await, place.units());
    store.commit(units.product(1, 100)).await.unwrap();
    let lock = place.lock(1).await;
    let commit = store.commit(units.place(1, 1, 1));
    tokio::time::timeout(Duration::ZERO, commit).await.unwrap_err();
    place.wait_for_waiting(1).await;
    lock.unlock().await;
    store.close().await;
    assert!(exists(&store, 1).await);
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let place = Place::new().await;
    let config = PostgresConfig { queue: 1, max_batch: 1, writers: 1, ..place.config() };
    let (store, units) = (place.open_with(config).await, place.units());
    store.commit(units.product(1, 100)).await.unwrap();
    let lock = place.lock(1).await;
    // One in the writer's hands, one in the queue, one too many.
    let first = submit(&store, units.place(1, 1, 1));
    place.wait_for_waiting(1).await;
    let second = store.commit(units.place(2, 1, 1));
    let mut second = std::pin::pin!(second);
    tokio::time::timeout(Duration::ZERO, &mut second).await.unwrap_err();
    assert_eq!(store.commit(units.place(3, 1, 1)).await, Err(CommitError::Overloaded));
    lock.unlock().await;
    assert_eq!(first.await.unwrap(), Ok(()));
    second.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_changes_of_one_order_in_one_batch_end_in_the_last() {
    let place = Place::new().await;
    let config = PostgresConfig { writers: 1, ..place.config() };
    let (store, units) = (place.open_with(config).await, place.units());
    store.commit(units.product(1, 100)).await.unwrap();
    let lock = place.lock(1).await;
    let first = submit(&store, units.place(9, 1, 1));
    place.wait_for_waiting(1).await;
    let placed = units.place(1, 1, 1);
    let mut requested = Change::of(placed.orders[0].state().clone());
    requested.apply(|order| order.request_payment(units.stamp())).unwrap();
    let expected = requested.state().clone();
    let second = store.commit(placed);
    let third = store.commit(UnitOfWork { orders: vec![requested], ..UnitOfWork::default() });
    let unlock = async {
        // Both are in the queue: the futures before this one were polled.
        lock.unlock().await;
        first.await.unwrap()
    };
    let (second, third, first) = tokio::join!(biased; second, third, unlock);
    assert_eq!((first, second.map(drop), third.map(drop)), (Ok(()), Ok(()), Ok(())));
    assert_eq!(store.order(OrderId::new(1)).await.unwrap(), Some(expected));
    assert_eq!(place.transactions().await, 2);
    place.assert_whole().await;
}

#[tokio::test]
async fn a_closed_store_refuses_and_still_reads() {
    let place = Place::new().await;
    let (store, units) = (place.open().await, place.units());
    store.commit(units.product(1, 100)).await.unwrap();
    store.close().await;
    store.close().await;
    assert_eq!(store.commit(units.place(1, 1, 1)).await, Err(CommitError::Unavailable));
    assert_eq!(stock(&store, 1).await, (100, 0));
}

#[tokio::test]
async fn one_locked_row_holds_up_the_units_that_need_it_only() {
    let place = Place::new().await;
    let config = PostgresConfig { writers: 1, ..place.config() };
    let (store, units) = (place.open_with(config).await, place.units());
    for product in [1, 2, 3] {
        store.commit(units.product(product, 100)).await.unwrap();
    }
    let lock = place.lock(2).await;
    let start = Instant::now();
    // In the writer's hands, so that the others share a batch behind it.
    let first = submit(&store, units.place(9, 2, 1));
    place.wait_for_waiting(1).await;
    let rest = [(1, 1), (2, 2), (3, 3)]
        .map(|(order, product)| submit(&store, units.place(order, product, 1)));
    assert_eq!(first.await.unwrap(), Err(CommitError::Unavailable));
    assert!(start.elapsed() < Duration::from_millis(3_000), "{:?}", start.elapsed());
    let [one, two, three] = rest;
    assert_eq!(two.await.unwrap(), Err(CommitError::Unavailable));
    assert_eq!((one.await.unwrap(), three.await.unwrap()), (Ok(()), Ok(())));
    lock.unlock().await;
    store.commit(units.place(2, 2, 1)).await.unwrap();
    place.assert_whole().await;
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
async fn a_panic_in_a_writer_hurts_one_unit_only() {
    let place = Place::new().await;
    let trap = Arc::new(Trap(AtomicBool::new(false)));
    let config = PostgresConfig { writers: 1, ..place.config() };
    let store = PostgresStore::open(&config, trap.clone()).await.unwrap();
    let units = place.units();
    store.commit(units.product(1, 100)).await.unwrap();
    trap.0.store(true, Ordering::SeqCst);
    assert_eq!(store.commit(units.place(1, 1, 1)).await, Err(CommitError::Unavailable));
    store.commit(units.place(2, 1, 1)).await.unwrap();
    assert!(!exists(&store, 1).await);
    assert!(exists(&store, 2).await);
}
