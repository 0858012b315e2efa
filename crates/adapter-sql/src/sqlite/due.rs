use std::time::Duration;

use async_trait::async_trait;
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use ordersystem_application::{DeliveryCounts, DueRefund, DueWork, StoreUnavailable};
use ordersystem_shared_kernel::OrderId;

use super::SqliteStore;
use crate::rows::{Micros, due_refund, sql_limit};
use crate::schema::{deliveries, orders, payments, refunds, reservations};

#[async_trait]
impl DueWork for SqliteStore {
    async fn expired_holds(&self, limit: usize) -> Result<Vec<OrderId>, StoreUnavailable> {
        let now = self.shared.clock.now();
        let orders = self.shared.readers.read("expired holds", move |connection| {
            let held = reservations::table.filter(is("state = 'HELD'"));
            let due = held.filter(reservations::expires_at.le(Micros(now)));
            let due = due.select((reservations::expires_at, reservations::order_id)).distinct();
            let due = due.order((reservations::expires_at, reservations::order_id));
            let due: Vec<(Micros, i64)> = due.limit(sql_limit(limit)).load(connection)?;
            Ok(due.into_iter().map(|(_, order)| order).collect())
        });
        orders.await.map(numbers)
    }

    async fn due_shipments(
        &self,
        delay: Duration,
        limit: usize,
    ) -> Result<Vec<OrderId>, StoreUnavailable> {
        let latest = self.latest(delay);
        let orders = self.shared.readers.read("due shipments", move |connection| {
            let preparing = deliveries::table.filter(is("status = 'SHIPMENT_PREPARING'"));
            let due = preparing.filter(deliveries::started_at.le(latest));
            let due = due.order((deliveries::started_at, deliveries::id)).limit(sql_limit(limit));
            due.select(deliveries::order_id).load(connection)
        });
        orders.await.map(numbers)
    }

    async fn due_arrivals(
        &self,
        delay: Duration,
        limit: usize,
    ) -> Result<Vec<OrderId>, StoreUnavailable> {
        let latest = self.latest(delay);
        let orders = self.shared.readers.read("due arrivals", move |connection| {
            let under_way = deliveries::table.filter(is("status = 'SHIPPED'"));
            let due = under_way.filter(deliveries::shipped_at.le(latest));
            let due = due.order((deliveries::shipped_at, deliveries::id)).limit(sql_limit(limit));
            due.select(deliveries::order_id).load(connection)
        });
        orders.await.map(numbers)
    }

    async fn unprepared_orders(
        &self,
        delay: Duration,
        limit: usize,
    ) -> Result<Vec<OrderId>, StoreUnavailable> {
        let latest = self.latest(delay);
        let orders = self.shared.readers.read("unprepared orders", move |connection| {
            let paid = orders::table.filter(is("status = 'PAYMENT_COMPLETED'"));
            let due = paid.filter(orders::updated_at.le(latest));
            let due = due.order((orders::updated_at, orders::id)).limit(sql_limit(limit));
            due.select(orders::id).load(connection)
        });
        orders.await.map(numbers)
    }

    async fn due_charges(&self, limit: usize) -> Result<Vec<OrderId>, StoreUnavailable> {
        let now = self.latest(Duration::ZERO);
        let orders = self.shared.readers.read("due charges", move |connection| {
            let due = payments::table.filter(payments::next_try_at.le(now));
            let due = due.order((payments::next_try_at, payments::transaction_id));
            due.limit(sql_limit(limit)).select(payments::order_id).load(connection)
        });
        orders.await.map(numbers)
    }

    async fn due_refunds(&self, limit: usize) -> Result<Vec<DueRefund>, StoreUnavailable> {
        let now = self.latest(Duration::ZERO);
        let refunds = self.shared.readers.read("due refunds", move |connection| {
            let due = refunds::table.filter(refunds::next_try_at.le(now));
            let due = due.order((refunds::next_try_at, refunds::order_id, refunds::number));
            let due = due.limit(sql_limit(limit)).select((refunds::order_id, refunds::number));
            let due: Vec<(i64, i64)> = due.load(connection)?;
            due.into_iter().map(|(order, number)| due_refund(order, number)).collect()
        });
        refunds.await
    }

    async fn delivery_counts(&self) -> Result<DeliveryCounts, StoreUnavailable> {
        let counts = self.shared.readers.read("the number of deliveries", |connection| {
            let stages = deliveries::table;
            let preparing = stages.filter(is("status = 'SHIPMENT_PREPARING'")).count();
            let shipped = stages.filter(is("status = 'SHIPPED'")).count();
            let delivered = stages.filter(is("status = 'DELIVERED'")).count();
            Ok(DeliveryCounts {
                preparing: preparing.get_result(connection)?,
                shipped: shipped.get_result(connection)?,
                delivered: delivered.get_result(connection)?,
            })
        });
        counts.await
    }
}

impl SqliteStore {
    /// What happened at this moment or before happened at least `delay` ago.
    fn latest(&self, delay: Duration) -> Micros {
        Micros(self.shared.clock.now().before(delay))
    }
}

fn numbers(orders: Vec<i64>) -> Vec<OrderId> {
    orders.into_iter().map(OrderId::new).collect()
}

/// SQLite uses a partial index only where the query says the same as the index, word by word and not as a variable.
fn is(condition: &'static str) -> SqlLiteral<Bool> {
    sql(condition)
}
