//! Why nothing is lost and the first occurrences of a key stay in order.
//!
//! What one producer puts into a partition is always a gapless beginning of what was given to it:
//!
//! - One request per broker is in flight. With more, a request that is refused (`NOT_ENOUGH_REPLICAS`) may be followed by
//!   one that is taken: a partition that does not know the producer yet accepts any first sequence number, and librdkafka
//!   then takes the success of the second as the success of the first.
//! - No message times out on its own (`message.timeout.ms=0`), and one that is refused for good ends the producer
//!   (`enable.gapless.guarantee`).
//! - Before the caller is told [`BrokerError`], the producer is destroyed with all that waits in it: nothing is sent later
//!   behind the caller's back. Cutting off the end of a queue leaves a beginning, and a request that was on its way and
//!   arrives late is the next piece of that beginning.
//! - When the caller drops the call, its rows stay in the producer, in order, before everything that follows; the next
//!   call waits for them as well.
//!
//! The relay publishes again from its first unpublished row, never from a later one. So the log is a mixture of sequences
//! that each are in order without gaps and start no later than the first row that is not in the log: no row can be there
//! before its predecessor.

mod line;

use ordersystem_application::{BrokerError, OutboxRow};
use ordersystem_test_seams::FailPoint;
use tokio::sync::Mutex;

use crate::blocking::off_the_runtime;
use crate::config::KafkaConfig;
use crate::topics::SharedTopics;
use line::{Line, Trouble};

/// Publishes the outbox, one call at a time.
pub(crate) struct Publisher {
    config: KafkaConfig,
    topics: SharedTopics,
    line: Mutex<Option<Line>>,
}

impl Publisher {
    pub(crate) fn new(config: KafkaConfig, topics: SharedTopics) -> Self {
        Self { config, topics, line: Mutex::new(None) }
    }

    pub(crate) async fn publish(&self, rows: &[OutboxRow]) -> Result<(), BrokerError> {
        let mut line = self.line.lock().await;
        self.topics.ensure().await?;
        let Err(trouble) = self.send(&mut line, rows).await else { return Ok(()) };
        let count = rows.len();
        tracing::warn!("{count} event(s) could not be published and will be sent again: {trouble}");
        self.topics.doubt();
        let broken = line.take();
        off_the_runtime(move || drop(broken)).await?;
        Err(BrokerError)
    }

    async fn send(&self, line: &mut Option<Line>, rows: &[OutboxRow]) -> Result<(), Trouble> {
        let line = match line {
            Some(line) => line,
            None => line.insert(Line::open(&self.config)?),
        };
        let mut in_order: Vec<_> = rows.iter().collect();
        in_order.sort_by_key(|row| row.position);
        for row in in_order {
            line.enqueue(self.config.topics.name(row.message.topic), &row.message).await?;
        }
        FailPoint::RelayEnqueued.reached();
        line.acknowledged().await
    }
}
