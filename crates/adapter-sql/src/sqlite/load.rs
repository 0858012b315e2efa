use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::Text;

use ordersystem_application::{Needs, ReceiptKey, StoredAnswer};
use ordersystem_shared_kernel::{EventId, OrderId, ProductId, RequestKey, Version};

use crate::batch::Loaded;
use crate::rows::{AnswerRow, Micros, ReservationRow, UuidBytes, VersionRow, unpaid_states};
use crate::schema::{
    deliveries, idempotency_keys, inbox, orders, payments, products, reservations, unpaid_orders,
};

/// Reads everything that the units need, row by row: a statement for one row stays prepared, one for a list of them does not.
/// To be called inside the writing transaction.
pub(super) fn load(connection: &mut SqliteConnection, needs: &Needs) -> QueryResult<Loaded> {
    let mut loaded = Loaded::default();
    load_receipts(connection, needs, &mut loaded)?;
    load_orders(connection, needs, &mut loaded)?;
    load_payments(connection, needs, &mut loaded)?;
    load_deliveries(connection, needs, &mut loaded)?;
    load_products(connection, needs, &mut loaded)?;
    load_reservations(connection, needs, &mut loaded)?;
    load_unpaid(connection, needs, &mut loaded)?;
    Ok(loaded)
}

fn load_receipts(
    connection: &mut SqliteConnection,
    needs: &Needs,
    loaded: &mut Loaded,
) -> QueryResult<()> {
    for key in &needs.receipts {
        let found = match key {
            ReceiptKey::Event(consumer, event) => {
                is_handled(connection, consumer, *event)?.then_some(None)
            }
            ReceiptKey::Request(request) => answer(connection, request)?.map(Some),
        };
        if let Some(answer) = found {
            loaded.batch.put_receipt(key.clone(), answer);
        }
    }
    Ok(())
}

fn is_handled(
    connection: &mut SqliteConnection,
    consumer: &str,
    event: EventId,
) -> QueryResult<bool> {
    let row = inbox::table.find((consumer, UuidBytes(event.get())));
    Ok(row.select(inbox::at).first::<Micros>(connection).optional()?.is_some())
}

/// What was answered to a request.
pub(super) fn answer(
    connection: &mut SqliteConnection,
    key: &RequestKey,
) -> QueryResult<Option<StoredAnswer>> {
    let row = idempotency_keys::table.find((&key.principal, &key.route, &key.key));
    let row = row.select(AnswerRow::as_select()).first(connection).optional()?;
    row.map(AnswerRow::restore).transpose()
}

fn load_orders(
    connection: &mut SqliteConnection,
    needs: &Needs,
    loaded: &mut Loaded,
) -> QueryResult<()> {
    for order in &needs.orders {
        let version = orders::table.find(order.get()).select(orders::version);
        if let Some(version) = version.get_result(connection).optional()? {
            loaded.batch.put_order(*order, Version::new(version));
        }
    }
    Ok(())
}

/// A payment is as new as the newest of its attempts.
fn load_payments(
    connection: &mut SqliteConnection,
    needs: &Needs,
    loaded: &mut Loaded,
) -> QueryResult<()> {
    for order in &needs.payments {
        let attempts = payments::table.filter(payments::order_id.eq(order.get()));
        let versions: Vec<i64> = attempts.select(payments::version).load(connection)?;
        if let Some(newest) = versions.iter().max() {
            loaded.attempts.insert(*order, versions.len());
            loaded.batch.put_payment(*order, Version::new(*newest));
        }
    }
    Ok(())
}

fn load_deliveries(
    connection: &mut SqliteConnection,
    needs: &Needs,
    loaded: &mut Loaded,
) -> QueryResult<()> {
    for order in &needs.deliveries {
        let delivery = deliveries::table.filter(deliveries::order_id.eq(order.get()));
        let version = delivery.select(deliveries::version).get_result(connection);
        if let Some(version) = version.optional()? {
            loaded.batch.put_delivery(*order, Version::new(version));
        }
    }
    Ok(())
}

fn load_products(
    connection: &mut SqliteConnection,
    needs: &Needs,
    loaded: &mut Loaded,
) -> QueryResult<()> {
    for product in &needs.products {
        let row = products::table.find(product.get()).select(VersionRow::as_select());
        if let Some(row) = row.get_result(connection).optional()? {
            loaded.batch.put_product(*product, row.version(), row.level(*product));
        }
    }
    Ok(())
}

/// Loads all holds of the orders: few more than those that are needed.
fn load_reservations(
    connection: &mut SqliteConnection,
    needs: &Needs,
    loaded: &mut Loaded,
) -> QueryResult<()> {
    let owners: BTreeSet<OrderId> = needs.reservations.iter().map(|(order, _)| *order).collect();
    for owner in owners {
        let rows = reservations::table.filter(reservations::order_id.eq(owner.get()));
        for row in rows.select(ReservationRow::as_select()).load(connection)? {
            let hold = row.restore()?;
            loaded.holds.insert((hold.order, hold.product));
            loaded.batch.put_reservation(hold);
        }
    }
    Ok(())
}

/// What was paid or cancelled meanwhile does not count and is not needed any more.
const NO_LONGER_UNPAID: &str = concat!(
    "DELETE FROM unpaid_orders WHERE client = ? AND order_id NOT IN (
    SELECT id FROM orders WHERE id = order_id AND status IN ",
    unpaid_states!(),
    ")"
);

fn load_unpaid(
    connection: &mut SqliteConnection,
    needs: &Needs,
    loaded: &mut Loaded,
) -> QueryResult<()> {
    for client in &needs.accounts {
        diesel::sql_query(NO_LONGER_UNPAID).bind::<Text, _>(client).execute(connection)?;
        let rows = unpaid_orders::table.filter(unpaid_orders::client.eq(client));
        let rows = rows.select((unpaid_orders::order_id, unpaid_orders::product_id));
        for (order, product) in rows.load::<(i64, i64)>(connection)? {
            loaded.batch.put_unpaid(client, OrderId::new(order), ProductId::new(product));
        }
    }
    Ok(())
}
