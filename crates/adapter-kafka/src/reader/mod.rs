//! A reader is a thread that does nothing but poll its Kafka consumer, so that a member of a group answers the broker
//! however long its user works on a batch, and a small buffer between the two.

mod buffer;
mod hooks;
mod member;
mod places;
mod pump;
mod tail;

use std::sync::{Arc, Weak};
use std::thread;

use ordersystem_application::{BrokerError, Record};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::BaseConsumer;
use tokio::sync::watch;

use crate::config::{KafkaConfig, millis};
use crate::topics::SharedTopics;
use buffer::Buffer;
use hooks::Hooks;
use pump::Pump;

pub(crate) use member::Member;
pub(crate) use tail::tail;

type Consumer = BaseConsumer<Hooks>;

/// What readers share: where Kafka is, its topics, and how many of them are still open.
#[derive(Clone)]
pub(crate) struct Library {
    pub(crate) config: KafkaConfig,
    pub(crate) topics: SharedTopics,
    pub(crate) open: watch::Sender<usize>,
}

/// The user's end. Dropping it ends the thread, which leaves the group and closes the consumer in its own time.
struct Reader {
    buffer: Arc<Buffer>,
    /// The thread holds the consumer: closing it takes a while and must not happen here.
    consumer: Weak<Consumer>,
    topics: SharedTopics,
}

impl Reader {
    /// Opens a consumer, lets `begin` say what it reads, and starts to poll it. Blocks.
    fn open<T>(
        library: &Library,
        settings: &ClientConfig,
        begin: impl FnOnce(&Consumer) -> Result<T, String>,
    ) -> Result<(Self, T), BrokerError> {
        let buffer = Arc::new(Buffer::default());
        let hooks = Hooks::new(buffer.clone(), library.config.clone());
        let report = |reason: String| {
            tracing::warn!("the topics cannot be read: {reason}");
            library.topics.doubt();
            BrokerError
        };
        let consumer = settings.create_with_context::<_, Consumer>(hooks);
        let consumer = Arc::new(consumer.map_err(|error| report(error.to_string()))?);
        let begun = begin(&consumer).map_err(report)?;
        let reader = Self {
            buffer: buffer.clone(),
            consumer: Arc::downgrade(&consumer),
            topics: library.topics.clone(),
        };
        let pump = Pump::new(consumer, buffer, library);
        let started = thread::Builder::new().name("kafka-reader".to_owned()).spawn(|| pump.run());
        started.map_err(|error| report(error.to_string()))?;
        Ok((reader, begun))
    }

    async fn poll(&self, max: usize) -> Result<Vec<Record>, BrokerError> {
        loop {
            if let Some(records) = self.buffer.take(max).map_err(|trouble| {
                tracing::warn!("reading has failed: {trouble}");
                self.topics.doubt();
                BrokerError
            })? {
                return Ok(records);
            }
            self.buffer.changed().await;
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.buffer.close();
    }
}

/// Nothing is committed but what [`Member::commit`] commits, and a reader whose place is not in the log (any more) starts
/// with the oldest record. Members learn at a heartbeat that partitions are dealt out anew. A single message larger than the fetch sizes is delivered all the same.
fn settings(config: &KafkaConfig, group: &str) -> ClientConfig {
    let mut settings = config.client();
    settings
        .set("group.id", config.group(group))
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "earliest")
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set("session.timeout.ms", millis(config.patience.session))
        .set("heartbeat.interval.ms", "1000")
        .set("max.poll.interval.ms", millis(config.patience.max_poll_interval))
        .set("fetch.wait.max.ms", "100")
        .set("queued.max.messages.kbytes", "16384")
        .set("receive.message.max.bytes", "134217728");
    settings
}
