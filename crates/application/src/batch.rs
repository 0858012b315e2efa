use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use ordersystem_inventory::{Booked, Reservation, StockBook, StockError, StockLevel, Stocking};
use ordersystem_shared_kernel::{
    Aggregate, Bug, EventId, Expected, OrderId, ProductId, Receipt, RequestKey, Version, seeded,
};

use crate::outbox::{OutboxMessage, messages};
use crate::{CommitError, StoredAnswer, UnitOfWork};

/// What identifies a [`Receipt`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReceiptKey {
    /// A row of the inbox.
    Event(&'static str, EventId),
    /// A row of the idempotency keys.
    Request(RequestKey),
}

impl From<&Receipt> for ReceiptKey {
    fn from(receipt: &Receipt) -> Self {
        match receipt {
            Receipt::Event { consumer, event } => Self::Event(consumer, *event),
            Receipt::Request { key, .. } => Self::Request(key.clone()),
        }
    }
}

/// The rows that must be loaded, and locked in ascending order, before a batch of units can be decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Receipts that may exist already.
    pub receipts: BTreeSet<ReceiptKey>,
    /// Orders whose version is checked.
    pub orders: BTreeSet<OrderId>,
    /// Payments, by their order.
    pub payments: BTreeSet<OrderId>,
    /// Deliveries, by their order.
    pub deliveries: BTreeSet<OrderId>,
    /// Products whose version or stock is checked.
    pub products: BTreeSet<ProductId>,
    /// Who places orders of which only so many may be unpaid; nobody else may place any for them meanwhile.
    pub accounts: BTreeSet<String>,
    /// Holds, by order and product.
    pub reservations: BTreeSet<(OrderId, ProductId)>,
}

impl Needs {
    /// Adds what one more unit needs.
    pub fn add(&mut self, unit: &UnitOfWork) {
        self.receipts.extend(unit.cause.as_ref().map(ReceiptKey::from));
        self.orders.extend(unit.orders.iter().map(|change| change.state().id()));
        self.payments.extend(unit.payments.iter().map(|change| change.state().id()));
        self.deliveries.extend(unit.deliveries.iter().map(|change| change.state().order()));
        self.products.extend(unit.products.iter().map(|change| change.state().id()));
        self.accounts.extend(unit.account.iter().map(|account| account.client.clone()));
        self.products.extend(unit.quotes.iter().map(|(product, _)| *product));
        for movement in &unit.stock {
            self.products.insert(movement.product);
            self.reservations.extend(movement.kind.order().map(|order| (order, movement.product)));
        }
        let extended = unit.extensions.iter().map(|extension| (extension.order, extension.product));
        self.reservations.extend(extended);
    }
}

/// The loaded rows of a batch. Units are decided one after another in the order of their arrival, each seeing what the
/// accepted ones before it did; a refused unit leaves no trace. Every store runs exactly this code.
#[derive(Debug, Default)]
pub struct Batch {
    receipts: BTreeMap<ReceiptKey, Option<StoredAnswer>>,
    orders: BTreeMap<OrderId, Version>,
    payments: BTreeMap<OrderId, Version>,
    deliveries: BTreeMap<OrderId, Version>,
    products: BTreeMap<ProductId, Version>,
    unpaid: BTreeMap<String, BTreeSet<(OrderId, ProductId)>>,
    book: StockBook,
}

/// What a store must write for an accepted unit besides the aggregates that the unit itself carries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Ledger rows and holds.
    pub booked: Booked,
    /// The levels after the unit, one per managed product that it moved.
    pub levels: Vec<StockLevel>,
    /// In the order in which they must be published.
    pub messages: Vec<OutboxMessage>,
}

impl Batch {
    /// Adds a receipt that exists; `answer` for requests.
    pub fn put_receipt(&mut self, key: ReceiptKey, answer: Option<StoredAnswer>) {
        self.receipts.insert(key, answer);
    }

    /// Adds an order that exists.
    pub fn put_order(&mut self, order: OrderId, version: Version) {
        self.orders.insert(order, version);
    }

    /// Adds a payment that exists.
    pub fn put_payment(&mut self, order: OrderId, version: Version) {
        self.payments.insert(order, version);
    }

    /// Adds a delivery that exists.
    pub fn put_delivery(&mut self, order: OrderId, version: Version) {
        self.deliveries.insert(order, version);
    }

    /// Adds a product that exists; `level` unless its stock is unlimited.
    pub fn put_product(&mut self, product: ProductId, version: Version, level: Option<StockLevel>) {
        self.products.insert(product, version);
        match level {
            Some(level) => self.book.put_level(level),
            None => self.book.put_unmanaged(product),
        }
    }

    /// Adds a hold that exists.
    pub fn put_reservation(&mut self, reservation: Reservation) {
        self.book.put_reservation(reservation);
    }

    /// Adds one product in one open, unpaid order of an account.
    pub fn put_unpaid(&mut self, client: &str, order: OrderId, product: ProductId) {
        self.unpaid.entry(client.to_owned()).or_default().insert((order, product));
    }

