mod agenda;
mod books;
mod dead_letters;
mod due;
mod outbox;
mod reads;
mod tables;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use ordersystem_application::{
    CommitError, Committed, Numbers, ReceiptKey, Store, StoreUnavailable, StoredAnswer, UnitOfWork,
};
use ordersystem_delivery::Delivery;
use ordersystem_inventory::{LedgerEntry, Product, Reservation, StockLevel};
use ordersystem_order::Order;
use ordersystem_payment::Payment;
use ordersystem_shared_kernel::{
    Clock, DeliveryId, EventId, OrderId, ProductId, RequestKey, Timestamp, Version,
};
use tokio::sync::Notify;

use crate::Faults;
use tables::Tables;

/// The truth, in RAM. Its clones are the same store.
#[derive(Clone)]
pub struct MemoryStore {
    tables: Arc<Mutex<Tables>>,
    committed: Arc<Notify>,
    clock: Arc<dyn Clock>,
    faults: Faults,
}

impl MemoryStore {
    /// An empty store; `clock` decides what is due and how old things are.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let (tables, committed) = (Arc::default(), Arc::default());
        Self { tables, committed, clock, faults: Faults::default() }
    }

    /// The switchboard of what goes wrong next.
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The append-only proof of a product's stock, oldest first.
    pub fn ledger(&self, product: ProductId) -> Vec<LedgerEntry> {
        self.tables().ledger.get(&product).cloned().unwrap_or_default()
    }

    /// What the ledger says the level was in a version; none for a version that never was.
    pub fn level_at(&self, product: ProductId, version: Version) -> Option<StockLevel> {
        let place = usize::try_from(version.get()).ok()?;
        let Some(before) = place.checked_sub(1) else { return Some(StockLevel::empty(product)) };
        let tables = self.tables();
        let row = tables.ledger.get(&product)?.get(before)?;
        Some(StockLevel { product, total: row.total_after, reserved: row.reserved_after, version })
    }

    /// Whether the consumer has a receipt for the event.
    pub fn has_handled(&self, consumer: &'static str, event: EventId) -> bool {
        self.tables().receipts.contains_key(&ReceiptKey::Event(consumer, event))
    }

    /// The orders in PAYMENT_COMPLETED, each with the event of its payment.
    pub fn paid_orders(&self) -> Vec<(OrderId, EventId)> {
        let tables = self.tables();
        let paid =
            tables.agenda.paid.iter().filter_map(|(_, order)| tables.history.get_key_value(order));
        paid.filter_map(|(order, history)| Some((*order, history.last()?.event))).collect()
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tables for any call but a commit.
    fn read(&self) -> Result<MutexGuard<'_, Tables>, StoreUnavailable> {
        self.faults.read()?;
        Ok(self.tables())
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn commit(&self, work: UnitOfWork) -> Result<Committed, CommitError> {
        let fault = self.faults.commit();
        if let Some(refusal) = fault.and_then(crate::CommitFault::refusal) {
            return Err(refusal);
        }
        let decided = self.tables().commit(work, self.now());
        if decided.as_ref().is_ok_and(|accepted| !accepted.messages.is_empty()) {
            self.wake_relay();
        }
        match fault {
            Some(_) => Err(CommitError::OutcomeUnknown),
            None => decided.map(|accepted| Committed { levels: accepted.levels }),
        }
    }

    async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreUnavailable> {
        Ok(self.read()?.orders.get(&id).cloned())
    }

    async fn payment(&self, order: OrderId) -> Result<Option<Payment>, StoreUnavailable> {
        Ok(self.read()?.payments.get(&order).cloned())
    }

    async fn delivery(&self, order: OrderId) -> Result<Option<Delivery>, StoreUnavailable> {
        Ok(self.read()?.deliveries.get(&order).cloned())
    }

    async fn product(
        &self,
        id: ProductId,
    ) -> Result<Option<(Product, Option<StockLevel>)>, StoreUnavailable> {
        let tables = self.read()?;
        let product = tables.products.get(&id).cloned();
        Ok(product.map(|product| (product, tables.levels.get(&id).copied())))
    }

    async fn reservations(&self, order: OrderId) -> Result<Vec<Reservation>, StoreUnavailable> {
        Ok(self.read()?.reservations_of(order).copied().collect())
    }

    async fn answer(&self, key: &RequestKey) -> Result<Option<StoredAnswer>, StoreUnavailable> {
        Ok(self.read()?.answer(key))
    }
}

#[async_trait]
impl Numbers for MemoryStore {
    async fn next_order(&self) -> Result<OrderId, StoreUnavailable> {
        Ok(OrderId::new(next(&mut self.read()?.last_order)))
    }

    async fn next_delivery(&self) -> Result<DeliveryId, StoreUnavailable> {
        Ok(DeliveryId::new(next(&mut self.read()?.last_delivery)))
    }

    async fn next_product(&self) -> Result<ProductId, StoreUnavailable> {
        Ok(ProductId::new(next(&mut self.read()?.last_product)))
    }
}

const fn next(last: &mut i64) -> i64 {
    *last += 1;
    *last
}
