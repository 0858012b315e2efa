use futures_util::future::{BoxFuture, join_all};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Statement};

use ordersystem_inventory::{Product, Reservation};
use ordersystem_shared_kernel::{Aggregate, Timestamp};

use super::failure::{Failure, is_refusal};
use super::session::Session;
use crate::batch::{Loaded, Record, split};
use crate::postgres::connection::chain;
use crate::rows::{
    DeliveryRow, DeliveryUpdate, LevelUpdate, LineRow, OrderRow, OrderUpdate, PaymentRow,
    ProductRow, ProductUpdate, RefundRow, ReservationRow, payment_rows,
};

/// How a transaction that was sent to its end ended, if it did not end well.
pub(super) enum CommitFailure {
    /// Nothing was written.
    Refused(Failure),
    /// Everything was written or nothing.
    Unanswered(String),
}

/// What a record becomes in each table that needs a row of its own for it.
struct Tables<'u> {
    orders: Vec<OrderRow>,
    lines: Vec<LineRow>,
    changed_orders: Vec<OrderUpdate>,
    payments: Vec<PaymentRow>,
    changed_payments: Vec<PaymentRow>,
    refunds: Vec<RefundRow>,
    deliveries: Vec<DeliveryRow>,
    changed_deliveries: Vec<DeliveryUpdate<'u>>,
    products: Vec<ProductRow>,
    changed_products: Vec<ProductUpdate<'u>>,
    levels: Vec<LevelUpdate>,
    reservations: Vec<ReservationRow>,
    changed_reservations: Vec<ReservationRow>,
}

impl<'u> Tables<'u> {
    fn of(record: &Record<'u>, loaded: &Loaded, now: Timestamp) -> Self {
        let (created, changed) = split(&record.orders);
        let (prepared, moved) = split(&record.deliveries);
        let (new_products, changed_products) = split(&record.products);
        let level = |product: &Product| record.levels.get(&product.id()).copied();
        let is_new = |product| record.products.get(product).is_some_and(|latest| latest.created);
        let old_levels = record.levels.iter().filter(|(product, _)| !is_new(*product));
        let is_stored = |hold: &&Reservation| loaded.holds.contains(&(hold.order, hold.product));
        let (resolved, made): (Vec<&Reservation>, Vec<&Reservation>) =
            record.reservations.values().partition(is_stored);
        let (changed_payments, payments) = payments_of(record, loaded);
        Self {
            orders: created.iter().map(|order| OrderRow::from(*order)).collect(),
            lines: created.iter().flat_map(|order| LineRow::all(order)).collect(),
            changed_orders: changed.into_iter().map(OrderUpdate::from).collect(),
            payments,
            changed_payments,
            refunds: record.refund_rows(),
            deliveries: prepared.into_iter().map(DeliveryRow::from).collect(),
            changed_deliveries: moved.into_iter().map(DeliveryUpdate::from).collect(),
            products: new_products
                .into_iter()
                .map(|product| ProductRow::new(product, level(product), now))
                .collect(),
            changed_products: changed_products.into_iter().map(ProductUpdate::from).collect(),
            levels: old_levels.map(|(_, level)| LevelUpdate::new(level, now)).collect(),
            reservations: made.into_iter().map(ReservationRow::from).collect(),
            changed_reservations: resolved.into_iter().map(ReservationRow::from).collect(),
        }
    }
}

/// The attempts that exist, then the new ones.
fn payments_of(record: &Record<'_>, loaded: &Loaded) -> (Vec<PaymentRow>, Vec<PaymentRow>) {
    let (mut changed, mut new) = (Vec::new(), Vec::new());
    for (order, payment) in &record.payments {
        let stored = loaded.attempts.get(order).copied().unwrap_or_default();
        let mut rows = payment_rows(payment.state);
        changed.extend(rows.by_ref().take(stored));
        new.extend(rows);
    }
    (changed, new)
}

type Parameter<'r> = Box<dyn ToSql + Sync + Send + 'r>;

/// The statements of one COMMIT with what they are given.
struct Script<'r>(Vec<(&'r Statement, Vec<Parameter<'r>>)>);

/// One array per column, unless there are no rows.
macro_rules! rows {
    ($script:ident, $statement:expr, $rows:expr; $($column:ident),+) => {
        if !$rows.is_empty() {
            let columns: Vec<Parameter<'_>> = vec![
                $(Box::new($rows.iter().map(|row| &row.$column).collect::<Vec<_>>())),+
            ];
            $script.0.push(($statement, columns));
        }
    };
}

