use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ordersystem_application::{DueWork, StoreUnavailable, UseCases};

use super::{Job, PAGE, Turn, act};

/// Asks the gateway for the money of orders that wait for it, and about every charge in doubt.
pub struct Charges {
    use_cases: UseCases,
    due: Arc<dyn DueWork>,
}

impl Charges {
    /// How soon a charge is found that another process has committed.
    const POLL: Duration = Duration::from_secs(1);

    /// Acts through the use cases on what the store says is due.
    pub const fn new(use_cases: UseCases, due: Arc<dyn DueWork>) -> Self {
        Self { use_cases, due }
    }
}

#[async_trait]
impl Job for Charges {
    fn name(&self) -> String {
        "sweeper of charges".to_owned()
    }

    fn pause(&self) -> Duration {
        Self::POLL
    }

    /// A customer does not wait for the next look.
    async fn woken(&self) {
        self.use_cases.charge_is_due().await;
    }

    async fn turn(&self) -> Result<Turn, StoreUnavailable> {
        let due = self.due.due_charges(PAGE).await?;
        Ok(act(&self.name(), due, |order| self.use_cases.charge(order)).await)
    }
}
