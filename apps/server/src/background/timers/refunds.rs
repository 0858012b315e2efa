use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ordersystem_application::{DueWork, StoreUnavailable, UseCases};

use super::{Job, PAGE, Turn, act};

/// Asks the gateway to give back what is owed, until it has.
pub struct Refunds {
    use_cases: UseCases,
    due: Arc<dyn DueWork>,
}

impl Refunds {
    /// How soon a refund is found that another process has committed.
    const POLL: Duration = Duration::from_secs(2);

    /// Acts through the use cases on what the store says is due.
    pub const fn new(use_cases: UseCases, due: Arc<dyn DueWork>) -> Self {
        Self { use_cases, due }
    }
}

#[async_trait]
impl Job for Refunds {
    fn name(&self) -> String {
        "sweeper of refunds".to_owned()
    }

    fn pause(&self) -> Duration {
        Self::POLL
    }

    async fn woken(&self) {
        self.use_cases.refund_is_due().await;
    }

    async fn turn(&self) -> Result<Turn, StoreUnavailable> {
        let due = self.due.due_refunds(PAGE).await?;
        Ok(act(&self.name(), due, |refund| self.use_cases.drive_refund(refund)).await)
    }
}
