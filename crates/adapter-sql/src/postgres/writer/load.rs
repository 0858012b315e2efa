use std::collections::{BTreeMap, BTreeSet};

use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row, Statement};
use uuid::Uuid;

use ordersystem_application::{Needs, ReceiptKey, UnitOfWork};
use ordersystem_inventory::StockLevel;
use ordersystem_shared_kernel::{EventId, OrderId, ProductId, RequestKey, Version};

use super::failure::Failure;
use super::session::Session;
use crate::batch::Loaded;
use crate::rows::{AnswerRow, ReservationRow};

/// What a batch was decided on, and in which transaction.
pub(super) struct Begun {
    pub(super) loaded: Loaded,
    /// As PostgreSQL numbers it, to ask for its fate later.
    pub(super) transaction: String,
}

/// What the statements are given; an empty list is not asked for.
#[derive(Default)]
struct Wanted {
    locked_orders: Vec<i64>,
    products: Vec<i64>,
    changes_products: bool,
    consumers: Vec<&'static str>,
    events: Vec<Uuid>,
    requests: Vec<RequestKey>,
    payments: Vec<i64>,
    deliveries: Vec<i64>,
    held_orders: Vec<i64>,
    accounts: Vec<String>,
}

impl Wanted {
    fn of(units: &[UnitOfWork]) -> Self {
        let mut needs = Needs::default();
        units.iter().for_each(|unit| needs.add(unit));
        let owners: BTreeSet<OrderId> =
            needs.reservations.iter().map(|(order, _)| *order).collect();
        let orders = [&needs.orders, &needs.payments, &needs.deliveries, &owners];
        let orders: BTreeSet<i64> = orders.into_iter().flatten().map(|order| order.get()).collect();
        let mut wanted = Self {
            locked_orders: orders.into_iter().collect(),
            products: needs.products.iter().map(|product| product.get()).collect(),
            changes_products: units.iter().any(|unit| !unit.products.is_empty()),
            payments: needs.payments.iter().map(|order| order.get()).collect(),
            deliveries: needs.deliveries.iter().map(|order| order.get()).collect(),
            held_orders: owners.iter().map(|order| order.get()).collect(),
            ..Self::default()
        };
        wanted.accounts = needs.accounts.into_iter().collect();
        needs.receipts.into_iter().for_each(|receipt| wanted.add_receipt(receipt));
        wanted
    }

    fn add_receipt(&mut self, receipt: ReceiptKey) {
        match receipt {
            ReceiptKey::Event(consumer, event) => {
                self.consumers.push(consumer);
                self.events.push(event.get());
            }
            ReceiptKey::Request(key) => self.requests.push(key),
        }
    }
}

/// How long a batch waits for a lock that somebody else holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// As long as the session says.
    Usual,
    /// Hardly: others wait behind it.
    Short,
}

impl Patience {
    const fn begin(self) -> &'static str {
        match self {
            Self::Usual => "BEGIN",
            Self::Short => "BEGIN; SET LOCAL lock_timeout = '100ms'",
        }
    }
}

/// Begins a transaction, takes the locks and reads everything that the units need: one round trip.
pub(super) async fn begin(
    session: &Session,
    units: &[UnitOfWork],
    patience: Patience,
) -> Result<Begun, Failure> {
    let wanted = Wanted::of(units);
    let answers = ask(session, &wanted, patience).await?;
    let mut loaded = Loaded::default();
    answers.put(&wanted, &mut loaded).map_err(|error| Failure::Job(error.to_string()))?;
    Ok(Begun { loaded, transaction: answers.transaction })
}

struct Answers {
    transaction: String,
    orders: Vec<Row>,
    managed: Vec<Row>,
    unlimited: Vec<Row>,
    events: Vec<Row>,
    requests: Vec<Row>,
    payments: Vec<Row>,
    deliveries: Vec<Row>,
    reservations: Vec<Row>,
    unpaid: Vec<Row>,
}

