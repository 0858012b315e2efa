use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ordersystem_application::{Call, DueWork, OrderStepError, StoreUnavailable, UseCases};
use ordersystem_shared_kernel::OrderId;

use super::{Job, PAGE, Turn, act};

/// Prepares the delivery of orders whose PAYMENT_COMPLETED got lost: messages speed things up, nothing depends on them.
pub struct UnpreparedOrders {
    use_cases: UseCases,
    due: Arc<dyn DueWork>,
}

impl UnpreparedOrders {
    /// A message that takes longer counts as lost.
    pub const PATIENCE: Duration = Duration::from_secs(60);
    const POLL: Duration = Duration::from_secs(5);

    /// Acts through the use cases on what the store says is left behind.
    pub const fn new(use_cases: UseCases, due: Arc<dyn DueWork>) -> Self {
        Self { use_cases, due }
    }

    async fn prepare(&self, order: OrderId) -> Result<(), OrderStepError> {
        self.use_cases.start_shipment(order, Call::default()).await?;
        tracing::warn!("배송 준비 복구: orderId={order}, no event came for {:?}", Self::PATIENCE);
        Ok(())
    }
}

#[async_trait]
impl Job for UnpreparedOrders {
    fn name(&self) -> String {
        "sweeper of paid orders".to_owned()
    }

    fn pause(&self) -> Duration {
        Self::POLL
    }

    async fn turn(&self) -> Result<Turn, StoreUnavailable> {
        let left_behind = self.due.unprepared_orders(Self::PATIENCE, PAGE).await?;
        Ok(act(&self.name(), left_behind, |order| self.prepare(order)).await)
    }
}
