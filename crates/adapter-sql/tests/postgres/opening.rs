//! Databases that are old, new, foreign or out of reach.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::past::{CARRIED, broken, live, refunds};
use crate::support::Place;
use ordersystem_adapter_memory::ManualClock;
use ordersystem_adapter_sql::{Database, OpenError, PostgresConfig, PostgresStore};
use ordersystem_test_engines::proxy::{Mode, Proxy};

const UP: &str = include_str!("../../../../migrations/postgres/2026-11-22-000000_initial/up.sql");
const DOWN: &str =
    include_str!("../../../../migrations/postgres/2026-11-22-000000_initial/down.sql");

async fn open_error(url: &str) -> OpenError {
    let config = PostgresConfig::new(url);
    PostgresStore::open(&config, Arc::new(ManualClock::default())).await.err().unwrap()
}

#[tokio::test]
async fn migrations_are_listed_and_applied_once() {
    let place = Place::new().await;
    let url = place.database.url();
    let before = PostgresStore::migration_status(&url).await.unwrap();
    assert!(!before.is_empty() && before.iter().all(|state| !state.applied));
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(place.database.number(tables).await, 0, "a status makes no tables");
    let names: Vec<_> = before.into_iter().map(|state| state.name).collect();
    assert_eq!(PostgresStore::migrate(&url).await.unwrap(), names);
    assert_eq!(PostgresStore::migrate(&url).await.unwrap(), Vec::<String>::new());
    let after = PostgresStore::migration_status(&url).await.unwrap();
    assert!(after.iter().all(|state| state.applied));
    place.open().await.ping().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_start_together_migrate_once() {
    let place = Place::new().await;
    let url = place.database.url();
    let starting = [(); 6].map(|()| {
        let url = url.clone();
        tokio::spawn(async move { PostgresStore::migrate(&url).await.unwrap().len() })
    });
    let mut applied = Vec::new();
    for start in starting {
        applied.push(start.await.unwrap());
    }
    assert_eq!(applied.iter().filter(|number| **number > 0).count(), 1, "{applied:?}");
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused_and_left_alone() {
    let place = Place::new().await;
    let url = place.database.url();
    drop(place.open().await);
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231235959')";
    place.database.run(newer).await;
    for error in [
        open_error(&url).await,
        PostgresStore::migrate(&url).await.unwrap_err(),
        PostgresStore::migration_status(&url).await.unwrap_err(),
    ] {
        let text =
            "the database was written by a newer version of this program (schema 29991231235959)";
        assert_eq!(error.to_string(), text);
        assert!(matches!(error, OpenError::NewerSchema { .. }));
    }
}

#[tokio::test]
async fn every_migration_goes_up_and_down_again() {
    let place = Place::new().await;
    let objects = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace";
    place.database.run(UP).await;
    let up = place.database.number(objects).await;
    place.database.run(DOWN).await;
    assert_eq!(place.database.number(objects).await, 0);
    place.database.run(UP).await;
    assert_eq!(place.database.number(objects).await, up);
}

#[tokio::test]
async fn what_cannot_be_used_is_named_without_the_password() {
    let url = "postgres://shop:s3cret@127.0.0.1:1/orders";
    let error = open_error(url).await.to_string();
    assert!(error.starts_with("cannot use the database 127.0.0.1:1/orders: "), "{error}");
    assert!(error.contains("refused"), "{error}");
    assert!(!error.contains('\n') && !error.contains("s3cret"), "{error}");

    for tls in ["require", "verify-ca", "verify-full"] {
        let error = open_error(&format!("{url}?sslmode={tls}")).await.to_string();
        assert!(error.contains("TLS"), "{error}");
        assert!(!error.contains('\n') && !error.contains("s3cret"), "{error}");
    }
    for broken in ["postgres://shop:s3cret@host:port/orders", "s3cret"] {
        let error = open_error(broken).await;
        assert!(matches!(error, OpenError::Url { .. }), "{error}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
    let shown = format!("{:?}", PostgresConfig::new(url));
    assert!(!shown.contains("s3cret"), "{shown}");

    let place = Place::new().await;
    let missing = place.database.url().replace("/test_", "/no_test_");
    let error = open_error(&missing).await.to_string();
    assert!(error.contains("does not exist"), "{error}");
}

#[tokio::test]
async fn a_server_that_hangs_is_not_waited_for() {
    let place = Place::new().await;
    let address = place.database.address().parse().unwrap();
    let proxy = Proxy::to(address).await;
    let url = place.database.url_through(&proxy.address().to_string());
    let config = PostgresConfig::new(url.clone());
    let store = PostgresStore::open(&config, Arc::new(place.clock.clone())).await.unwrap();
    store.ping().await.unwrap();
    proxy.set(Mode::Blackhole);
    for hanging in [true, false] {
        let start = Instant::now();
        if hanging {
            store.ping().await.unwrap_err();
        } else {
            open_error(&url).await;
        }
        assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    }
    proxy.set(Mode::Pass);
    store.ping().await.unwrap();
}

const REFUNDS_DOWN: &str =
    include_str!("../../../../migrations/postgres/2026-11-24-000000_refunds_of_a_payment/down.sql");

/// An older program knew one refund per order and nothing of what was reported.
#[tokio::test]
async fn refunds_of_an_older_program_are_carried_over() {
    let place = Place::new().await;
    let store = place.open().await;
    live(&store, &place.clock).await;
    store.close().await;
    place.database.run(REFUNDS_DOWN).await;
    let forget = "DELETE FROM __diesel_schema_migrations WHERE version LIKE '20261124%'";
    place.database.run(forget).await;
    let store = place.open().await;
    assert_eq!(refunds(&store).await, (CARRIED.to_vec(), 2));
    assert_eq!(broken(&store).await, Vec::<&str>::new());
}
