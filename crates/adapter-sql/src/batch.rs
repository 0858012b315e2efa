//! What a batch is decided on and what it writes, in either database.

use std::collections::{BTreeMap, BTreeSet};

use ordersystem_application::{Accepted, Batch, UnitOfWork};
use ordersystem_delivery::Delivery;
use ordersystem_inventory::{Product, Reservation, StockLevel};
use ordersystem_order::Order;
use ordersystem_payment::Payment;
use ordersystem_shared_kernel::{
    Aggregate, Change, Expected, OrderId, ProductId, Receipt, Timestamp,
};

use crate::rows::{
    HistoryRow, InboxRow, LedgerRow, NewOutboxRow, RefundRow, RequestRow, UnpaidRow,
};

/// What a batch is decided on, and which of its rows exist already.
#[derive(Default)]
pub(crate) struct Loaded {
    pub(crate) batch: Batch,
    /// How many attempts a payment has.
    pub(crate) attempts: BTreeMap<OrderId, usize>,
    pub(crate) holds: BTreeSet<(OrderId, ProductId)>,
}

/// Everything that the accepted units of one batch write: what several of them change is written once, in its last state.
#[derive(Default)]
pub(crate) struct Record<'u> {
    pub(crate) orders: BTreeMap<OrderId, Latest<'u, Order>>,
    pub(crate) payments: BTreeMap<OrderId, Latest<'u, Payment>>,
    pub(crate) deliveries: BTreeMap<OrderId, Latest<'u, Delivery>>,
    pub(crate) products: BTreeMap<ProductId, Latest<'u, Product>>,
    pub(crate) levels: BTreeMap<ProductId, StockLevel>,
    pub(crate) reservations: BTreeMap<(OrderId, ProductId), Reservation>,
    pub(crate) ledger: Vec<LedgerRow>,
    pub(crate) history: Vec<HistoryRow>,
    /// Those that were owed or moved on, by number.
    refunds: BTreeSet<(OrderId, u32)>,
    pub(crate) inbox: Vec<InboxRow>,
    pub(crate) requests: Vec<RequestRow>,
    pub(crate) unpaid: Vec<UnpaidRow>,
    pub(crate) outbox: Vec<NewOutboxRow>,
}

/// The state after the last change in the batch.
pub(crate) struct Latest<'u, A> {
    pub(crate) state: &'u A,
    /// Whether the batch itself made it.
    pub(crate) created: bool,
}

impl<'u> Record<'u> {
    /// Adds what an accepted unit brought about.
    pub(crate) fn add(&mut self, unit: &'u UnitOfWork, accepted: Accepted, now: Timestamp) {
        keep_latest(&mut self.orders, &unit.orders, Aggregate::id);
        keep_latest(&mut self.payments, &unit.payments, Aggregate::id);
        keep_latest(&mut self.deliveries, &unit.deliveries, Delivery::order);
        keep_latest(&mut self.products, &unit.products, Aggregate::id);
        let events = unit.orders.iter().flat_map(|change| change.events());
        self.history.extend(events.map(HistoryRow::from));
        let money = unit.payments.iter().flat_map(|change| change.events());
        self.refunds.extend(money.filter_map(|event| Some((event.order, event.kind.refund()?))));
        self.levels.extend(accepted.levels.iter().map(|level| (level.product, *level)));
        let holds = accepted.booked.reservations.into_iter();
        self.reservations.extend(holds.map(|hold| ((hold.order, hold.product), hold)));
        self.ledger.extend(accepted.booked.ledger.into_iter().map(LedgerRow::from));
        self.outbox.extend(accepted.messages.into_iter().map(NewOutboxRow::from));
        if let Some(account) = &unit.account {
            self.unpaid.extend(unit.placed().map(|line| UnpaidRow::new(&account.client, line)));
        }
        self.add_receipt(unit.cause.as_ref(), now);
    }

    fn add_receipt(&mut self, receipt: Option<&'u Receipt>, now: Timestamp) {
        match receipt {
            Some(Receipt::Event { consumer, event }) => {
                self.inbox.push(InboxRow::new(consumer, *event, now));
            }
            Some(Receipt::Request { key, fingerprint, answer }) => {
                self.requests.push(RequestRow::new(key, fingerprint, answer, now));
            }
            None => {}
        }
    }

    /// The refunds that were owed or moved on, in the order of their keys.
    pub(crate) fn refund_rows(&self) -> Vec<RefundRow> {
        let rows = self.refunds.iter().filter_map(|(order, number)| {
            let payment = self.payments.get(order)?.state;
            Some(RefundRow::new(payment, payment.refund_number(*number)?))
        });
        rows.collect()
    }

    /// In the order of their keys: two transactions that insert the same ones must not wait for each other.
    pub(crate) fn sort_receipts(&mut self) {
        self.inbox.sort_unstable_by_key(|row| (row.consumer, row.event_id.0));
        let key = |row: &RequestRow| (row.principal.clone(), row.route.clone(), row.key.clone());
        self.requests.sort_by_cached_key(key);
    }

    /// Whether there is anything to publish.
    pub(crate) const fn has_messages(&self) -> bool {
        !self.outbox.is_empty()
    }
}

fn keep_latest<'u, K: Ord, A: Aggregate>(
    latest: &mut BTreeMap<K, Latest<'u, A>>,
    changes: &'u [Change<A>],
    key: impl Fn(&A) -> K,
) {
    for change in changes {
        let state = change.state();
        if change.expected() == Expected::At(state.version()) {
            // A verb found nothing to do.
            continue;
        }
        let created = change.expected() == Expected::Absent;
        let entry = latest.entry(key(state)).or_insert(Latest { state, created });
        entry.state = state;
    }
}

/// What must be inserted, what must be updated.
pub(crate) fn split<'u, K, A>(latest: &BTreeMap<K, Latest<'u, A>>) -> (Vec<&'u A>, Vec<&'u A>) {
    let (created, changed): (Vec<_>, Vec<_>) = latest.values().partition(|latest| latest.created);
    let states = |list: Vec<&Latest<'u, A>>| list.into_iter().map(|latest| latest.state).collect();
    (states(created), states(changed))
}