/// Polled in the order in which they are written, which is the order in which they are sent and answered.
async fn ask(session: &Session, wanted: &Wanted, patience: Patience) -> Result<Answers, Failure> {
    let sql = &session.statements;
    let unlimited =
        if wanted.changes_products { &sql.lock_unlimited } else { &sql.share_unlimited };
    let principals: Vec<&str> = wanted.requests.iter().map(|key| &*key.principal).collect();
    let routes: Vec<&str> = wanted.requests.iter().map(|key| &*key.route).collect();
    let keys: Vec<&str> = wanted.requests.iter().map(|key| &*key.key).collect();
    let events: [&(dyn ToSql + Sync); 2] = [&wanted.consumers, &wanted.events];
    let requests: [&(dyn ToSql + Sync); 3] = [&principals, &routes, &keys];
    let accounts: [&(dyn ToSql + Sync); 1] = [&wanted.accounts];
    let all = tokio::join!(
        biased;
        session.client.batch_execute(patience.begin()),
        session.client.query_one(&sql.transaction, &[]),
        list(session, &sql.lock_orders, &wanted.locked_orders),
        list(session, &sql.lock_managed, &wanted.products),
        list(session, unlimited, &wanted.products),
        rows(session, &sql.handled_events, &events, wanted.events.len()),
        rows(session, &sql.answers, &requests, keys.len()),
        list(session, &sql.payments, &wanted.payments),
        list(session, &sql.deliveries, &wanted.deliveries),
        list(session, &sql.reservations, &wanted.held_orders),
        rows(session, &sql.lock_accounts, &accounts, wanted.accounts.len()),
        rows(session, &sql.forget_paid, &accounts, wanted.accounts.len()),
        rows(session, &sql.unpaid, &accounts, wanted.accounts.len()),
    );
    let (begun, transaction, orders, managed, unlimited, events, requests, ..) = all;
    begun?;
    all.10?;
    all.11?;
    Ok(Answers {
        transaction: transaction?.get(0),
        orders: orders?,
        managed: managed?,
        unlimited: unlimited?,
        events: events?,
        requests: requests?,
        payments: all.7?,
        deliveries: all.8?,
        reservations: all.9?,
        unpaid: all.12?,
    })
}

async fn list(session: &Session, sql: &Statement, ids: &[i64]) -> Result<Vec<Row>, Error> {
    rows(session, sql, &[&ids], ids.len()).await
}

async fn rows(
    session: &Session,
    sql: &Statement,
    parameters: &[&(dyn ToSql + Sync)],
    wanted: usize,
) -> Result<Vec<Row>, Error> {
    if wanted == 0 { Ok(Vec::new()) } else { session.client.query(sql, parameters).await }
}

impl Answers {
    fn put(&self, wanted: &Wanted, loaded: &mut Loaded) -> Result<(), diesel::result::Error> {
        for row in &self.orders {
            loaded.batch.put_order(OrderId::new(row.get(0)), Version::new(row.get(1)));
        }
        for row in &self.managed {
            let level = StockLevel {
                product: ProductId::new(row.get(0)),
                total: row.get(2),
                reserved: row.get(3),
                version: Version::new(row.get(4)),
            };
            loaded.batch.put_product(level.product, Version::new(row.get(1)), Some(level));
        }
        for row in &self.unlimited {
            let id = ProductId::new(row.get(0));
            loaded.batch.put_product(id, Version::new(row.get(1)), None);
        }
        self.put_payments(loaded);
        for row in &self.deliveries {
            loaded.batch.put_delivery(OrderId::new(row.get(0)), Version::new(row.get(1)));
        }
        for row in &self.unpaid {
            let (order, product) = (OrderId::new(row.get(1)), ProductId::new(row.get(2)));
            loaded.batch.put_unpaid(row.get(0), order, product);
        }
        self.put_reservations(loaded)?;
        self.put_receipts(wanted, loaded)
    }

    /// A payment is as new as the newest of its attempts.
    fn put_payments(&self, loaded: &mut Loaded) {
        let mut versions = BTreeMap::<OrderId, i64>::new();
        for row in &self.payments {
            let (order, version): (_, i64) = (OrderId::new(row.get(0)), row.get(1));
            *loaded.attempts.entry(order).or_default() += 1;
            let newest = versions.entry(order).or_default();
            *newest = version.max(*newest);
        }
        for (order, version) in versions {
            loaded.batch.put_payment(order, Version::new(version));
        }
    }

    fn put_reservations(&self, loaded: &mut Loaded) -> Result<(), diesel::result::Error> {
        for row in &self.reservations {
            let hold = ReservationRow {
                order_id: row.get(0),
                product_id: row.get(1),
                quantity: row.get(2),
                state: row.get::<_, String>(3).into(),
                expires_at: row.get(4),
            };
            let hold = hold.restore()?;
            loaded.holds.insert((hold.order, hold.product));
            loaded.batch.put_reservation(hold);
        }
        Ok(())
    }

    fn put_receipts(
        &self,
        wanted: &Wanted,
        loaded: &mut Loaded,
    ) -> Result<(), diesel::result::Error> {
        for row in &self.events {
            let (name, event): (&str, Uuid) = (row.get(0), row.get(1));
            // The name that came back is one of those that were asked for.
            let Some(consumer) = wanted.consumers.iter().find(|consumer| **consumer == name) else {
                continue;
            };
            loaded.batch.put_receipt(ReceiptKey::Event(consumer, EventId::new(event)), None);
        }
        for row in &self.requests {
            let key = RequestKey { principal: row.get(0), route: row.get(1), key: row.get(2) };
            let answer = AnswerRow { fingerprint: row.get(3), answer: row.get(4) }.restore()?;
            loaded.batch.put_receipt(ReceiptKey::Request(key), Some(answer));
        }
        Ok(())
    }
}
