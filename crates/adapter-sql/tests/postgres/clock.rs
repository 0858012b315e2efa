//! The time of the server.

use crate::support::Place;
use ordersystem_adapter_sql::PostgresStore;
use ordersystem_port_contracts::eventually;
use ordersystem_shared_kernel::Clock;

/// Between two answers of the server lies what the clock says, give or take half of the round trip it was set by.
#[tokio::test]
async fn agrees_with_the_server() {
    let place = Place::new().await;
    let store = PostgresStore::open_on_server_time(&place.config()).await.unwrap();
    let (clock, tolerance) = (store.clock(), 100_000);
    let now = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
    for _ in 0..10 {
        let before = place.database.number(now).await;
        let told = clock.now().as_micros();
        let after = place.database.number(now).await;
        assert!(
            (before - tolerance..=after + tolerance).contains(&told),
            "{before} {told} {after}"
        );
    }
}

#[tokio::test]
async fn is_the_one_that_was_given_otherwise() {
    let place = Place::new().await;
    assert_eq!(place.open().await.clock().now(), place.clock.now());
}

/// Whatever else holds the clock.
#[tokio::test]
async fn is_not_compared_any_more_when_the_store_is_gone() {
    let place = Place::new().await;
    let store = PostgresStore::open_on_server_time(&place.config()).await.unwrap();
    let clock = store.clock();
    drop(store);
    let sessions = "SELECT count(*) FROM pg_stat_activity
        WHERE application_name = 'ordersystem' AND datname = current_database()";
    eventually("the sessions end", async || place.database.number(sessions).await == 0).await;
    assert!(clock.now() <= clock.now(), "it goes on");
}
