//! A store in a database of its own, and a way to keep its writers waiting.

use std::sync::Arc;
use std::time::Duration;

use ordersystem_adapter_memory::ManualClock;
use ordersystem_adapter_sql::{PostgresConfig, PostgresStore};
use ordersystem_application::{CommitError, Store, UnitOfWork};
use ordersystem_port_contracts::unit::{self, Units};
use ordersystem_shared_kernel::{Clock, OrderId, ProductId};
use ordersystem_test_engines::postgres::Database;
use ordersystem_test_engines::proxy::Proxy;
use tokio::task::JoinHandle;
use tokio_postgres::Client;

/// A database that goes with the test.
pub(crate) struct Place {
    pub(crate) database: Database,
    pub(crate) clock: ManualClock,
}

impl Place {
    pub(crate) async fn new() -> Self {
        Self { database: Database::fresh().await, clock: ManualClock::default() }
    }

    /// The usual one, for a machine that is busy with other tests.
    pub(crate) fn config(&self) -> PostgresConfig {
        let patience = Duration::from_secs(20);
        // A machine that does other things as well must not look like a shop with too many customers.
        PostgresConfig { patience, old: patience, ..PostgresConfig::new(self.database.url()) }
    }

    pub(crate) async fn open(&self) -> PostgresStore {
        self.open_with(self.config()).await
    }

    pub(crate) async fn open_with(&self, config: PostgresConfig) -> PostgresStore {
        PostgresStore::open(&config, Arc::new(self.clock.clone())).await.unwrap()
    }

    /// A store behind a proxy, with one writer.
    pub(crate) async fn open_behind_proxy(&self) -> (PostgresStore, Proxy) {
        let proxy = Proxy::to(self.database.address().parse().unwrap()).await;
        let url = self.database.url_through(&proxy.address().to_string());
        let config = PostgresConfig { writers: 1, ..PostgresConfig::new(url) };
        (self.open_with(config).await, proxy)
    }

    pub(crate) fn units(&self) -> Units {
        unit::at(self.clock.now())
    }

    /// Keeps whoever needs this product waiting until the session is told to roll back.
    pub(crate) async fn lock(&self, product: i64) -> Lock {
        let client = self.database.client().await;
        let lock = format!("BEGIN; SELECT FROM products WHERE id = {product} FOR UPDATE");
        client.batch_execute(&lock).await.unwrap();
        Lock(client)
    }

    /// Until so many of our sessions wait for a lock.
    pub(crate) async fn wait_for_waiting(&self, sessions: i64) {
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'
            AND datname = current_database()";
        ordersystem_port_contracts::eventually("a session waits for a lock", async || {
            self.database.number(waiting).await >= sessions
        })
        .await;
    }

    /// How many transactions wrote the orders.
    pub(crate) async fn transactions(&self) -> i64 {
        self.database.number("SELECT count(DISTINCT xmin::text) FROM orders").await
    }

    pub(crate) async fn orders(&self) -> i64 {
        self.database.number("SELECT count(*) FROM orders").await
    }

    /// Every order with exactly its lines, its hold, its history and its messages.
    pub(crate) async fn assert_whole(&self) {
        for (what, broken) in [
            (
                "history",
                "SELECT count(*) FROM orders o WHERE version <>
                (SELECT count(*) FROM order_history h WHERE h.order_id = o.id)",
            ),
            (
                "messages",
                "SELECT count(*) FROM orders o WHERE version <> (SELECT count(*)
                FROM outbox x WHERE x.topic = 'order-events' AND x.key = o.id)",
            ),
            (
                "lines",
                "SELECT count(*) FROM orders o WHERE line_count <>
                (SELECT count(*) FROM order_lines l WHERE l.order_id = o.id)",
            ),
            (
                "holds",
                "SELECT count(*) FROM products p WHERE managed AND reserved_stock <>
                (SELECT coalesce(sum(quantity), 0) FROM reservations r
                 WHERE r.product_id = p.id AND r.state = 'HELD')",
            ),
            (
                "ledger",
                "SELECT count(*) FROM products p WHERE managed AND
                (stock_version, total_stock, reserved_stock) <>
                (SELECT count(*), coalesce(sum(delta_total), 0), coalesce(sum(delta_reserved), 0)
                 FROM stock_ledger l WHERE l.product_id = p.id)",
            ),
        ] {
            assert_eq!(self.database.number(broken).await, 0, "{what}");
        }
    }
}

pub(crate) struct Lock(Client);

impl Lock {
    pub(crate) async fn unlock(self) {
        self.0.batch_execute("ROLLBACK").await.unwrap();
    }
}

/// Commits in a task of its own.
pub(crate) fn submit(
    store: &PostgresStore,
    unit: UnitOfWork,
) -> JoinHandle<Result<(), CommitError>> {
    let store = store.clone();
    tokio::spawn(async move { store.commit(unit).await.map(drop) })
}

pub(crate) async fn exists(store: &PostgresStore, id: i64) -> bool {
    store.order(OrderId::new(id)).await.unwrap().is_some()
}

/// (total, reserved) of a managed product.
pub(crate) async fn stock(store: &PostgresStore, id: i64) -> (i64, i64) {
    let level = store.product(ProductId::new(id)).await.unwrap().unwrap().1.unwrap();
    (level.total, level.reserved)
}
