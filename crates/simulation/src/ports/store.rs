use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use ordersystem_application::{
    Backlog, Bucket, CommitError, Committed, DeadLetter, DeadLetterFilter, DeadLetterState,
    DeadLetters, DeliveryCounts, DueRefund, DueWork, HistoryEntry, ListedProduct, Numbers,
    OrderFilter, OrderSummary, Outbox, OutboxRow, Page, Reads, Record, Store, StoreUnavailable,
    StoredAnswer, UnitOfWork,
};
use ordersystem_delivery::Delivery;
use ordersystem_inventory::{Product, Reservation, StockLevel};
use ordersystem_order::Order;
use ordersystem_payment::Payment;
use ordersystem_shared_kernel::{
    Bug, DeliveryId, OrderId, ProductId, Receipt, RequestKey, Timestamp, seeded,
};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::link::{Link, Lost};
use crate::plan::Engine;
use crate::withheld;
use crate::world::lock;

/// The shared database over one replica's connections.
pub(crate) struct SimStore {
    link: Link,
    committed: Notify,
    /// How far a relay has read that trusts positions; see [`Bug::OutboxCursor`].
    cursor: Mutex<i64>,
}

impl SimStore {
    pub(crate) fn new(link: Link) -> Self {
        Self { link, committed: Notify::new(), cursor: Mutex::default() }
    }

    /// A cause that is stored beside its effect, before or after it, instead of with it.
    async fn commit_torn(&self, mut work: UnitOfWork) -> Result<Committed, CommitError> {
        let cause = work.cause.take();
        let receipt = UnitOfWork { cause: cause.clone(), ..UnitOfWork::default() };
        match cause {
            Some(Receipt::Event { .. }) if seeded(Bug::InboxOutsideTransaction) => {
                self.commit_on_link(receipt).await?;
                self.commit_on_link(work).await
            }
            Some(Receipt::Request { .. }) if seeded(Bug::KeyAfterEffect) => {
                let committed = self.commit_on_link(work).await?;
                self.commit_on_link(receipt).await?;
                Ok(committed)
            }
            Some(Receipt::Event { .. }) if seeded(Bug::NoInbox) => self.commit_on_link(work).await,
            cause => self.commit_on_link(UnitOfWork { cause, ..work }).await,
        }
    }

    async fn commit_on_link(&self, work: UnitOfWork) -> Result<Committed, CommitError> {
        let world = &self.link.world;
        let commit = || world.commit(work.clone());
        match self.link.call(Engine::Store, "commit", commit).await {
            Ok(committed) => committed,
            Err(Lost::Refused) if world.rng().percent(25) => Err(CommitError::Overloaded),
            Err(Lost::Refused) => Err(CommitError::Unavailable),
            Err(Lost::Unknown) => Err(CommitError::OutcomeUnknown),
        }
    }
}

/// One call to the database that is not a commit.
macro_rules! ask {
    ($store:ident.$method:ident($($argument:expr),*)) => {{
        let store = &$store.link.world.store;
        let ask = || store.$method($($argument),*);
        $store.link.call(Engine::Store, stringify!($method), ask).await
            .unwrap_or(Err(StoreUnavailable))
    }};
}

#[async_trait]
impl Store for SimStore {
    async fn commit(&self, work: UnitOfWork) -> Result<Committed, CommitError> {
        let events = withheld::events(&work);
        let committed = self.commit_torn(work).await;
        if committed.is_ok() {
            lock(&self.link.world.withheld).retain(|event| !events.contains(event));
            self.committed.notify_waiters();
            self.committed.notify_one();
        }
        match committed {
            Err(CommitError::Unavailable) if seeded(Bug::AnswerBeforeCommit) => {
                Ok(Committed::default())
            }
            Err(CommitError::Conflict) if seeded(Bug::FallbackAnswersTwice) => {
                Ok(Committed::default())
            }
            committed => committed,
        }
    }

    async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreUnavailable> {
        ask!(self.order(id))
    }

    async fn payment(&self, order: OrderId) -> Result<Option<Payment>, StoreUnavailable> {
        ask!(self.payment(order))
    }

    async fn delivery(&self, order: OrderId) -> Result<Option<Delivery>, StoreUnavailable> {
        ask!(self.delivery(order))
    }

    async fn product(
        &self,
        id: ProductId,
    ) -> Result<Option<(Product, Option<StockLevel>)>, StoreUnavailable> {
        ask!(self.product(id))
    }

    async fn reservations(&self, order: OrderId) -> Result<Vec<Reservation>, StoreUnavailable> {
        ask!(self.reservations(order))
    }

    async fn answer(&self, key: &RequestKey) -> Result<Option<StoredAnswer>, StoreUnavailable> {
        ask!(self.answer(key))
    }
}

#[async_trait]
impl Numbers for SimStore {
    async fn next_order(&self) -> Result<OrderId, StoreUnavailable> {
        ask!(self.next_order())
    }

    async fn next_delivery(&self) -> Result<DeliveryId, StoreUnavailable> {
        ask!(self.next_delivery())
    }

    async fn next_product(&self) -> Result<ProductId, StoreUnavailable> {
        ask!(self.next_product())
    }
}

#[async_trait]
impl Reads for SimStore {
    async fn orders(
        &self,
        filter: &OrderFilter,
        page: Page,
    ) -> Result<Vec<OrderSummary>, StoreUnavailable> {
        ask!(self.orders(filter, page))
    }

