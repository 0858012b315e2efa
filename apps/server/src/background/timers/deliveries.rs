use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ordersystem_application::{Call, DeliveryStepError, DueWork, StoreUnavailable, UseCases};
use ordersystem_order::Cause;
use ordersystem_shared_kernel::OrderId;

use super::{Job, PAGE, Turn, act};

/// Moves deliveries on when their time has come.
pub struct Deliveries {
    use_cases: UseCases,
    due: Arc<dyn DueWork>,
    delay: StepDelay,
}

/// The two steps that a delivery takes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The carrier takes the parcel.
    Ship,
    /// The parcel arrives.
    Deliver,
}

/// Which step, and how long after the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepDelay {
    /// What happens.
    pub step: Step,
    /// Since the delivery was made, or since it shipped.
    pub delay: Duration,
}

impl Deliveries {
    /// Acts through the use cases on what the store says is due.
    pub const fn new(use_cases: UseCases, due: Arc<dyn DueWork>, delay: StepDelay) -> Self {
        Self { use_cases, due, delay }
    }

    async fn due(&self) -> Result<Vec<OrderId>, StoreUnavailable> {
        let StepDelay { step, delay } = self.delay;
        match step {
            Step::Ship => self.due.due_shipments(delay, PAGE).await,
            Step::Deliver => self.due.due_arrivals(delay, PAGE).await,
        }
    }

    async fn step(&self, order: OrderId) -> Result<(), DeliveryStepError> {
        let (cause, call) = (Cause::Scheduler, Call::default());
        match self.delay.step {
            Step::Ship => {
                self.use_cases.ship(order, cause, call).await?;
                tracing::info!(target: "DeliveryStatusScheduler", "배송 시작 처리: orderId={order}");
            }
            Step::Deliver => {
                self.use_cases.deliver(order, cause, call).await?;
                tracing::info!(target: "DeliveryStatusScheduler", "배송 완료 처리: orderId={order}");
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Job for Deliveries {
    fn name(&self) -> String {
        match self.delay.step {
            Step::Ship => "shipping timer".to_owned(),
            Step::Deliver => "arrival timer".to_owned(),
        }
    }

    /// A second's precision is enough for people, and for delays of seconds a fraction of them.
    fn pause(&self) -> Duration {
        let (least, most) = (Duration::from_millis(250), Duration::from_secs(1));
        (self.delay.delay / 30).clamp(least, most)
    }

    async fn turn(&self) -> Result<Turn, StoreUnavailable> {
        let due = self.due().await?;
        Ok(act(&self.name(), due, |order| self.step(order)).await)
    }
}
