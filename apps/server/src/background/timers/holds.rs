use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ordersystem_application::{DueWork, StoreUnavailable, UseCases};

use super::{Job, PAGE, Turn, act};

/// Ends unpaid orders whose hold on the stock has run out.
pub struct Holds {
    use_cases: UseCases,
    due: Arc<dyn DueWork>,
    poll: Duration,
}

impl Holds {
    /// Looks every `poll`.
    pub const fn new(use_cases: UseCases, due: Arc<dyn DueWork>, poll: Duration) -> Self {
        Self { use_cases, due, poll }
    }
}

#[async_trait]
impl Job for Holds {
    fn name(&self) -> String {
        "hold timer".to_owned()
    }

    fn pause(&self) -> Duration {
        self.poll
    }

    async fn turn(&self) -> Result<Turn, StoreUnavailable> {
        let expired = self.due.expired_holds(PAGE).await?;
        Ok(act(&self.name(), expired, |order| self.use_cases.expire_hold(order)).await)
    }
}
