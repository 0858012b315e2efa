use diesel::prelude::*;

use ordersystem_inventory::{Product, Reservation};
use ordersystem_shared_kernel::{Aggregate, Timestamp};

use crate::batch::{Loaded, Record, split};
use crate::rows::{
    DeliveryRow, DeliveryUpdate, LevelUpdate, LineRow, Micros, OrderRow, OrderUpdate,
    PaymentUpdate, ProductRow, ProductUpdate, ReservationRow, payment_rows,
};
use crate::schema::{
    deliveries, idempotency_keys, inbox, order_history, order_lines, orders, outbox, payments,
    products, refunds, reservations, stock_ledger, unpaid_orders,
};

/// Inserts through statements that stay prepared: eight rows at a time, then the rest one by one, which costs the writer a
/// quarter less than only one by one. A statement for any number of rows would be parsed anew for every batch.
macro_rules! insert_all {
    ($connection:expr, $table:expr, $rows:expr) => {
        let (eights, rest) = $rows.as_chunks::<8>();
        for rows in eights {
            diesel::insert_into($table).values(rows).execute($connection)?;
        }
        for row in rest {
            diesel::insert_into($table).values(row).execute($connection)?;
        }
    };
}

impl Record<'_> {
    /// Writes all of it; to be called inside the transaction in which `loaded` was read.
    pub(super) fn write(
        &self,
        connection: &mut SqliteConnection,
        loaded: &Loaded,
        now: Timestamp,
    ) -> QueryResult<()> {
        insert_all!(connection, inbox::table, self.inbox);
        insert_all!(connection, idempotency_keys::table, self.requests);
        self.write_orders(connection)?;
        self.write_payments(connection, loaded)?;
        self.write_deliveries(connection)?;
        self.write_products(connection, now)?;
        self.write_reservations(connection, loaded)?;
        for row in self.refund_rows() {
            diesel::replace_into(refunds::table).values(row).execute(connection)?;
        }
        insert_all!(connection, order_history::table, self.history);
        insert_all!(connection, stock_ledger::table, self.ledger);
        insert_all!(connection, unpaid_orders::table, self.unpaid);
        insert_all!(connection, outbox::table, self.outbox);
        Ok(())
    }

    fn write_orders(&self, connection: &mut SqliteConnection) -> QueryResult<()> {
        let (created, changed) = split(&self.orders);
        let rows: Vec<OrderRow> = created.iter().map(|order| OrderRow::from(*order)).collect();
        let lines: Vec<LineRow> = created.iter().flat_map(|order| LineRow::all(order)).collect();
        insert_all!(connection, orders::table, rows);
        insert_all!(connection, order_lines::table, lines);
        for order in changed {
            let order = OrderUpdate::from(order);
            exactly_one(diesel::update(&order).set(&order).execute(connection)?)?;
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
                let row = PaymentUpdate::from(&row);
                exactly_one(diesel::update(&row).set(&row).execute(connection)?)?;
            }
            new.extend(rows);
        }
        insert_all!(connection, payments::table, new);
        Ok(())
    }

    fn write_deliveries(&self, connection: &mut SqliteConnection) -> QueryResult<()> {
        let (created, changed) = split(&self.deliveries);
        let rows: Vec<DeliveryRow> = created.into_iter().map(DeliveryRow::from).collect();
        insert_all!(connection, deliveries::table, rows);
        for delivery in changed {
            let delivery = DeliveryUpdate::from(delivery);
            exactly_one(diesel::update(&delivery).set(&delivery).execute(connection)?)?;
        }
        Ok(())
    }

    fn write_products(&self, connection: &mut SqliteConnection, now: Timestamp) -> QueryResult<()> {
        let (created, changed) = split(&self.products);
        let level = |product: &Product| self.levels.get(&product.id()).copied();
        let rows: Vec<ProductRow> =
            created.iter().map(|product| ProductRow::new(product, level(product), now)).collect();
        insert_all!(connection, products::table, rows);
        for product in changed {
            let product = ProductUpdate::from(product);
            exactly_one(diesel::update(&product).set(&product).execute(connection)?)?;
        }
        let is_new = |product| self.products.get(product).is_some_and(|latest| latest.created);
        for (_, level) in self.levels.iter().filter(|(product, _)| !is_new(*product)) {
            let level = LevelUpdate::new(level, now);
            exactly_one(diesel::update(&level).set(&level).execute(connection)?)?;
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
        insert_all!(connection, reservations::table, rows);
        for hold in stored {
            let row = reservations::table.find((hold.order.get(), hold.product.get()));
            let state = reservations::state.eq(hold.state.as_str());
            let row = diesel::update(row)
                .set((state, reservations::expires_at.eq(Micros(hold.expires_at))));
            exactly_one(row.execute(connection)?)?;
        }
        Ok(())
    }
}

/// The row was loaded by the same transaction: anything but one means that this program is wrong.
fn exactly_one(rows: usize) -> QueryResult<()> {
    if rows == 1 { Ok(()) } else { Err(diesel::result::Error::NotFound) }
}
