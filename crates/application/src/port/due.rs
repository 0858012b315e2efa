use std::fmt;
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

/// One refund that the gateway has to be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DueRefund {
    /// Whose money.
    pub order: OrderId,
    /// The refund's number in the order's payment.
    pub number: u32,
}

/// As log lines name it.
impl fmt::Display for DueRefund {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, refund={}", self.order, self.number)
    }
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

    /// Orders with a payment about which the gateway has to be asked now.
    async fn due_charges(&self, limit: usize) -> Result<Vec<OrderId>, StoreUnavailable>;

    /// Refunds that the gateway has to be asked for now.
    async fn due_refunds(&self, limit: usize) -> Result<Vec<DueRefund>, StoreUnavailable>;

    /// For the statistics line.
    async fn delivery_counts(&self) -> Result<DeliveryCounts, StoreUnavailable>;
}