    /// Decides one unit.
    ///
    /// # Errors
    /// `Conflict`, `AlreadyHandled`, `TooManyUnpaid` or `Stock`; the batch is as before.
    pub fn decide(&mut self, unit: &UnitOfWork) -> Result<Accepted, CommitError> {
        self.check_receipt(unit)?;
        self.check_versions(unit)?;
        self.check_account(unit)?;
        let extended = self.book.extended(&unit.extensions);
        let extended = extended.map_err(|cause| self.refusal(unit, cause))?;
        self.open_new_products(unit);
        let mut booked = self.book.apply(&unit.stock).map_err(|cause| self.refusal(unit, cause))?;
        extended.iter().for_each(|hold| self.book.put_reservation(*hold));
        booked.reservations.extend(extended);
        self.remember(unit);
        let messages = messages(unit, &booked);
        Ok(Accepted { levels: self.levels_of(unit), booked, messages })
    }

    fn check_receipt(&self, unit: &UnitOfWork) -> Result<(), CommitError> {
        let known = unit.cause.as_ref().and_then(|cause| self.receipts.get(&cause.into()));
        known.map_or(Ok(()), |answer| Err(CommitError::AlreadyHandled(answer.clone())))
    }

    fn check_versions(&self, unit: &UnitOfWork) -> Result<(), CommitError> {
        if seeded(Bug::ConfirmWithoutGuard) {
            return Ok(());
        }
        let orders = unit.orders.iter().map(|c| (self.orders.get(&c.state().id()), c.expected()));
        let payments =
            unit.payments.iter().map(|c| (self.payments.get(&c.state().id()), c.expected()));
        let deliveries =
            unit.deliveries.iter().map(|c| (self.deliveries.get(&c.state().order()), c.expected()));
        let products =
            unit.products.iter().map(|c| (self.products.get(&c.state().id()), c.expected()));
        let quotes =
            unit.quotes.iter().map(|(id, version)| (self.products.get(id), Expected::At(*version)));
        let mut all = orders.chain(payments).chain(deliveries).chain(products).chain(quotes);
        let holds = all.all(|(present, expected)| match expected {
            Expected::Absent => present.is_none(),
            Expected::At(version) => present == Some(&version),
        });
        if holds { Ok(()) } else { Err(CommitError::Conflict) }
    }

    fn check_account(&self, unit: &UnitOfWork) -> Result<(), CommitError> {
        let Some(account) = &unit.account else { return Ok(()) };
        let Some(unpaid) = self.unpaid.get(&account.client) else { return Ok(()) };
        let orders: BTreeSet<_> = unpaid.iter().map(|(order, _)| order).collect();
        let with = |product| unpaid.iter().filter(|(_, other)| *other == product).count();
        let is_reached = |most: Option<NonZeroUsize>, count| most.is_some_and(|m| count >= m.get());
        let too_many = is_reached(account.most, orders.len())
            || unit
                .placed()
                .any(|(_, product)| is_reached(account.most_per_product, with(product)));
        if too_many { Err(CommitError::TooManyUnpaid) } else { Ok(()) }
    }

    /// A product that the unit itself creates can be stocked by the same unit. Should the unit be refused after all,
    /// nobody else can name the product.
    fn open_new_products(&mut self, unit: &UnitOfWork) {
        let created = unit.products.iter().filter(|c| c.expected() == Expected::Absent);
        for product in created.map(|change| change.state()) {
            match product.stocking() {
                Stocking::Managed => self.book.put_level(StockLevel::empty(product.id())),
                Stocking::Unlimited => self.book.put_unmanaged(product.id()),
            }
        }
    }

    /// A hold that somebody else resolved first is a conflict like any other: the order has changed with it.
    fn refusal(&self, unit: &UnitOfWork, cause: StockError) -> CommitError {
        match cause {
            StockError::NotHeld { .. } => CommitError::Conflict,
            _ => CommitError::Stock { cause, levels: self.levels_of(unit) },
        }
    }

    fn levels_of(&self, unit: &UnitOfWork) -> Vec<StockLevel> {
        let products: BTreeSet<_> = unit.stock.iter().map(|movement| movement.product).collect();
        products.into_iter().filter_map(|product| self.book.level(product)).collect()
    }

    fn remember(&mut self, unit: &UnitOfWork) {
        if let Some(cause) = &unit.cause {
            self.receipts.insert(cause.into(), stored_answer(cause));
        }
        if let Some(account) = &unit.account {
            self.unpaid.entry(account.client.clone()).or_default().extend(unit.placed());
        }
        let orders = unit.orders.iter().map(|change| change.state());
        self.orders.extend(orders.map(|order| (order.id(), order.version())));
        let payments = unit.payments.iter().map(|change| change.state());
        self.payments.extend(payments.map(|payment| (payment.id(), payment.version())));
        let deliveries = unit.deliveries.iter().map(|change| change.state());
        self.deliveries.extend(deliveries.map(|delivery| (delivery.order(), delivery.version())));
        let products = unit.products.iter().map(|change| change.state());
        self.products.extend(products.map(|product| (product.id(), product.version())));
    }
}

fn stored_answer(receipt: &Receipt) -> Option<StoredAnswer> {
    match receipt {
        Receipt::Event { .. } => None,
        Receipt::Request { fingerprint, answer, .. } => {
            Some(StoredAnswer { fingerprint: *fingerprint, answer: answer.clone() })
        }
    }
}
