//! Broker → use cases. A record is handled before its offset is committed, so a crash repeats records and loses none;
//! the handlers make repetition harmless.

mod event_id;
mod order_events;
mod stock_events;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use async_trait::async_trait;
use ordersystem_application::{DeadLetters, EventBroker, Reads, Record, Subscription, Topic};
use ordersystem_shared_kernel::{Bug, Clock, Timestamp, seeded};
use ordersystem_test_seams::FailPoint;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

pub use event_id::event_id;
pub use order_events::OrderEvents;
pub use stock_events::StockEvents;
pub use verdict::Trouble;

use super::Backoff;
use super::supervisor::Part;
use crate::wiring::Engines;

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
    dead_letters: Arc<dyn DeadLetters>,
    reads: Arc<dyn Reads>,
    clock: Arc<dyn Clock>,
}

impl<H: Handler> Consumer<H> {
    /// Most records of one poll (contract §4).
    pub const MAX_POLL_RECORDS: usize = 100;
    /// How often the store is looked for.
    const PULSE: Duration = Duration::from_secs(1);
    /// A member whose store is silent for so long leaves its records to others.
    const SILENCE: Duration = Duration::from_secs(4);

    /// Feeds `handler` from the broker of these engines.
    pub fn new(handler: H, engines: &Engines) -> Self {
        let Engines { broker, dead_letters, reads, clock, .. } = engines;
        let (broker, dead_letters) = (broker.clone(), dead_letters.clone());
        let (reads, clock) = (reads.clone(), clock.clone());
        Self { handler, broker, dead_letters, reads, clock }
    }

    /// Returns when nothing can be handled here and another member may be better off.
    async fn store_is_silent(&self) {
        let mut answered = Instant::now();
        while answered.elapsed() < Self::SILENCE {
            sleep(Self::PULSE).await;
            if self.reads.stock_epoch().await.is_ok() {
                answered = Instant::now();
            }
        }
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
        let polled = polled?;
        FailPoint::ConsumerPolled.reached();
        if seeded(Bug::OffsetBeforeCommit) {
            subscription.commit().await?;
        }
        if self.handle_all(polled, stop).await == Handled::Everything {
            FailPoint::ConsumerHandled.reached();
            subscription.commit().await?;
            FailPoint::ConsumerCommitted.reached();
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
            pending = self.left_over(pending, outcomes).await;
            if pending.is_empty() {
                return Handled::Everything;
            }
            if stop.run_until_cancelled(sleep(backoff.pause())).await.is_none() {
                return Handled::NotEverything;
            }
        }
    }

    async fn left_over(
        &self,
        records: Vec<Record>,
        outcomes: Vec<Result<(), Trouble>>,
    ) -> Vec<Record> {
        let mut left = Vec::new();
        for (record, outcome) in records.into_iter().zip(outcomes) {
            let trouble = match outcome {
                Ok(()) => continue,
                Err(Trouble::Transient(why)) if !seeded(Bug::DeadLetterOnTransient) => why,
                Err(Trouble::Transient(why) | Trouble::Permanent(why)) => {
                    match self.bury(&record, &why).await {
                        Ok(()) => continue,
                        Err(error) => format!("{why}, and it cannot be set aside: {error:#}"),
                    }
                }
            };
            tracing::warn!("{}: {} has to wait: {trouble}", self.handler.group(), place(&record));
            left.push(record);
        }
        left
    }

    /// Where a record goes that no retry can help: a row for people, a copy for their tools, and the group goes on.
    async fn bury(&self, record: &Record, why: &str) -> anyhow::Result<()> {
        let group = self.handler.group();
        if seeded(Bug::PoisonSkipped) {
            return Ok(());
        }
        self.dead_letters.bury(record, group, why).await?;
        FailPoint::LetterStored.reached();
        self.broker.bury(record, group, why).await?;
        tracing::error!(
            "{group}: {} cannot be handled and is a dead letter now: {why}",
            place(record)
        );
        Ok(())
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
        self.reads.stock_epoch().await?;
        let mut subscription = self.broker.subscribe(group, topic).await?;
        let feed = async {
            while !stop.is_cancelled() {
                self.turn(subscription.as_mut(), stop).await?;
            }
            Ok(())
        };
        // To leave in the middle of a batch is as safe as a crash.
        tokio::select! {
            biased;
            fed = feed => fed,
            () = self.store_is_silent() => bail!("the store does not answer"),
        }
    }
}
