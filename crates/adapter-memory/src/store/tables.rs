use std::collections::{BTreeMap, BTreeSet};

use ordersystem_application::{
    Accepted, Batch, CommitError, DeadLetter, HistoryEntry, Needs, OutboxMessage, ReceiptKey,
    StoredAnswer, UnitOfWork,
};
use ordersystem_delivery::Delivery;
use ordersystem_inventory::{LedgerEntry, Product, Reservation, StockLevel, Stocking};
use ordersystem_order::{Order, OrderEvent, OrderStatus};
use ordersystem_payment::Payment;
use ordersystem_shared_kernel::{
    Aggregate, Change, OrderId, ProductId, Receipt, RequestKey, Timestamp,
};

use super::agenda::Agenda;

/// Everything that a database would keep, one map per table.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) orders: BTreeMap<OrderId, Order>,
    pub(super) payments: BTreeMap<OrderId, Payment>,
    pub(super) deliveries: BTreeMap<OrderId, Delivery>,
    pub(super) products: BTreeMap<ProductId, Product>,
    pub(super) levels: BTreeMap<ProductId, StockLevel>,
    pub(super) reservations: BTreeMap<(OrderId, ProductId), Reservation>,
    pub(super) ledger: BTreeMap<ProductId, Vec<LedgerEntry>>,
    pub(super) history: BTreeMap<OrderId, Vec<HistoryEntry>>,
    pub(super) receipts: BTreeMap<ReceiptKey, StoredReceipt>,
    /// Who placed orders of which only so many may be unpaid, and their products.
    unpaid: BTreeMap<String, BTreeSet<(OrderId, ProductId)>>,
    pub(super) outbox: BTreeMap<i64, StoredMessage>,
    /// The positions in `outbox` that wait for the relay.
    pub(super) unpublished: BTreeSet<i64>,
    pub(super) agenda: Agenda,
    pub(super) dead_letters: BTreeMap<i64, DeadLetter>,
    /// How often the epoch of the stock versions was raised.
    pub(super) raised_epochs: i64,
    pub(super) last_order: i64,
    pub(super) last_delivery: i64,
    pub(super) last_product: i64,
    last_position: i64,
}

/// A row of the inbox, or of the idempotency keys when it has an answer.
#[derive(Debug)]
pub(super) struct StoredReceipt {
    pub(super) answer: Option<StoredAnswer>,
    pub(super) at: Timestamp,
}

/// A row of the outbox.
#[derive(Debug)]
pub(super) struct StoredMessage {
    pub(super) message: OutboxMessage,
    pub(super) published_at: Option<Timestamp>,
}

impl Tables {
    /// Decides one unit on exactly the rows that it needs, and writes all of it or nothing.
    pub(super) fn commit(
        &mut self,
        unit: UnitOfWork,
        now: Timestamp,
    ) -> Result<Accepted, CommitError> {
        let mut needs = Needs::default();
        needs.add(&unit);
        let accepted = self.load(&needs).decide(&unit)?;
        self.write(unit, &accepted, now);
        Ok(accepted)
    }

    pub(super) fn reservations_of(&self, order: OrderId) -> impl Iterator<Item = &Reservation> {
        let first = (order, ProductId::new(i64::MIN));
        let last = (order, ProductId::new(i64::MAX));
        self.reservations.range(first..=last).map(|(_, reservation)| reservation)
    }

    pub(super) fn answer(&self, key: &RequestKey) -> Option<StoredAnswer> {
        self.receipts.get(&ReceiptKey::Request(key.clone()))?.answer.clone()
    }

    fn load(&self, needs: &Needs) -> Batch {
        let mut batch = Batch::default();
        for (key, receipt) in
            needs.receipts.iter().filter_map(|key| self.receipts.get_key_value(key))
        {
            batch.put_receipt(key.clone(), receipt.answer.clone());
        }
        for order in needs.orders.iter().filter_map(|id| self.orders.get(id)) {
            batch.put_order(order.id(), order.version());
        }
        for payment in needs.payments.iter().filter_map(|order| self.payments.get(order)) {
            batch.put_payment(payment.id(), payment.version());
        }
        for delivery in needs.deliveries.iter().filter_map(|order| self.deliveries.get(order)) {
            batch.put_delivery(delivery.order(), delivery.version());
        }
        for product in needs.products.iter().filter_map(|id| self.products.get(id)) {
            let level = self.levels.get(&product.id()).copied();
            batch.put_product(product.id(), product.version(), level);
        }
        for client in &needs.accounts {
            let unpaid = self.unpaid.get(client).into_iter().flatten();
            for (order, product) in unpaid.filter(|(order, _)| self.is_unpaid(*order)) {
                batch.put_unpaid(client, *order, *product);
            }
        }
        for hold in needs.reservations.iter().filter_map(|key| self.reservations.get(key)) {
            batch.put_reservation(*hold);
        }
        batch
    }

