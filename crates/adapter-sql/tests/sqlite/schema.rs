//! Databases that are old, new, foreign or out of reach.

use std::sync::Arc;

use crate::past::{CARRIED, broken, live, refunds};
use crate::support::{Place, order, product};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use ordersystem_adapter_sql::{Database, OpenError, SqliteConfig, SqliteStore};
use ordersystem_application::{Store, StoreUnavailable};
use ordersystem_shared_kernel::{Clock, OrderId};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

#[derive(QueryableByName)]
struct Object {
    #[diesel(sql_type = Text)]
    sql: String,
}

fn objects(connection: &mut SqliteConnection) -> Vec<String> {
    let query = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL
        AND name NOT LIKE '\\_\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%' ORDER BY name";
    let rows: Vec<Object> = diesel::sql_query(query).load(connection).unwrap();
    rows.into_iter().map(|object| object.sql).collect()
}

fn open_error(place: &Place) -> OpenError {
    SqliteStore::open(&SqliteConfig::new(place.path()), Arc::new(place.clock.clone()))
        .err()
        .unwrap()
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused_and_left_alone() {
    let place = Place::new();
    drop(place.open());
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231235959')";
    place.connect().batch_execute(newer).unwrap();
    let before = objects(&mut place.connect());
    for error in [
        open_error(&place),
        SqliteStore::migrate(&place.path()).unwrap_err(),
        SqliteStore::migration_status(&place.path()).unwrap_err(),
    ] {
        let text =
            "the database was written by a newer version of this program (schema 29991231235959)";
        assert_eq!(error.to_string(), text);
        assert!(matches!(error, OpenError::NewerSchema { .. }));
    }
    assert_eq!(objects(&mut place.connect()), before);
}

#[tokio::test]
async fn every_migration_goes_up_and_down_again() {
    let place = Place::new();
    drop(place.open());
    let mut connection = place.connect();
    let up = objects(&mut connection);
    assert!(!up.is_empty());
    connection.revert_all_migrations(MIGRATIONS).unwrap();
    assert_eq!(objects(&mut connection), Vec::<String>::new());
    connection.run_pending_migrations(MIGRATIONS).unwrap();
    assert_eq!(objects(&mut connection), up);
}

#[test]
fn migrations_are_listed_and_applied_once() {
    let place = Place::new();
    let before = SqliteStore::migration_status(&place.path()).unwrap();
    assert!(!place.path().exists(), "a status makes no database");
    assert!(!before.is_empty() && before.iter().all(|state| !state.applied));
    let names: Vec<_> = before.into_iter().map(|state| state.name).collect();
    assert_eq!(SqliteStore::migrate(&place.path()).unwrap(), names);
    assert_eq!(SqliteStore::migrate(&place.path()).unwrap(), Vec::<String>::new());
    let after = SqliteStore::migration_status(&place.path()).unwrap();
    assert!(after.iter().all(|state| state.applied));
    assert_eq!(after.into_iter().map(|state| state.name).collect::<Vec<_>>(), names);
}

#[test]
fn what_cannot_be_a_database_is_named() {
    let place = Place::new();
    std::fs::create_dir_all(place.path().parent().unwrap()).unwrap();
    std::fs::write(place.path(), "this is a letter and no database, however long it may be\n")
        .unwrap();
    let error = open_error(&place).to_string();
    assert!(error.starts_with(&format!("cannot open the database {}", place.path().display())));
    assert!(error.contains("not a database"), "{error}");

    let config = SqliteConfig::new(place.path().join("below/a/file.db"));
    let error = SqliteStore::open(&config, Arc::new(place.clock.clone())).err().unwrap();
    assert!(matches!(error, OpenError::CannotOpen { .. }), "{error}");

    let config = SqliteConfig::new(place.path().parent().unwrap());
    let error = SqliteStore::open(&config, Arc::new(place.clock)).err().unwrap();
    assert!(matches!(error, OpenError::CannotOpen { .. }), "{error}");
}

#[tokio::test]
async fn what_this_program_cannot_have_written_is_an_error() {
    let place = Place::new();
    let (store, now) = (place.open(), place.clock.now());
    store.commit(product(1, 10, now)).await.unwrap();
    store.commit(order(1, 1, now)).await.unwrap();
    let damage = "PRAGMA ignore_check_constraints = ON; UPDATE orders SET status = 'LOST'";
    place.connect().batch_execute(damage).unwrap();
    assert_eq!(store.order(OrderId::new(1)).await, Err(StoreUnavailable));
}

#[tokio::test]
async fn the_schema_itself_keeps_stock_and_money_in_bounds() {
    let place = Place::new();
    let (store, now) = (place.open(), place.clock.now());
    store.commit(product(1, 10, now)).await.unwrap();
    store.commit(order(1, 1, now)).await.unwrap();
    let mut connection = place.connect();
    for forbidden in [
        "UPDATE products SET reserved_stock = 11",
        "UPDATE products SET reserved_stock = -1",
        "UPDATE orders SET status = 'LOST'",
        "INSERT INTO stock_ledger SELECT product_id, 9, kind, order_id, reason, 0, 0, 10, 0, at,
            event_id FROM stock_ledger WHERE kind = 'RESERVE'",
        "INSERT INTO outbox (event_id, topic, key, sequence, kind, payload, at)
            SELECT event_id, topic, key, sequence, kind, payload, at FROM outbox",
        "INSERT INTO payments VALUES
            (randomblob(16), 1, 1, 5, 'KRW', 'CAPTURED', 1, 1, 1, 5, 'KRW', 0, NULL),
            (randomblob(16), 1, 2, 5, 'KRW', 'CAPTURED', 1, 1, 1, 5, 'KRW', 0, NULL)",
        "INSERT INTO refunds VALUES
            (1, 1, randomblob(16), 5, 'KRW', 'LATE_SUCCESS', NULL, 'DONE', NULL, 0, 1, 1, 1)",
    ] {
        connection.batch_execute(forbidden).unwrap_err();
    }
}

/// An older program knew one refund per order and nothing of what was reported.
#[tokio::test]
async fn refunds_of_an_older_program_are_carried_over() {
    let place = Place::new();
    let store = place.open();
    live(&store, &place.clock).await;
    store.close().await;
    drop(store);
    let mut connection = place.connect();
    while !connection.revert_last_migration(MIGRATIONS).unwrap().to_string().starts_with("20261124")
    {
    }
    drop(connection);
    let store = place.open();
    assert_eq!(refunds(&store).await, (CARRIED.to_vec(), 2));
    assert_eq!(broken(&store).await, Vec::<&str>::new());
}
