//! Outbox → broker. Publishes what was committed, in the order of the outbox, and marks it only after the broker has
//! it: a crash in between publishes twice, never not at all.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ordersystem_application::{
    BrokerError, Bucket, EventBroker, Outbox, OutboxRow, StoreUnavailable,
};
use ordersystem_shared_kernel::{Bug, seeded};
use ordersystem_test_seams::FailPoint;
use thiserror::Error;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Backoff;
use super::supervisor::Part;

/// The part that publishes the outbox.
pub struct Relay {
    outbox: Arc<dyn Outbox>,
    broker: Arc<dyn EventBroker>,
    id: Uuid,
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
    pub const PAGE: usize = 1_000;
    /// A turn that takes longer than what is left of the lease would let another relay publish the same rows.
    const RENEW: Duration = Duration::from_secs(3);
    /// Other processes commit as well, and a wake-up may get lost.
    const POLL: Duration = Duration::from_secs(1);

    /// Between these two; `id` tells this relay from others on the same outbox.
    pub const fn new(outbox: Arc<dyn Outbox>, broker: Arc<dyn EventBroker>, id: Uuid) -> Self {
        Self { outbox, broker, id }
    }

    /// Publishes one page of the buckets that this relay has leased, and says how many rows it had.
    ///
    /// # Errors
    /// [`RelayError`]; the rows stay in the outbox then.
    pub async fn turn(&self, buckets: &[Bucket]) -> Result<usize, RelayError> {
        let rows = self.outbox.unpublished(buckets, Self::PAGE).await?;
        if rows.is_empty() {
            return Ok(0);
        }
        FailPoint::RelayRead.reached();
        let positions: Vec<_> = rows.iter().map(|row| row.position).collect();
        if seeded(Bug::AckBeforeProduce) {
            self.outbox.mark_published(&positions).await?;
        }
        if seeded(Bug::RelayPassesFailedRow) {
            return self.turn_past_failures(rows).await;
        }
        self.broker.publish(&rows).await?;
        FailPoint::RelayPublished.reached();
        self.outbox.mark_published(&positions).await?;
        FailPoint::RelayMarked.reached();
        Ok(rows.len())
    }

    /// As a seeded bug has it: what fails stays behind, and the rest goes on without it.
    async fn turn_past_failures(&self, rows: Vec<OutboxRow>) -> Result<usize, RelayError> {
        for row in &rows {
            if self.broker.publish(std::slice::from_ref(row)).await.is_ok() {
                self.outbox.mark_published(&[row.position]).await?;
            }
        }
        Ok(rows.len())
    }

    async fn wait_for_more(&self) {
        // Late is the same as woken: the next turn looks.
        let _woken_or_late = timeout(Self::POLL, self.outbox.wait_for_messages()).await;
    }
}

/// The buckets that a relay may publish now.
#[derive(Default)]
struct Leased {
    buckets: Vec<Bucket>,
    renewed: Option<Instant>,
}

impl Leased {
    async fn renew(&mut self, relay: &Relay) -> Result<(), StoreUnavailable> {
        if self.renewed.is_none_or(|renewed| renewed.elapsed() >= Relay::RENEW) {
            // Before the question: the lease counts from a moment after this one.
            let asked = Instant::now();
            self.buckets = relay.outbox.lease(relay.id).await?;
            self.renewed = Some(asked);
            FailPoint::RelayLeased.reached();
        }
        Ok(())
    }
}

impl Relay {
    async fn leased_turn(&self, leased: &mut Leased) -> Result<usize, RelayError> {
        leased.renew(self).await?;
        self.turn(&leased.buckets).await
    }

    async fn publish_until(&self, stop: &CancellationToken) {
        let (mut backoff, mut leased) = (Backoff::new(), Leased::default());
        while !stop.is_cancelled() {
            match self.leased_turn(&mut leased).await {
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
    }
}

#[async_trait]
impl Part for Relay {
    fn name(&self) -> String {
        "relay".to_owned()
    }

    async fn run(&self, stop: &CancellationToken) -> anyhow::Result<()> {
        self.publish_until(stop).await;
        // The others would get the buckets anyway, a lease later.
        if let Err(error) = self.outbox.release(self.id).await {
            tracing::debug!("the leases of the relay run out by themselves: {error}");
        }
        Ok(())
    }
}
