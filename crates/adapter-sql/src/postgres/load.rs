use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt as _;

use ordersystem_application::{
    CommitError, Committed, Store, StoreUnavailable, StoredAnswer, UnitOfWork,
};
use ordersystem_delivery::Delivery;
use ordersystem_inventory::{Product, Reservation, StockLevel};
use ordersystem_order::Order;
use ordersystem_payment::Payment;
use ordersystem_shared_kernel::{OrderId, ProductId, RequestKey};

use super::PostgresStore;
use crate::rows::{
    AnswerRow, DeliveryRow, LineRow, OrderRow, ProductRow, ReservationRow, payment_from_rows,
    payment_rows_of,
};
use crate::schema::{deliveries, idempotency_keys, order_lines, orders, products, reservations};

#[async_trait]
impl Store for PostgresStore {
    async fn commit(&self, work: UnitOfWork) -> Result<Committed, CommitError> {
        self.shared.writers.commit(work).await
    }

    fn is_overloaded(&self) -> bool {
        self.shared.writers.is_overloaded()
    }

    /// The lines of an order never change: two statements see the same order.
    async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreUnavailable> {
        let order = self.read("an order", move |connection| {
            async move {
                let row = orders::table.find(id.get()).select(OrderRow::as_select());
                let Some(row) = row.first(connection).await.optional()? else { return Ok(None) };
                let lines = order_lines::table.filter(order_lines::order_id.eq(id.get()));
                let lines = lines.order(order_lines::position).select(LineRow::as_select());
                row.restore(lines.load(connection).await?).map(Some)
            }
            .boxed()
        });
        order.await
    }

    async fn payment(&self, order: OrderId) -> Result<Option<Payment>, StoreUnavailable> {
        let payment = self.read("a payment", move |connection| {
            async move { payment_from_rows(payment_rows_of!(order).load(connection).await?) }
                .boxed()
        });
        payment.await
    }

    async fn delivery(&self, order: OrderId) -> Result<Option<Delivery>, StoreUnavailable> {
        let delivery = self.read("a delivery", move |connection| {
            async move {
                let row = deliveries::table.filter(deliveries::order_id.eq(order.get()));
                let row = row.select(DeliveryRow::as_select()).first(connection).await;
                row.optional()?.map(DeliveryRow::restore).transpose()
            }
            .boxed()
        });
        delivery.await
    }

    async fn product(
        &self,
        id: ProductId,
    ) -> Result<Option<(Product, Option<StockLevel>)>, StoreUnavailable> {
        let product = self.read("a product", move |connection| {
            async move {
                let row = products::table.find(id.get()).select(ProductRow::as_select());
                let row = row.first(connection).await.optional()?;
                row.map(ProductRow::restore).transpose()
            }
            .boxed()
        });
        product.await
    }

    async fn reservations(&self, order: OrderId) -> Result<Vec<Reservation>, StoreUnavailable> {
        let holds = self.read("reservations", move |connection| {
            async move {
                let rows = reservations::table.filter(reservations::order_id.eq(order.get()));
                let rows = rows.order(reservations::product_id);
                let rows = rows.select(ReservationRow::as_select()).load(connection).await?;
                rows.into_iter().map(ReservationRow::restore).collect()
            }
            .boxed()
        });
        holds.await
    }

    async fn answer(&self, key: &RequestKey) -> Result<Option<StoredAnswer>, StoreUnavailable> {
        let key = key.clone();
        let answer = self.read("an answer", move |connection| {
            async move {
                let row = idempotency_keys::table.find((key.principal, key.route, key.key));
                let row = row.select(AnswerRow::as_select()).first(connection).await.optional()?;
                row.map(AnswerRow::restore).transpose()
            }
            .boxed()
        });
        answer.await
    }
}
