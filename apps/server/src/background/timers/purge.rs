use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ordersystem_application::{Outbox, StoreUnavailable};

use super::{Job, Turn};

/// Forgets published messages, receipts and stored answers after a day.
pub struct Purge {
    outbox: Arc<dyn Outbox>,
}

impl Purge {
    const KEEP: Duration = Duration::from_secs(24 * 3600);
    const EVERY: Duration = Duration::from_secs(3600);
    /// A call that finds fewer rows has caught up.
    const FEW: usize = 100;

    /// Cleans this outbox.
    pub const fn new(outbox: Arc<dyn Outbox>) -> Self {
        Self { outbox }
    }
}

#[async_trait]
impl Job for Purge {
    fn name(&self) -> String {
        "purge of the outbox".to_owned()
    }

    fn pause(&self) -> Duration {
        Self::EVERY
    }

    async fn turn(&self) -> Result<Turn, StoreUnavailable> {
        let gone = self.outbox.purge(Self::KEEP).await?;
        Ok(if gone < Self::FEW { Turn::Done } else { Turn::More })
    }
}
