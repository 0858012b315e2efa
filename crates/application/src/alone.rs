use std::sync::Arc;

use async_trait::async_trait;
use ordersystem_delivery::{Delivery, DeliveryRepository};
use ordersystem_inventory::{InventoryError, Reservation, StockLevel, StockMove, StockRepository};
use ordersystem_order::{Order, OrderRepository};
use ordersystem_payment::{Payment, PaymentRepository};
use ordersystem_shared_kernel::{Change, OrderId, ProductId, RepositoryError};

use crate::{CommitError, Store, StoreUnavailable, UnitOfWork};

/// Any [`Store`] as the repository of one domain alone: for teams that embed a single domain crate and still want a
/// ready-made adapter.
#[derive(Clone)]
pub struct SingleDomain {
    store: Arc<dyn Store>,
}

impl SingleDomain {
    /// Each commit becomes a unit of work with one change.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    async fn commit_unit(&self, unit: UnitOfWork) -> Result<(), RepositoryError> {
        match self.store.commit(unit).await {
            Ok(_) => Ok(()),
            Err(CommitError::Conflict) => Err(RepositoryError::Conflict),
            Err(_) => Err(RepositoryError::Unavailable),
        }
    }
}

const fn unavailable(StoreUnavailable: StoreUnavailable) -> RepositoryError {
    RepositoryError::Unavailable
}

#[async_trait]
impl OrderRepository for SingleDomain {
    async fn order(&self, id: OrderId) -> Result<Option<Order>, RepositoryError> {
        self.store.order(id).await.map_err(unavailable)
    }

    async fn commit(&self, change: Change<Order>) -> Result<(), RepositoryError> {
        self.commit_unit(UnitOfWork { orders: vec![change], ..UnitOfWork::default() }).await
    }
}

#[async_trait]
impl PaymentRepository for SingleDomain {
    async fn payment(&self, order: OrderId) -> Result<Option<Payment>, RepositoryError> {
        self.store.payment(order).await.map_err(unavailable)
    }

    async fn commit(&self, change: Change<Payment>) -> Result<(), RepositoryError> {
        self.commit_unit(UnitOfWork { payments: vec![change], ..UnitOfWork::default() }).await
    }
}

#[async_trait]
impl DeliveryRepository for SingleDomain {
    async fn delivery(&self, order: OrderId) -> Result<Option<Delivery>, RepositoryError> {
        self.store.delivery(order).await.map_err(unavailable)
    }

    async fn commit(&self, change: Change<Delivery>) -> Result<(), RepositoryError> {
        self.commit_unit(UnitOfWork { deliveries: vec![change], ..UnitOfWork::default() }).await
    }
}

#[async_trait]
impl StockRepository for SingleDomain {
    async fn level(&self, product: ProductId) -> Result<Option<StockLevel>, RepositoryError> {
        let found = self.store.product(product).await.map_err(unavailable)?;
        Ok(found.and_then(|(_, level)| level))
    }

    async fn reservations(&self, order: OrderId) -> Result<Vec<Reservation>, RepositoryError> {
        self.store.reservations(order).await.map_err(unavailable)
    }

    async fn commit(&self, moves: Vec<StockMove>) -> Result<(), InventoryError> {
        let unit = UnitOfWork { stock: moves, ..UnitOfWork::default() };
        match self.store.commit(unit).await {
            Ok(_) => Ok(()),
            Err(CommitError::Stock { cause, .. }) => Err(cause.into()),
            Err(CommitError::Conflict) => Err(RepositoryError::Conflict.into()),
            Err(_) => Err(RepositoryError::Unavailable.into()),
        }
    }
}
