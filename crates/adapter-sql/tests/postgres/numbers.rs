//! Numbers are shared with other processes, and wanted by many at once.

use std::collections::BTreeSet;

use crate::support::Place;
use ordersystem_adapter_sql::PostgresStore;
use ordersystem_application::Numbers;
use tokio::task::JoinSet;

async fn next(store: &PostgresStore) -> i64 {
    store.next_order().await.unwrap().get()
}

#[tokio::test]
async fn a_lone_caller_leaves_no_gap() {
    let place = Place::new().await;
    let stores = [place.open().await, place.open().await];
    for number in (1..=10).step_by(2) {
        assert_eq!(next(&stores[0]).await, number);
        assert_eq!(next(&stores[1]).await, number + 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crowds_in_two_processes_get_different_numbers() {
    let place = Place::new().await;
    let stores = [place.open().await, place.open().await];
    let mut callers = JoinSet::new();
    for caller in 0..100 {
        let store = stores[caller % 2].clone();
        callers.spawn(async move {
            let mut numbers = Vec::new();
            for _ in 0..50 {
                numbers.push(next(&store).await);
            }
            assert!(numbers.is_sorted(), "who asks later gets a higher one");
            numbers
        });
    }
    let numbers: BTreeSet<i64> = callers.join_all().await.into_iter().flatten().collect();
    assert_eq!(numbers.len(), 5_000);
    assert!(numbers.last().unwrap() < &6_000, "few stay unused");
}
