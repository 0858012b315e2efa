use async_trait::async_trait;
use ordersystem_delivery::Delivery;
use ordersystem_inventory::{Product, Reservation, StockLevel};
use ordersystem_order::Order;
use ordersystem_payment::Payment;
use ordersystem_shared_kernel::{OrderId, ProductId, RequestKey};
use thiserror::Error;

use crate::{CommitError, Committed, StoredAnswer, UnitOfWork};

/// A read that could not be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the store is not available")]
pub struct StoreUnavailable;

/// Port: the truth. Commits units and loads what the next decision stands on.
#[async_trait]
pub trait Store: Send + Sync {
    /// MUST decide the unit with [`crate::Batch`] on rows that nobody else can change meanwhile, write all of it durably
    /// or nothing, and answer only afterwards. MUST finish on its own when the caller stops waiting. MUST answer
    /// `Overloaded` at once instead of queueing without bound.
    async fn commit(&self, work: UnitOfWork) -> Result<Committed, CommitError>;

    /// Whether so much waits, or for so long, that a unit which places an order would be `Overloaded` now. MUST answer at
    /// once. Stores without a queue never are.
    fn is_overloaded(&self) -> bool {
        false
    }

    /// MUST return the last committed state, as all loads do; none when there is no such order.
    async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreUnavailable>;

    /// The order's payment; none when it was never requested.
    async fn payment(&self, order: OrderId) -> Result<Option<Payment>, StoreUnavailable>;

    /// The order's delivery; none before it is paid.
    async fn delivery(&self, order: OrderId) -> Result<Option<Delivery>, StoreUnavailable>;

    /// The product with its level; the level is none when its stock is unlimited.
    async fn product(
        &self,
        id: ProductId,
    ) -> Result<Option<(Product, Option<StockLevel>)>, StoreUnavailable>;

    /// The order's holds in every state, by product.
    async fn reservations(&self, order: OrderId) -> Result<Vec<Reservation>, StoreUnavailable>;

    /// What was answered to the request with this key; none when it was not handled yet.
    async fn answer(&self, key: &RequestKey) -> Result<Option<StoredAnswer>, StoreUnavailable>;
}
