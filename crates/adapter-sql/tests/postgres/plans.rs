//! Nothing that happens while orders come in reads a whole table.

use crate::support::Place;
use ordersystem_adapter_sql::{Database, PostgresConfig, PostgresStore};
use ordersystem_application::{Store, UnitOfWork};
use ordersystem_port_contracts::eventually;
use ordersystem_port_contracts::unit::{event_receipt, request_key, request_receipt, uuid};
use ordersystem_shared_kernel::{EventId, OrderId, ProductId};

/// So many orders are enough for the planner to tell a table from an index, and quick to make. The full million:
/// `ORDERSYSTEM_TEST_ORDERS=1000000 cargo test -p ordersystem-adapter-sql --test postgres plans`.
const ORDERS: &str = "100000";

/// A shop of many orders with the planner's statistics up to date.
async fn full() -> (Place, i64) {
    #[expect(clippy::disallowed_methods, reason = "the size of a test is no setting")]
    let orders = std::env::var("ORDERSYSTEM_TEST_ORDERS").unwrap_or_else(|_| ORDERS.to_owned());
    let place = Place::new().await;
    drop(place.open().await);
    place.database.run(&include_str!("full.sql").replace("$ORDERS", &orders)).await;
    place.database.run("VACUUM ANALYZE").await;
    (place, orders.parse().unwrap())
}

impl Place {
    /// Counts from zero what is read from now on.
    async fn reset_reads(&self) {
        self.wait_for_end_of_sessions().await;
        self.database.run("SELECT pg_stat_reset()").await;
    }

    /// Sessions tell what they have read when they end.
    async fn wait_for_end_of_sessions(&self) {
        let sessions = "SELECT count(*) FROM pg_stat_activity
            WHERE application_name = 'ordersystem' AND datname = current_database()";
        eventually("the sessions of the store end", async || {
            self.database.number(sessions).await == 0
        })
        .await;
    }

    async fn assert_read_little(&self) {
        self.wait_for_end_of_sessions().await;
        let scans = "SELECT coalesce(string_agg(relname, ', '), '') FROM pg_stat_user_tables
            WHERE seq_scan > 0 AND relname NOT IN ('__diesel_schema_migrations', 'stock_epoch',
                'relay_leases', 'relays')";
        let scanned = self.database.client().await.query_one(scans, &[]).await.unwrap();
        assert_eq!(scanned.get::<_, &str>(0), "", "these tables were read from end to end");
        let most = "SELECT coalesce(max(idx_tup_read), 0)::bigint FROM pg_stat_user_indexes";
        let most = self.database.number(most).await;
        assert!((1..20_000).contains(&most), "{most} entries of one index were read");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_commit_and_no_load_reads_a_whole_table() {
    let (place, orders) = full().await;
    place.reset_reads().await;
    // The planner may change its mind after a few executions of a statement.
    for writers in [1, 2] {
        let config = PostgresConfig { writers, ..place.config() };
        let store = place.open_with(config).await;
        for round in 1..=10 {
            let id = orders + i64::try_from(writers).unwrap() * 1_000 + round * 10;
            live(&place, &store, id).await;
        }
        store.close().await;
    }
    place.assert_read_little().await;
}

/// Everything that can happen to an order, and every load.
async fn live(place: &Place, store: &PostgresStore, id: i64) {
    let units = place.units();
    store.commit(units.product(id, 10)).await.unwrap();
    store.commit(units.adjust(id, 5)).await.unwrap();
    store.commit(units.unlimited(id + 1)).await.unwrap();
    let cause = Some(request_receipt(&format!("new {id}"), "answer"));
    let basket = units.basket(id, &[(id, 1), (id + 1, 1), (2, 1)]);
    store.commit(UnitOfWork { cause, ..basket }).await.unwrap();
    store.commit(units.basket(id + 1, &[(id, 2)])).await.unwrap();

    let number = OrderId::new(id);
    let order = async |id| store.order(id).await.unwrap().unwrap();
    let payment = async || store.payment(number).await.unwrap().unwrap();
    let delivery = async || store.delivery(number).await.unwrap().unwrap();
    let cancelled = units.cancel(order(OrderId::new(id + 1)).await);
    store.commit(cancelled).await.unwrap();
    store.commit(units.request_payment(order(number).await)).await.unwrap();
    let cause = Some(event_receipt("payments", EventId::new(uuid())));
    let paid = units.pay(order(number).await, payment().await);
    store.commit(UnitOfWork { cause, ..paid }).await.unwrap();
    store.commit(units.prepare(order(number).await, id)).await.unwrap();
    store.commit(units.ship(order(number).await, delivery().await)).await.unwrap();
    store.commit(units.deliver(order(number).await, delivery().await)).await.unwrap();

    store.product(ProductId::new(id)).await.unwrap().unwrap();
    assert_eq!(store.reservations(number).await.unwrap().len(), 3);
    store.answer(&request_key(&format!("new {id}"))).await.unwrap().unwrap();
}