    fn is_unpaid(&self, order: OrderId) -> bool {
        self.orders.get(&order).is_some_and(is_unpaid)
    }

    /// Forgets whose the orders were that were placed before then and are paid or cancelled; says how many products they had.
    pub(super) fn forget_paid(&mut self, before: Timestamp) -> usize {
        let Self { orders, unpaid, .. } = self;
        let is_old = |order: &Order| order.placed_at() < before && !is_unpaid(order);
        let mut forgotten = 0;
        unpaid.retain(|_, of_client| {
            let all = of_client.len();
            of_client.retain(|(order, _)| !orders.get(order).is_some_and(is_old));
            forgotten += all - of_client.len();
            !of_client.is_empty()
        });
        forgotten
    }

    fn write(&mut self, unit: UnitOfWork, accepted: &Accepted, now: Timestamp) {
        if let Some(account) = &unit.account {
            self.unpaid.entry(account.client.clone()).or_default().extend(unit.placed());
        }
        unit.cause.into_iter().for_each(|cause| self.write_receipt(cause, now));
        unit.orders.into_iter().for_each(|change| self.write_order(change));
        unit.payments.into_iter().for_each(|change| self.write_payment(change.state().clone()));
        unit.deliveries.into_iter().for_each(|change| self.write_delivery(change.state().clone()));
        unit.products.into_iter().for_each(|change| self.write_product(change.state().clone()));
        self.write_stock(accepted);
        for message in &accepted.messages {
            self.last_position += 1;
            let row = StoredMessage { message: message.clone(), published_at: None };
            self.outbox.insert(self.last_position, row);
            self.unpublished.insert(self.last_position);
        }
    }

    fn write_receipt(&mut self, cause: Receipt, at: Timestamp) {
        let key = ReceiptKey::from(&cause);
        let answer = match cause {
            Receipt::Event { .. } => None,
            Receipt::Request { fingerprint, answer, .. } => {
                Some(StoredAnswer { fingerprint, answer })
            }
        };
        self.receipts.insert(key, StoredReceipt { answer, at });
    }

    fn write_order(&mut self, change: Change<Order>) {
        let order = change.state();
        self.history.entry(order.id()).or_default().extend(change.events().iter().map(entry));
        self.agenda.order(self.orders.get(&order.id()), order);
        self.orders.insert(order.id(), order.clone());
    }

    fn write_payment(&mut self, payment: Payment) {
        self.agenda.payment(self.payments.get(&payment.id()), &payment);
        self.payments.insert(payment.id(), payment);
    }

    fn write_delivery(&mut self, delivery: Delivery) {
        self.agenda.delivery(self.deliveries.get(&delivery.order()), &delivery);
        self.deliveries.insert(delivery.order(), delivery);
    }

    fn write_product(&mut self, product: Product) {
        if product.stocking() == Stocking::Managed {
            self.levels.entry(product.id()).or_insert_with(|| StockLevel::empty(product.id()));
        }
        self.products.insert(product.id(), product);
    }

    fn write_stock(&mut self, accepted: &Accepted) {
        for level in &accepted.levels {
            self.levels.insert(level.product, *level);
        }
        for entry in &accepted.booked.ledger {
            self.ledger.entry(entry.product).or_default().push(entry.clone());
        }
        for hold in &accepted.booked.reservations {
            let key = (hold.order, hold.product);
            self.agenda.reservation(self.reservations.get(&key), hold);
            self.reservations.insert(key, *hold);
        }
    }
}

const fn entry(event: &OrderEvent) -> HistoryEntry {
    HistoryEntry {
        version: event.version,
        from: event.from,
        to: event.status,
        cause: event.cause,
        at: event.at,
        event: event.id,
    }
}

const fn is_unpaid(order: &Order) -> bool {
    use OrderStatus::{Created, PaymentFailed, PaymentRequested};
    matches!(order.status(), Created | PaymentRequested | PaymentFailed)
}
