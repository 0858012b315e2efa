use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::sql_types::Text;

use ordersystem_application::{Needs, ReceiptKey, StoredAnswer};
use ordersystem_shared_kernel::{EventId, OrderId, ProductId, RequestKey, Version};

use crate::batch::Loaded;
use crate::rows::{AnswerRow, Micros, ProductRow, ReservationRow, UuidBytes, unpaid_states};
use crate::schema::{
    deliveries, idempotency_keys, inbox, orders, payments, products, reservations, unpaid_orders,
};

/// The longest list of one query: far below SQLite's limit of variables.
const LIST: usize = 1_000;

/// Reads everything that the units need; to be called inside the writing transaction.
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
    for list in lists(needs.orders.iter().map(|order| order.get())) {
        let rows = orders::table.filter(orders::id.eq_any(list));
        for (id, version) in rows.select((orders::id, orders::version)).load(connection)? {
            loaded.batch.put_order(OrderId::new(id), Version::new(version));
        }
    }
    Ok(())
}

fn load_payments(
    connection: &mut SqliteConnection,
    needs: &Needs,
    loaded: &mut Loaded,
) -> QueryResult<()> {
    let mut versions = BTreeMap::<OrderId, i64>::new();
    for list in lists(needs.payments.iter().map(|order| order.get())) {
        let rows = payments::table.filter(payments::order_id.eq_any(list));
        let rows = rows.select((payments::order_id, payments::version));
        for (order, version) in rows.load::<(i64, i64)>(connection)? {
            let order = OrderId::new(order);
            *loaded.attempts.entry(order).or_default() += 1;
            let newest = versions.entry(order).or_default();
            *newest = version.max(*newest);
        }
    }
    for (order, version) in versions {
        loaded.batch.put_payment(order, Version::new(version));
    }
    Ok(())
}

fn load_deliveries(
    connection: &mut SqliteConnection,
    needs: &Needs,
    loaded: &mut Loaded,
) -> QueryResult<()> {
    for list in lists(needs.deliveries.iter().map(|order| order.get())) {
        let rows = deliveries::table.filter(deliveries::order_id.eq_any(list));
        let rows = rows.select((deliveries::order_id, deliveries::version));
        for (order, version) in rows.load(connection)? {
            loaded.batch.put_delivery(OrderId::new(order), Version::new(version));
        }
    }
    Ok(())
}

fn load_products(
    connection: &mut SqliteConnection,
    needs: &Needs,
    loaded: &mut Loaded,
) -> QueryResult<()> {
    for list in lists(needs.products.iter().map(|product| product.get())) {
        let rows = products::table.filter(products::id.eq_any(list));
        for row in rows.select(ProductRow::as_select()).load(connection)? {
            loaded.batch.put_product(row.id(), row.version(), row.level());
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
    let owners: BTreeSet<_> = needs.reservations.iter().map(|(order, _)| order.get()).collect();
    for list in lists(owners.into_iter()) {
        let rows = reservations::table.filter(reservations::order_id.eq_any(list));
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

fn lists(ids: impl Iterator<Item = i64>) -> Vec<Vec<i64>> {
    let ids: Vec<i64> = ids.collect();
    ids.chunks(LIST).map(<[i64]>::to_vec).collect()
}
