//! A store that does on purpose what stores rarely do.

use std::sync::Arc;

use async_trait::async_trait;
use ordersystem_adapter_memory::MemoryStore;
use ordersystem_application::{
    CommitError, Committed, Store, StoreUnavailable, StoredAnswer, UnitOfWork,
};
use ordersystem_delivery::Delivery;
use ordersystem_inventory::{Product, Reservation, StockLevel};
use ordersystem_order::Order;
use ordersystem_payment::Payment;
use ordersystem_shared_kernel::{OrderId, ProductId, RequestKey};
use tokio::sync::Semaphore;

use crate::support::World;

/// The world's store; it looks a stored answer up only when it is let, and sees it as `seen` says.
pub(crate) fn answers(
    world: &World,
    gate: &Arc<Semaphore>,
    seen: fn(StoredAnswer) -> Option<StoredAnswer>,
) -> Arc<dyn Store> {
    Arc::new(Answers { store: world.store.clone(), gate: gate.clone(), seen, is_overloaded: false })
}

/// The world's store, which has too much to do.
pub(crate) fn overloaded(world: &World) -> Arc<dyn Store> {
    let gate = Arc::new(Semaphore::new(Semaphore::MAX_PERMITS));
    Arc::new(Answers { store: world.store.clone(), gate, seen: Some, is_overloaded: true })
}

struct Answers {
    store: MemoryStore,
    is_overloaded: bool,
    gate: Arc<Semaphore>,
    seen: fn(StoredAnswer) -> Option<StoredAnswer>,
}

#[async_trait]
impl Store for Answers {
    async fn commit(&self, work: UnitOfWork) -> Result<Committed, CommitError> {
        self.store.commit(work).await
    }

    fn is_overloaded(&self) -> bool {
        self.is_overloaded
    }

    async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreUnavailable> {
        self.store.order(id).await
    }

    async fn payment(&self, order: OrderId) -> Result<Option<Payment>, StoreUnavailable> {
        self.store.payment(order).await
    }

    async fn delivery(&self, order: OrderId) -> Result<Option<Delivery>, StoreUnavailable> {
        self.store.delivery(order).await
    }

    async fn product(
        &self,
        id: ProductId,
    ) -> Result<Option<(Product, Option<StockLevel>)>, StoreUnavailable> {
        self.store.product(id).await
    }

    async fn reservations(&self, order: OrderId) -> Result<Vec<Reservation>, StoreUnavailable> {
        self.store.reservations(order).await
    }

    async fn answer(&self, key: &RequestKey) -> Result<Option<StoredAnswer>, StoreUnavailable> {
        self.gate.acquire().await.unwrap().forget();
        Ok(self.store.answer(key).await?.and_then(self.seen))
    }
}
