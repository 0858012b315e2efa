//! A database that goes away, at every moment that matters.

use std::time::{Duration, Instant};

use crate::support::{Place, exists, stock, submit};
use ordersystem_application::{CommitError, Store};
use ordersystem_port_contracts::eventually;
use ordersystem_test_engines::proxy::{Cut, Mode};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_is_found_again() {
    let place = Place::new().await;
    let (store, proxy) = place.open_behind_proxy().await;
    let units = place.units();
    store.commit(units.product(1, 100)).await.unwrap();
    proxy.cut_when("COMMIT", Cut::After);
    let committed = store.commit(units.place(1, 1, 2)).await.unwrap();
    proxy.wait_for_cuts(1).await;
    assert_eq!(committed.levels[0].reserved, 2);
    assert_eq!((stock(&store, 1).await, place.orders().await), ((100, 2), 1));
    place.assert_whole().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_never_arrived_is_done_again() {
    let place = Place::new().await;
    let (store, proxy) = place.open_behind_proxy().await;
    let units = place.units();
    store.commit(units.product(1, 100)).await.unwrap();
    proxy.cut_when("COMMIT", Cut::Before);
    let committed = store.commit(units.place(1, 1, 2)).await.unwrap();
    proxy.wait_for_cuts(1).await;
    assert_eq!(committed.levels[0].reserved, 2);
    assert_eq!((stock(&store, 1).await, place.orders().await), ((100, 2), 1));
    place.assert_whole().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_commit_that_leaves_no_trace_in_a_history_is_found_too() {
    let place = Place::new().await;
    let (store, proxy) = place.open_behind_proxy().await;
    let units = place.units();
    for (product, cut) in [(1, Cut::After), (2, Cut::Before)] {
        proxy.cut_when("COMMIT", cut);
        store.commit(units.unlimited(product)).await.unwrap();
    }
    proxy.wait_for_cuts(2).await;
    assert_eq!(place.database.number("SELECT count(*) FROM products").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_cannot_be_looked_for_is_not_known() {
    let place = Place::new().await;
    let (store, proxy) = place.open_behind_proxy().await;
    let units = place.units();
    store.commit(units.product(1, 100)).await.unwrap();
    let lock = place.lock(1).await;
    let waiting = submit(&store, units.place(1, 1, 1));
    place.wait_for_waiting(1).await;
    place.database.refuse_new_sessions().await;
    proxy.cut_when("COMMIT", Cut::After);
    lock.unlock().await;
    assert_eq!(waiting.await.unwrap(), Err(CommitError::OutcomeUnknown));
    place.database.accept_new_sessions().await;
    assert!(exists(&store, 1).await, "this one was written");
    place.assert_whole().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_refuses_is_noticed_soon_and_found_again_soon() {
    let place = Place::new().await;
    let (store, proxy) = place.open_behind_proxy().await;
    let units = place.units();
    store.commit(units.product(1, 1_000)).await.unwrap();
    proxy.set(Mode::Refuse);
    let waiting: Vec<_> = (1..=300).map(|id| submit(&store, units.place(id, 1, 1))).collect();
    for answer in waiting {
        let start = Instant::now();
        assert_eq!(answer.await.unwrap(), Err(CommitError::Unavailable));
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    }
    assert!(store.ping().await.is_err());
    proxy.set(Mode::Pass);
    let start = Instant::now();
    eventually("commits work again", async || store.commit(units.place(500, 1, 1)).await.is_ok())
        .await;
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    store.ping().await.unwrap();
    assert_eq!(place.orders().await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_hangs_is_not_waited_for() {
    let place = Place::new().await;
    let (store, proxy) = place.open_behind_proxy().await;
    let units = place.units();
    store.commit(units.product(1, 1_000)).await.unwrap();
    proxy.set(Mode::Blackhole);
    let start = Instant::now();
    let waiting: Vec<_> = (1..=600).map(|id| submit(&store, units.place(id, 1, 1))).collect();
    for answer in waiting {
        assert_eq!(answer.await.unwrap(), Err(CommitError::Unavailable));
    }
    assert!(start.elapsed() < Duration::from_millis(3_500), "{:?}", start.elapsed());
    proxy.set(Mode::Pass);
    eventually("commits work again", async || store.commit(units.place(900, 1, 1)).await.is_ok())
        .await;
    assert_eq!(place.orders().await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_that_are_killed_under_load_cost_no_order() {
    let place = Place::new().await;
    let store = place.open().await;
    let units = place.units();
    store.commit(units.product(1, 10_000)).await.unwrap();
    let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE application_name = 'ordersystem' AND datname = current_database()";
    let mut next = 1;
    for _ in 0..8 {
        let waiting: Vec<_> =
            (next..next + 200).map(|id| submit(&store, units.place(id, 1, 1))).collect();
        next += 200;
        place.database.number(kill).await;
        for answer in waiting {
            assert_eq!(answer.await.unwrap(), Ok(()));
        }
    }
    assert_eq!((place.orders().await, stock(&store, 1).await), (1_600, (10_000, 1_600)));
    place.assert_whole().await;
}
