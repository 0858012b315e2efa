use std::time::Duration;

use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl as _;
use futures_util::FutureExt as _;

use ordersystem_application::{CLAIM, DeliveryCounts, DueRefund, DueWork, StoreUnavailable};
use ordersystem_shared_kernel::{OrderId, Timestamp};

use super::PostgresStore;
use crate::rows::{Micros, due_refund, sql_limit};
use crate::schema::types::DbTs;

/// Claims at most `$4` rows that are due since `$1` or longer, at the moment `$2` and until `$3`, oldest first. A row that
/// another process is about to claim is skipped.
///
/// Once an order is due it is claimed by the first of its lines that are: two processes cannot get one each.
const EXPIRED_HOLDS: &str = "WITH due AS MATERIALIZED (
        SELECT r.order_id, r.product_id FROM reservations r
        WHERE r.state = 'HELD' AND r.expires_at <= $1
            AND (r.claimed_until IS NULL OR r.claimed_until <= $2)
            AND r.product_id = (SELECT min(l.product_id) FROM reservations l
                WHERE l.order_id = r.order_id AND l.state = 'HELD' AND l.expires_at <= $1)
        ORDER BY r.expires_at, r.order_id LIMIT $4 FOR UPDATE OF r SKIP LOCKED
    ), claimed AS (
        UPDATE reservations r SET claimed_until = $3 FROM due
        WHERE r.order_id = due.order_id AND r.product_id = due.product_id
        RETURNING r.order_id, r.expires_at
    ) SELECT order_id FROM claimed ORDER BY expires_at, order_id";

const DUE_SHIPMENTS: &str = "WITH due AS MATERIALIZED (
        SELECT id FROM deliveries WHERE status = 'SHIPMENT_PREPARING' AND started_at <= $1
            AND (claimed_until IS NULL OR claimed_until <= $2)
        ORDER BY started_at, id LIMIT $4 FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE deliveries d SET claimed_until = $3 FROM due WHERE d.id = due.id
        RETURNING d.order_id, d.started_at, d.id
    ) SELECT order_id FROM claimed ORDER BY started_at, id";

/// A claim that is as old as the shipment was made for the shipping and is over.
const DUE_ARRIVALS: &str = "WITH due AS MATERIALIZED (
        SELECT id FROM deliveries WHERE status = 'SHIPPED' AND shipped_at <= $1
            AND (claimed_until IS NULL OR claimed_until <= $2
                OR claimed_until <= shipped_at + ($3 - $2))
        ORDER BY shipped_at, id LIMIT $4 FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE deliveries d SET claimed_until = $3 FROM due WHERE d.id = due.id
        RETURNING d.order_id, d.shipped_at, d.id
    ) SELECT order_id FROM claimed ORDER BY shipped_at, id";

const UNPREPARED_ORDERS: &str = "WITH due AS MATERIALIZED (
        SELECT id FROM orders WHERE status = 'PAYMENT_COMPLETED' AND updated_at <= $1
            AND (claimed_until IS NULL OR claimed_until <= $2)
        ORDER BY updated_at, id LIMIT $4 FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE orders o SET claimed_until = $3 FROM due WHERE o.id = due.id
        RETURNING o.id, o.updated_at
    ) SELECT id AS order_id FROM claimed ORDER BY updated_at, id";

const DUE_CHARGES: &str = "WITH due AS MATERIALIZED (
        SELECT transaction_id FROM payments WHERE next_try_at <= $1
            AND (claimed_until IS NULL OR claimed_until <= $2)
        ORDER BY next_try_at, transaction_id LIMIT $4 FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE payments p SET claimed_until = $3 FROM due
        WHERE p.transaction_id = due.transaction_id
        RETURNING p.order_id, p.next_try_at, p.transaction_id
    ) SELECT order_id FROM claimed ORDER BY next_try_at, transaction_id";

const DUE_REFUNDS: &str = "WITH due AS MATERIALIZED (
        SELECT order_id, number FROM refunds WHERE next_try_at <= $1
            AND (claimed_until IS NULL OR claimed_until <= $2)
        ORDER BY next_try_at, order_id, number LIMIT $4 FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE refunds r SET claimed_until = $3 FROM due
        WHERE r.order_id = due.order_id AND r.number = due.number
        RETURNING r.order_id, r.number, r.next_try_at
    ) SELECT order_id, number FROM claimed ORDER BY next_try_at, order_id, number";

