//! Outbox → broker. Publishes what was committed, in the order of the outbox, and marks it only after the broker has
//! it: a crash in between publishes twice, never not at all.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ordersystem_application::{BrokerError, EventBroker, Outbox, StoreUnavailable};
use thiserror::Error;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::Backoff;
use super::supervisor::Part;

/// The part that publishes the outbox.
pub struct Relay {
    outbox: Arc<dyn Outbox>,
    broker: Arc<dyn EventBroker>,
}

/// Why a turn published nothing, or published without marking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RelayError {
    /// The outbox cannot be read or marked.
    #[error(transparent)]
    Store(#[from] StoreUnavailable),
    /// Nothing can be published.
    #[error(transparent)]
    Broker(#[from] BrokerError),
}

impl Relay {
    /// Most rows of one turn.
    pub const PAGE: usize = 500;
    /// Other processes commit as well, and a wake-up may get lost.
    const POLL: Duration = Duration::from_secs(1);

    /// Between these two.
    pub const fn new(outbox: Arc<dyn Outbox>, broker: Arc<dyn EventBroker>) -> Self {
        Self { outbox, broker }
    }

    /// Publishes one page and says how many rows it had.
    ///
    /// # Errors
    /// [`RelayError`]; the rows stay in the outbox then.
    pub async fn turn(&self) -> Result<usize, RelayError> {
        let rows = self.outbox.unpublished(Self::PAGE).await?;
        if rows.is_empty() {
            return Ok(0);
        }
        self.broker.publish(&rows).await?;
        let positions: Vec<_> = rows.iter().map(|row| row.position).collect();
        self.outbox.mark_published(&positions).await?;
        Ok(rows.len())
    }

    async fn wait_for_more(&self) {
        // Late is the same as woken: the next turn looks.
        let _woken_or_late = timeout(Self::POLL, self.outbox.wait_for_messages()).await;
    }
}

#[async_trait]
impl Part for Relay {
    fn name(&self) -> String {
        "relay".to_owned()
    }

    async fn run(&self, stop: &CancellationToken) -> anyhow::Result<()> {
        let mut backoff = Backoff::new();
        while !stop.is_cancelled() {
            match self.turn().await {
                Ok(rows) => {
                    backoff.reset();
                    if rows < Self::PAGE {
                        stop.run_until_cancelled(self.wait_for_more()).await;
                    }
                }
                Err(error) => {
                    let pause = backoff.pause();
                    tracing::warn!("events wait in the outbox: {error}; next try in {pause:?}");
                    stop.run_until_cancelled(sleep(pause)).await;
                }
            }
        }
        Ok(())
    }
}
