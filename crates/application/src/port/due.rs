use std::time::Duration;

use async_trait::async_trait;
use ordersystem_shared_kernel::OrderId;

use crate::StoreUnavailable;

/// How many deliveries are in which stage, for the hourly statistics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeliveryCounts {
    /// Waiting for the carrier.
    pub preparing: i64,
    /// On their way.
    pub shipped: i64,
    /// Arrived.
    pub delivered: i64,
}

/// How long a store may keep a row to itself that it has just answered with.
pub const CLAIM: Duration = Duration::from_secs(10);

/// Port: finds what is due on the store's clock. The rows are hints, oldest first: the use case that handles one checks
/// again, so several replicas may find the same row and only one acts. A store MAY leave out what it answered with in the
/// last [`CLAIM`]: replicas share a backlog then, and rows that always fail do not hide newer ones.
#[async_trait]
pub trait DueWork: Send + Sync {
    /// Orders with a hold that has run out.
    async fn expired_holds(&self, limit: usize) -> Result<Vec<OrderId>, StoreUnavailable>;

    /// Deliveries that have been preparing for at least `delay`.
    async fn due_shipments(
        &self,
        delay: Duration,
        limit: usize,
    ) -> Result<Vec<OrderId>, StoreUnavailable>;

    /// Deliveries that shipped at least `delay` ago.
    async fn due_arrivals(
        &self,
        delay: Duration,
        limit: usize,
    ) -> Result<Vec<OrderId>, StoreUnavailable>;

    /// Orders in PAYMENT_COMPLETED since at least `delay`: their event was lost or is late.
    async fn unprepared_orders(
        &self,
        delay: Duration,
        limit: usize,
    ) -> Result<Vec<OrderId>, StoreUnavailable>;

    /// For the statistics line.
    async fn delivery_counts(&self) -> Result<DeliveryCounts, StoreUnavailable>;
}