/// Rows of a table with a unique key that rivals may insert as well go in the order of that key: two batches with crossing
/// keys would wait for each other.
fn script<'r>(session: &'r Session, record: &'r Record<'_>, tables: &'r Tables<'_>) -> Script<'r> {
    let sql = &session.statements;
    let mut script = Script(Vec::new());
    rows!(script, &sql.insert_inbox, record.inbox; consumer, event_id, at);
    rows!(script, &sql.insert_answers, record.requests;
        principal, route, key, fingerprint, answer, at);
    rows!(script, &sql.insert_orders, tables.orders;
        id, status, version, total, currency, line_count, placed_at, updated_at);
    rows!(script, &sql.insert_lines, tables.lines;
        order_id, position, product_id, name, unit_price, currency, quantity);
    rows!(script, &sql.update_orders, tables.changed_orders; id, status, version, updated_at);
    rows!(script, &sql.update_payments, tables.changed_payments;
        transaction_id, outcome, decided_at, version, reported_amount, reported_currency, tries,
        next_try_at);
    rows!(script, &sql.insert_payments, tables.payments;
        transaction_id, order_id, attempt, amount, currency, outcome, requested_at, decided_at,
        version, reported_amount, reported_currency, tries, next_try_at);
    rows!(script, &sql.insert_deliveries, tables.deliveries;
        id, order_id, courier, status, started_at, tracking_number, shipped_at,
        estimated_arrival, completed_at, cancelled_at, version);
    rows!(script, &sql.update_deliveries, tables.changed_deliveries;
        id, status, tracking_number, shipped_at, estimated_arrival, completed_at, cancelled_at,
        version);
    rows!(script, &sql.insert_products, tables.products;
        id, name, price, currency, managed, version, total_stock, reserved_stock, stock_version,
        moved_at);
    rows!(script, &sql.update_products, tables.changed_products;
        id, name, price, currency, version);
    rows!(script, &sql.update_levels, tables.levels;
        id, total_stock, reserved_stock, stock_version, moved_at);
    rows!(script, &sql.insert_reservations, tables.reservations;
        order_id, product_id, quantity, state, expires_at);
    rows!(script, &sql.update_reservations, tables.changed_reservations;
        order_id, product_id, state, expires_at);
    rows!(script, &sql.put_refunds, tables.refunds;
        order_id, number, transaction_id, amount, currency, reason, note, state, refusal, tries,
        next_try_at, owed_since, done_at);
    rows!(script, &sql.insert_history, record.history;
        order_id, version, from_status, to_status, cause, at, event_id);
    rows!(script, &sql.insert_ledger, record.ledger;
        product_id, version, kind, order_id, reason, delta_total, delta_reserved, total_after,
        reserved_after, at, event_id);
    rows!(script, &sql.insert_unpaid, record.unpaid; client, order_id, product_id);
    rows!(script, &sql.insert_outbox, record.outbox;
        event_id, topic, key, sequence, kind, payload, at, trace);
    script
}

/// Writes all of a record and commits: one round trip. The first statement that fails makes the server skip the others and
/// turn the COMMIT into a rollback.
pub(super) async fn write(
    session: &Session,
    record: &Record<'_>,
    loaded: &Loaded,
    now: Timestamp,
) -> Result<(), CommitFailure> {
    let tables = Tables::of(record, loaded, now);
    let script = script(session, record, &tables);
    let sent = script.0.iter().map(|(statement, columns)| {
        let parameters = columns.iter().map(|column| -> &(dyn ToSql + Sync) { &**column });
        let send: BoxFuture<'_, Result<(), Error>> =
            Box::pin(
                async move { session.client.execute_raw(*statement, parameters).await.map(drop) },
            );
        send
    });
    let commit: BoxFuture<'_, Result<(), Error>> = Box::pin(session.client.batch_execute("COMMIT"));
    // Each sends when it is polled first, which happens in this order.
    let answers = join_all(sent.chain([commit])).await;
    match answers.into_iter().find_map(Result::err) {
        None => Ok(()),
        Some(error) if is_refusal(&error) => Err(CommitFailure::Refused(error.into())),
        Some(error) => Err(CommitFailure::Unanswered(chain(&error))),
    }
}
