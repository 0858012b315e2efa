use async_trait::async_trait;
use ordersystem_shared_kernel::{Change, OrderId, RepositoryError};

use crate::Delivery;

/// Port: keeps deliveries, for teams that embed this domain alone.
#[async_trait]
pub trait DeliveryRepository: Send + Sync {
    /// MUST return the last committed delivery of the order, or none.
    async fn delivery(&self, order: OrderId) -> Result<Option<Delivery>, RepositoryError>;

    /// MUST store the state and all its events, or nothing; MUST answer [`RepositoryError::Conflict`] when the stored
    /// version is not the expected one or the order has another delivery.
    async fn commit(&self, change: Change<Delivery>) -> Result<(), RepositoryError>;
}
