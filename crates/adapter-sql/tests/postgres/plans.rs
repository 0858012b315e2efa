//! Nothing that happens while orders come in reads a whole table, and nothing else that is asked for often.

use std::time::Duration;

use crate::support::Place;
use ordersystem_adapter_sql::{Database, PostgresConfig, PostgresStore};
use ordersystem_application::{
    Bucket, DeadLetterFilter, DeadLetterState, DeadLetters, DueWork, OrderFilter, Outbox, Page,
    Reads, Store, Topic, UnitOfWork,
};
use ordersystem_order::OrderStatus;
use ordersystem_port_contracts::eventually;
use ordersystem_port_contracts::unit::{event_receipt, request_key, request_receipt, uuid};
use ordersystem_shared_kernel::{EventId, OrderId, ProductId, Timestamp};

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

    /// What was read since [`Self::reset_reads`]: nothing from end to end, and of no index more entries than this.
    async fn assert_read_at_most(&self, entries: i64) {
        self.wait_for_end_of_sessions().await;
        let scans = "SELECT coalesce(string_agg(relname, ', '), '') FROM pg_stat_user_tables
            WHERE seq_scan > 0 AND relname NOT IN ('__diesel_schema_migrations', 'stock_epoch',
                'relay_leases', 'relays')";
        let scanned = self.database.client().await.query_one(scans, &[]).await.unwrap();
        assert_eq!(scanned.get::<_, &str>(0), "", "these tables were read from end to end");
        let most = "SELECT indexrelname, idx_tup_read FROM pg_stat_user_indexes
            ORDER BY idx_tup_read DESC LIMIT 1";
        let most = self.database.client().await.query_one(most, &[]).await.unwrap();
        let (index, read): (&str, i64) = (most.get(0), most.get(1));
        assert!((1..entries).contains(&read), "{read} entries of {index} were read");
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
    place.assert_read_at_most(20_000).await;
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
    let refunded =
        |payment| units.money(payment, |p, stamp| p.refund(1, String::new(), stamp).ok());
    store.commit(refunded(payment().await)).await.unwrap();
    let done = units.money(payment().await, |payment, stamp| payment.refund_done(1, stamp));
    store.commit(done).await.unwrap();

    store.product(ProductId::new(id)).await.unwrap().unwrap();
    assert_eq!(store.reservations(number).await.unwrap().len(), 3);
    store.answer(&request_key(&format!("new {id}"))).await.unwrap().unwrap();
}

/// As often as it takes the planner to settle on a plan.
const ROUNDS: usize = 7;

