use diesel::prelude::*;

use ordersystem_inventory::{Product, Reservation};
use ordersystem_shared_kernel::{Aggregate, Timestamp};

use super::statement::{insert, update};
use crate::batch::{Loaded, Record, split};
use crate::rows::{
    DeliveryRow, DeliveryUpdate, LevelUpdate, LineRow, OrderRow, OrderUpdate, ProductRow,
    ProductUpdate, ReservationRow, payment_rows,
};
use crate::schema::refunds;

impl Record<'_> {
    /// Writes all of it; to be called inside the transaction in which `loaded` was read.
    pub(super) fn write(
        &self,
        connection: &mut SqliteConnection,
        loaded: &Loaded,
        now: Timestamp,
    ) -> QueryResult<()> {
        insert!(connection, inbox, self.inbox; consumer, event_id, at);
        insert!(connection, idempotency_keys, self.requests;
            principal, route, key, fingerprint, answer, at);
        self.write_orders(connection)?;
        self.write_payments(connection, loaded)?;
        self.write_deliveries(connection)?;
        self.write_products(connection, now)?;
        self.write_reservations(connection, loaded)?;
        for row in self.refund_rows() {
            diesel::replace_into(refunds::table).values(row).execute(connection)?;
        }
        insert!(connection, order_history, self.history;
            order_id, version, from_status, to_status, cause, at, event_id);
        insert!(connection, stock_ledger, self.ledger;
            product_id, version, kind, order_id, reason, delta_total, delta_reserved, total_after,
            reserved_after, at, event_id);
        insert!(connection, unpaid_orders, self.unpaid; client, order_id, product_id);
        insert!(connection, outbox, self.outbox;
            event_id, topic, key, sequence, kind, payload, at, trace);
        Ok(())
    }

    fn write_orders(&self, connection: &mut SqliteConnection) -> QueryResult<()> {
        let (created, changed) = split(&self.orders);
        let rows: Vec<OrderRow> = created.iter().map(|order| OrderRow::from(*order)).collect();
        let lines: Vec<LineRow> = created.iter().flat_map(|order| LineRow::all(order)).collect();
        insert!(connection, orders, rows;
            id, status, version, total, currency, line_count, placed_at, updated_at);
        insert!(connection, order_lines, lines;
            order_id, position, product_id, name, unit_price, currency, quantity);
        for order in changed.into_iter().map(OrderUpdate::from) {
            update!(connection, orders, order; status, version, updated_at where id)?;
        }
        Ok(())
    }

    /// Every attempt that exists carries the payment's version, whatever of the payment has changed.
    fn write_payments(
        &self,
        connection: &mut SqliteConnection,
        loaded: &Loaded,
    ) -> QueryResult<()> {
        let mut new = Vec::new();
        for (order, payment) in &self.payments {
            let stored = loaded.attempts.get(order).copied().unwrap_or_default();
            let mut rows = payment_rows(payment.state);
            for row in rows.by_ref().take(stored) {
                update!(connection, payments, row;
                    outcome, decided_at, version, reported_amount, reported_currency, tries,
                    next_try_at where transaction_id)?;
            }
            new.extend(rows);
        }
        insert!(connection, payments, new;
            transaction_id, order_id, attempt, amount, currency, outcome, requested_at, decided_at,
            version, reported_amount, reported_currency, tries, next_try_at);
        Ok(())
    }

    fn write_deliveries(&self, connection: &mut SqliteConnection) -> QueryResult<()> {
        let (created, changed) = split(&self.deliveries);
        let rows: Vec<DeliveryRow> = created.into_iter().map(DeliveryRow::from).collect();
        insert!(connection, deliveries, rows;
            id, order_id, courier, status, started_at, tracking_number, shipped_at,
            estimated_arrival, completed_at, cancelled_at, version);
        for delivery in changed.into_iter().map(DeliveryUpdate::from) {
            update!(connection, deliveries, delivery;
                status, tracking_number, shipped_at, estimated_arrival, completed_at,
                cancelled_at, version where id)?;
        }
        Ok(())
    }

    fn write_products(&self, connection: &mut SqliteConnection, now: Timestamp) -> QueryResult<()> {
        let (created, changed) = split(&self.products);
        let level = |product: &Product| self.levels.get(&product.id()).copied();
        let rows: Vec<ProductRow> =
            created.iter().map(|product| ProductRow::new(product, level(product), now)).collect();
        insert!(connection, products, rows;
            id, name, price, currency, managed, version, total_stock, reserved_stock,
            stock_version, moved_at);
        for product in changed.into_iter().map(ProductUpdate::from) {
            update!(connection, products, product; name, price, currency, version where id)?;
        }
        let is_new = |product| self.products.get(product).is_some_and(|latest| latest.created);
        for (_, level) in self.levels.iter().filter(|(product, _)| !is_new(*product)) {
            let level = LevelUpdate::new(level, now);
            update!(connection, products, level;
                total_stock, reserved_stock, stock_version, moved_at where id)?;
        }
        Ok(())
    }

    fn write_reservations(
        &self,
        connection: &mut SqliteConnection,
        loaded: &Loaded,
    ) -> QueryResult<()> {
        let is_stored = |hold: &&Reservation| loaded.holds.contains(&(hold.order, hold.product));
        let (stored, new): (Vec<&Reservation>, Vec<&Reservation>) =
            self.reservations.values().partition(is_stored);
        let rows: Vec<ReservationRow> = new.into_iter().map(ReservationRow::from).collect();
        insert!(connection, reservations, rows; order_id, product_id, quantity, state, expires_at);
        for hold in stored.into_iter().map(ReservationRow::from) {
            update!(connection, reservations, hold; state, expires_at where order_id, product_id)?;
        }
        Ok(())
    }
}
