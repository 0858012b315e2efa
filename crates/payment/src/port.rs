use async_trait::async_trait;
use ordersystem_shared_kernel::{Change, OrderId, RepositoryError};

use crate::Payment;

/// Port: keeps payments, for teams that embed this domain alone.
#[async_trait]
pub trait PaymentRepository: Send + Sync {
    /// MUST return the last committed payment of the order, or none.
    async fn payment(&self, order: OrderId) -> Result<Option<Payment>, RepositoryError>;

    /// MUST store the state and all its events, or nothing; MUST answer [`RepositoryError::Conflict`] when the stored
    /// version is not the expected one.
    async fn commit(&self, change: Change<Payment>) -> Result<(), RepositoryError>;
}