    async fn history(&self, order: OrderId) -> Result<Vec<HistoryEntry>, StoreUnavailable> {
        ask!(self.history(order))
    }

    async fn products(&self, page: Page) -> Result<Vec<ListedProduct>, StoreUnavailable> {
        ask!(self.products(page))
    }

    async fn moved_levels(
        &self,
        since: Timestamp,
        page: Page,
    ) -> Result<Vec<StockLevel>, StoreUnavailable> {
        ask!(self.moved_levels(since, page))
    }

    async fn stock_epoch(&self) -> Result<i64, StoreUnavailable> {
        ask!(self.stock_epoch())
    }

    async fn raise_stock_epoch(&self, from: i64) -> Result<i64, StoreUnavailable> {
        ask!(self.raise_stock_epoch(from))
    }
}

#[async_trait]
impl DueWork for SimStore {
    async fn expired_holds(&self, limit: usize) -> Result<Vec<OrderId>, StoreUnavailable> {
        let mut due = ask!(self.expired_holds(limit))?;
        // They are hints: an order may have been paid since it was found.
        if self.link.world.rng().percent(10) {
            due.extend(self.link.world.store.paid_orders().into_iter().map(|(order, _)| order));
        }
        Ok(due)
    }

    async fn due_shipments(
        &self,
        delay: Duration,
        limit: usize,
    ) -> Result<Vec<OrderId>, StoreUnavailable> {
        ask!(self.due_shipments(delay, limit))
    }

    async fn due_arrivals(
        &self,
        delay: Duration,
        limit: usize,
    ) -> Result<Vec<OrderId>, StoreUnavailable> {
        ask!(self.due_arrivals(delay, limit))
    }

    async fn unprepared_orders(
        &self,
        delay: Duration,
        limit: usize,
    ) -> Result<Vec<OrderId>, StoreUnavailable> {
        ask!(self.unprepared_orders(delay, limit))
    }

    async fn due_charges(&self, limit: usize) -> Result<Vec<OrderId>, StoreUnavailable> {
        ask!(self.due_charges(limit))
    }

    async fn due_refunds(&self, limit: usize) -> Result<Vec<DueRefund>, StoreUnavailable> {
        ask!(self.due_refunds(limit))
    }

    async fn delivery_counts(&self) -> Result<DeliveryCounts, StoreUnavailable> {
        ask!(self.delivery_counts())
    }
}

#[async_trait]
impl Outbox for SimStore {
    async fn lease(&self, relay: Uuid) -> Result<Vec<Bucket>, StoreUnavailable> {
        let world = &self.link.world;
        let lease = || async { world.relays.lease(relay) };
        let leased = self.link.call(Engine::Store, "lease", lease).await;
        let buckets = leased.map_err(|_lost| StoreUnavailable)?;
        Ok(if seeded(Bug::RelayClaimsRows) { Bucket::all() } else { buckets })
    }

    async fn release(&self, relay: Uuid) -> Result<(), StoreUnavailable> {
        let world = &self.link.world;
        let release = || async { world.relays.release(relay) };
        self.link.call(Engine::Store, "release", release).await.map_err(|_lost| StoreUnavailable)
    }

    async fn unpublished(
        &self,
        buckets: &[Bucket],
        limit: usize,
    ) -> Result<Vec<OutboxRow>, StoreUnavailable> {
        let mut rows = ask!(self.unpublished(buckets, limit))?;
        if seeded(Bug::PublishOutsideTransaction) {
            let withheld = lock(&self.link.world.withheld);
            rows.retain(|row| !withheld.contains(&row.message.id));
        }
        if seeded(Bug::OutboxCursor) {
            let mut cursor = lock(&self.cursor);
            rows.retain(|row| row.position > *cursor);
            *cursor = rows.last().map_or(*cursor, |row| row.position);
        }
        if seeded(Bug::RelayClaimsRows) {
            self.link.world.claims.claim(self.link.replica, &mut rows);
        }
        Ok(rows)
    }

    async fn mark_published(&self, positions: &[i64]) -> Result<(), StoreUnavailable> {
        ask!(self.mark_published(positions))
    }

    async fn recent(&self, limit: usize) -> Result<Vec<OutboxRow>, StoreUnavailable> {
        ask!(self.recent(limit))
    }

    async fn backlog(&self) -> Result<Backlog, StoreUnavailable> {
        ask!(self.backlog())
    }

    async fn wait_for_messages(&self) {
        self.committed.notified().await;
    }

    async fn purge(&self, age: Duration) -> Result<usize, StoreUnavailable> {
        ask!(self.purge(age))
    }
}

#[async_trait]
impl DeadLetters for SimStore {
    async fn bury(
        &self,
        record: &Record,
        group: &str,
        error: &str,
    ) -> Result<(), StoreUnavailable> {
        ask!(self.bury(record, group, error))
    }

    async fn dead_letters(
        &self,
        filter: &DeadLetterFilter,
        page: Page,
    ) -> Result<Vec<DeadLetter>, StoreUnavailable> {
        ask!(self.dead_letters(filter, page))
    }

    async fn dead_letter(&self, id: i64) -> Result<Option<DeadLetter>, StoreUnavailable> {
        ask!(self.dead_letter(id))
    }

    async fn set_dead_letters(
        &self,
        ids: &[i64],
        state: DeadLetterState,
    ) -> Result<usize, StoreUnavailable> {
        ask!(self.set_dead_letters(ids, state))
    }
}