/// Each from an index that holds nothing else.
const DELIVERY_COUNTS: &str = "SELECT
    (SELECT count(*) FROM deliveries WHERE status = 'SHIPMENT_PREPARING') AS preparing,
    (SELECT count(*) FROM deliveries WHERE status = 'SHIPPED') AS shipped,
    (SELECT count(*) FROM deliveries WHERE status = 'DELIVERED') AS delivered";

/// What every claim is given.
macro_rules! claim {
    ($statement:expr, $now:expr, $delay:expr, $limit:expr) => {
        diesel::sql_query($statement)
            .bind::<DbTs, _>(Micros($now.before($delay)))
            .bind::<DbTs, _>(Micros($now))
            .bind::<DbTs, _>(Micros($now.after(CLAIM)))
            .bind::<BigInt, _>(sql_limit($limit))
    };
}

#[async_trait]
impl DueWork for PostgresStore {
    async fn expired_holds(&self, limit: usize) -> Result<Vec<OrderId>, StoreUnavailable> {
        self.claim("expired holds", EXPIRED_HOLDS, Duration::ZERO, limit).await
    }

    async fn due_shipments(
        &self,
        delay: Duration,
        limit: usize,
    ) -> Result<Vec<OrderId>, StoreUnavailable> {
        self.claim("due shipments", DUE_SHIPMENTS, delay, limit).await
    }

    async fn due_arrivals(
        &self,
        delay: Duration,
        limit: usize,
    ) -> Result<Vec<OrderId>, StoreUnavailable> {
        self.claim("due arrivals", DUE_ARRIVALS, delay, limit).await
    }

    async fn unprepared_orders(
        &self,
        delay: Duration,
        limit: usize,
    ) -> Result<Vec<OrderId>, StoreUnavailable> {
        self.claim("unprepared orders", UNPREPARED_ORDERS, delay, limit).await
    }

    async fn due_charges(&self, limit: usize) -> Result<Vec<OrderId>, StoreUnavailable> {
        self.claim("due charges", DUE_CHARGES, Duration::ZERO, limit).await
    }

    async fn due_refunds(&self, limit: usize) -> Result<Vec<DueRefund>, StoreUnavailable> {
        let now: Timestamp = self.shared.clock.now();
        let claimed = self.read("due refunds", move |connection| {
            async move {
                let claim = claim!(DUE_REFUNDS, now, Duration::ZERO, limit);
                let claimed: Vec<DueRefundRow> = claim.load(connection).await?;
                claimed.into_iter().map(|due| due_refund(due.order_id, due.number)).collect()
            }
            .boxed()
        });
        claimed.await
    }

    async fn delivery_counts(&self) -> Result<DeliveryCounts, StoreUnavailable> {
        let counts = self.shared.readers.snapshot("the number of deliveries", |connection| {
            diesel::sql_query(DELIVERY_COUNTS).get_result(connection).boxed()
        });
        let counts: Counts = counts.await?;
        let Counts { preparing, shipped, delivered } = counts;
        Ok(DeliveryCounts { preparing, shipped, delivered })
    }
}

#[derive(QueryableByName)]
struct Due {
    #[diesel(sql_type = BigInt)]
    order_id: i64,
}

#[derive(QueryableByName)]
struct DueRefundRow {
    #[diesel(sql_type = BigInt)]
    order_id: i64,
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct Counts {
    #[diesel(sql_type = BigInt)]
    preparing: i64,
    #[diesel(sql_type = BigInt)]
    shipped: i64,
    #[diesel(sql_type = BigInt)]
    delivered: i64,
}

impl PostgresStore {
    /// What happened at least `delay` ago and nobody else has claimed.
    async fn claim(
        &self,
        what: &'static str,
        statement: &'static str,
        delay: Duration,
        limit: usize,
    ) -> Result<Vec<OrderId>, StoreUnavailable> {
        let now: Timestamp = self.shared.clock.now();
        let claimed = self.read(what, move |connection| {
            claim!(statement, now, delay, limit).load(connection).boxed()
        });
        let claimed: Vec<Due> = claimed.await?;
        Ok(claimed.into_iter().map(|due| OrderId::new(due.order_id)).collect())
    }
}
