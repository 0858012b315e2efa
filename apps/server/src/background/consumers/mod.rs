//! Broker → use cases. A record is handled before its offset is committed, so a crash repeats records and loses none;
//! the handlers make repetition harmless.

mod event_id;
mod order_events;
mod stock_events;
mod verdict;

use std::sync::Arc;

use async_trait::async_trait;
use ordersystem_application::{EventBroker, Record, Subscription, Topic};
use ordersystem_shared_kernel::{Clock, Timestamp};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

pub use event_id::event_id;
pub use order_events::OrderEvents;
pub use stock_events::StockEvents;
pub use verdict::Trouble;

use super::Backoff;
use super::supervisor::Part;

/// What a group does with the records of its topic.
#[async_trait]
pub trait Handler: Send + Sync {
    /// The consumer group of the contract.
    fn group(&self) -> &'static str;

    /// What it reads.
    fn topic(&self) -> Topic;

    /// MUST answer for every record, in order. Records may come again, and several at once; `seen` is when the batch
    /// came for the first time.
    async fn handle(&self, records: &[Record], seen: Timestamp) -> Vec<Result<(), Trouble>>;
}

/// The part that feeds one handler.
pub struct Consumer<H> {
    handler: H,
    broker: Arc<dyn EventBroker>,
    clock: Arc<dyn Clock>,
}

impl<H: Handler> Consumer<H> {
    /// Most records of one poll (contract §4).
    pub const MAX_POLL_RECORDS: usize = 100;

    /// Feeds `handler` from `broker`.
    pub const fn new(handler: H, broker: Arc<dyn EventBroker>, clock: Arc<dyn Clock>) -> Self {
        Self { handler, broker, clock }
    }

    /// Polls, handles, commits; ends early only when it is told to stop.
    async fn turn(
        &self,
        subscription: &mut dyn Subscription,
        stop: &CancellationToken,
    ) -> anyhow::Result<()> {
        let Some(polled) =
            stop.run_until_cancelled(subscription.poll(Self::MAX_POLL_RECORDS)).await
        else {
            return Ok(());
        };
        if self.handle_all(polled?, stop).await == Handled::Everything {
            subscription.commit().await?;
        }
        Ok(())
    }

    /// Repeats what failed for the moment until it works: skipping a record would lose it.
    async fn handle_all(&self, records: Vec<Record>, stop: &CancellationToken) -> Handled {
        let seen = self.clock.now();
        let mut backoff = Backoff::new();
        let mut pending = records;
        loop {
            let outcomes = self.handler.handle(&pending, seen).await;
            pending = self.left_over(pending, outcomes);
            if pending.is_empty() {
                return Handled::Everything;
            }
            if stop.run_until_cancelled(sleep(backoff.pause())).await.is_none() {
                return Handled::NotEverything;
            }
        }
    }

    fn left_over(&self, records: Vec<Record>, outcomes: Vec<Result<(), Trouble>>) -> Vec<Record> {
        let mut left = Vec::new();
        for (record, outcome) in records.into_iter().zip(outcomes) {
            match outcome {
                Ok(()) => {}
                Err(Trouble::Permanent(why)) => self.permanent(&record, &why),
                Err(Trouble::Transient(why)) => {
                    let (group, place) = (self.handler.group(), place(&record));
                    tracing::warn!("{group}: {place} has to wait: {why}");
                    left.push(record);
                }
            }
        }
        left
    }

    /// Where a record ends that no retry can help: it is told to a person, and the group goes on.
    fn permanent(&self, record: &Record, why: &str) {
        let (group, place) = (self.handler.group(), place(record));
        tracing::error!("{group}: {place} cannot be handled and is passed over: {why}");
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Handled {
    Everything,
    NotEverything,
}

fn place(record: &Record) -> String {
    format!("topic={} partition={} offset={}", record.topic, record.partition, record.offset)
}

#[async_trait]
impl<H: Handler> Part for Consumer<H> {
    fn name(&self) -> String {
        format!("consumer {}", self.handler.group())
    }

    async fn run(&self, stop: &CancellationToken) -> anyhow::Result<()> {
        // A broker that fails ends the run: the supervisor joins the group again, from the last committed offset.
        let (group, topic) = (self.handler.group(), self.handler.topic());
        let mut subscription = self.broker.subscribe(group, topic).await?;
        while !stop.is_cancelled() {
            self.turn(subscription.as_mut(), stop).await?;
        }
        Ok(())
    }
}