/// Every combination of conditions, on the first page and on one in the middle. A page costs a few times its length; only
/// where a span of time is to be found is an index on a few pages at a time read as well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_list_reads_a_whole_table() {
    let (place, orders) = full().await;
    place.reset_reads().await;
    let store = place.open().await;
    let second = |number: i64| Some(Timestamp::from_micros(number * 1_000_000));
    let middle = orders / 2;
    let mut lists = 0;
    for product in [None, Some(ProductId::new(7))] {
        for statuses in [&[][..], &[OrderStatus::Delivered], &OrderStatus::ALL] {
            for (placed_from, placed_to) in [
                (None, None),
                (second(middle), None),
                (None, second(orders)),
                (second(middle), second(middle + 100)),
                (second(orders - 100), second(orders)),
            ] {
                let statuses = statuses.to_vec();
                let filter = OrderFilter { statuses, product, placed_from, placed_to };
                for after in [None, Some(middle + 50)] {
                    store.orders(&filter, Page { after, limit: 20 }).await.unwrap();
                    lists += 1;
                }
            }
        }
    }
    drop(store);
    place.assert_read_at_most(lists * 10_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_detail_and_no_list_of_products_reads_a_whole_table() {
    let (place, orders) = full().await;
    place.reset_reads().await;
    let store = place.open().await;
    for round in 0..ROUNDS {
        let number = OrderId::new(i64::try_from(round).unwrap() * 10 + 10);
        assert_eq!(store.history(number).await.unwrap().len(), 1);
        let payment = store.payment(number).await.unwrap().unwrap();
        assert_eq!(payment.refunds().len(), 1);
        let page = Page { after: Some(500), limit: 20 };
        assert_eq!(store.products(page).await.unwrap().len(), 20);
        store.moved_levels(Timestamp::EPOCH, page).await.unwrap();
        let filter = DeadLetterFilter { topic: Some(Topic::OrderEvents), ..Default::default() };
        let letters = store.dead_letters(&filter, Page { after: Some(orders / 2), limit: 20 });
        let letters = letters.await.unwrap();
        store.dead_letter(letters[0].id).await.unwrap().unwrap();
        store.set_dead_letters(&[letters[0].id], DeadLetterState::Replayed).await.unwrap();
        store.bury(&letters[0].record, "another group", "why").await.unwrap();
    }
    drop(store);
    place.assert_read_at_most(2_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_timer_and_no_relay_reads_a_whole_table() {
    let (place, _) = full().await;
    place.reset_reads().await;
    let store = place.open().await;
    let relay = uuid();
    for _ in 0..ROUNDS {
        assert_eq!(store.expired_holds(20).await.unwrap().len(), 20);
        assert_eq!(store.due_shipments(Duration::ZERO, 20).await.unwrap().len(), 20);
        assert_eq!(store.due_arrivals(Duration::ZERO, 20).await.unwrap().len(), 20);
        assert_eq!(store.unprepared_orders(Duration::ZERO, 20).await.unwrap().len(), 20);
        assert_eq!(store.due_charges(20).await.unwrap().len(), 20);
        assert_eq!(store.due_refunds(20).await.unwrap().len(), 20);
        let buckets = store.lease(relay).await.unwrap();
        let rows = store.unpublished(&buckets, 20).await.unwrap();
        let some = store.unpublished(&buckets[..3], 20).await.unwrap();
        assert_eq!((rows.len(), some.len()), (20, 20));
        let positions: Vec<_> = rows.iter().map(|row| row.position).collect();
        store.mark_published(&positions).await.unwrap();
        assert_eq!(store.recent(20).await.unwrap().len(), 20);
        assert!(store.backlog().await.unwrap().pending > 500);
    }
    store.release(relay).await.unwrap();
    drop(store);
    place.assert_read_at_most(30_000).await;
}

/// Kafka was away for long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_of_a_long_backlog_reads_all_of_it() {
    let (place, _) = full().await;
    place.database.run("UPDATE outbox SET published_at = NULL").await;
    place.database.run("VACUUM ANALYZE outbox").await;
    place.reset_reads().await;
    let store = place.open().await;
    for _ in 0..ROUNDS {
        let rows = store.unpublished(&Bucket::all(), 500).await.unwrap();
        assert_eq!(rows.len(), 500);
        let positions: Vec<_> = rows.iter().map(|row| row.position).collect();
        store.mark_published(&positions).await.unwrap();
    }
    assert!(store.backlog().await.unwrap().pending >= 10_000);
    drop(store);
    // A page looks at the first 500 of each of the 16 buckets.
    place.assert_read_at_most(100_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_purge_reads_a_whole_table() {
    let (place, _) = full().await;
    place.reset_reads().await;
    let store = place.open().await;
    for round in 1..=ROUNDS {
        // All of it is old in the first rounds, nothing in the others.
        let age = Duration::from_secs(if round < 4 { 1 } else { u64::MAX });
        let gone = store.purge(age).await.unwrap();
        assert_eq!(gone > 0, round < 4);
    }
    drop(store);
    place.assert_read_at_most(60_000).await;
}

/// Deliveries are counted in the indexes of their stages.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_statistics_read_a_whole_table() {
    let (place, orders) = full().await;
    place.reset_reads().await;
    let store = place.open().await;
    let counts = store.delivery_counts().await.unwrap();
    assert_eq!(counts.preparing + counts.shipped + counts.delivered, orders);
    drop(store);
    place.assert_read_at_most(orders + 1).await;
}
