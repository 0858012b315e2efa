use async_trait::async_trait;
use ordersystem_shared_kernel::{DeliveryId, OrderId, ProductId};

use crate::StoreUnavailable;

/// Port: hands out numbers, starting at 1 in an empty store. A number may stay unused; none is handed out twice, except
/// that a restart may reuse numbers that were never committed.
#[async_trait]
pub trait Numbers: Send + Sync {
    /// The next order's.
    async fn next_order(&self) -> Result<OrderId, StoreUnavailable>;
    /// The next delivery's.
    async fn next_delivery(&self) -> Result<DeliveryId, StoreUnavailable>;
    /// The next product's.
    async fn next_product(&self) -> Result<ProductId, StoreUnavailable>;
}
