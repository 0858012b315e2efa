use std::time::Duration;

use ordersystem_application::OutboxMessage;
use rdkafka::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseRecord, DeliveryResult, ProducerContext, ThreadedProducer};
use rdkafka::statistics::Statistics;
use thiserror::Error;
use tokio::sync::watch;

use crate::config::KafkaConfig;
use crate::context;
use crate::record;

/// Why a producer is given up.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum Trouble {
    #[error("no acknowledgement for {0:?}")]
    Stalled(Duration),
    #[error("{0}")]
    Refused(KafkaError),
}

/// One producer and what it still owes. Dropping it blocks for a moment and throws away what waits in it.
pub(super) struct Line {
    producer: ThreadedProducer<Acks>,
    progress: watch::Receiver<Progress>,
    enqueued: u64,
    stall: Duration,
}

impl Line {
    pub(super) fn open(config: &KafkaConfig) -> Result<Self, Trouble> {
        let (acks, progress) = watch::channel(Progress::default());
        let producer =
            settings(config).create_with_context(Acks(acks)).map_err(Trouble::Refused)?;
        Ok(Self { producer, progress, enqueued: 0, stall: config.patience.stall })
    }

    /// Puts the message behind all others; waits for room when the queue is full.
    pub(super) async fn enqueue(
        &mut self,
        topic: &str,
        message: &OutboxMessage,
    ) -> Result<(), Trouble> {
        let (key, headers) = (message.key.to_string(), message.headers());
        let headers = record::headers(headers.iter().map(|(name, value)| (*name, value.as_str())));
        let mut record = BaseRecord::to(topic).key(&key).payload(&message.payload).headers(headers);
        loop {
            // Nothing may follow a message that has failed.
            let seen = self.progress.borrow_and_update().clone().checked()?;
            match self.producer.send(record) {
                Ok(()) => break self.enqueued += 1,
                Err((error, refused)) if is_full(&error) => {
                    record = refused;
                    self.until(|now| now.acknowledged > seen.acknowledged).await?;
                }
                Err((error, _)) => return Err(Trouble::Refused(error)),
            }
        }
        Ok(())
    }

    /// Waits until every message is in the log, those of calls that were given up included.
    pub(super) async fn acknowledged(&mut self) -> Result<(), Trouble> {
        let enqueued = self.enqueued;
        self.until(|now| now.acknowledged == enqueued).await
    }

    async fn until(&mut self, reached: impl Fn(&Progress) -> bool) -> Result<(), Trouble> {
        loop {
            let now = self.progress.borrow_and_update().clone().checked()?;
            if reached(&now) {
                return Ok(());
            }
            let change = tokio::time::timeout(self.stall, self.progress.changed()).await;
            change
                .map_err(|_elapsed| Trouble::Stalled(self.stall))?
                .map_err(|_closed| Trouble::Stalled(self.stall))?;
        }
    }
}

/// What librdkafka has said about the messages of one producer.
#[derive(Debug, Clone, Default)]
struct Progress {
    acknowledged: u64,
    failed: Option<KafkaError>,
}

impl Progress {
    fn checked(self) -> Result<Self, Trouble> {
        match self.failed {
            Some(error) => Err(Trouble::Refused(error)),
            None => Ok(self),
        }
    }
}

struct Acks(watch::Sender<Progress>);

impl Acks {
    fn fail(&self, error: &KafkaError) {
        self.0.send_modify(|progress| {
            progress.failed.get_or_insert_with(|| error.clone());
        });
    }
}

impl ClientContext for Acks {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        context::log(level, facility, message);
    }

    /// Of the errors that belong to no message only a fatal one matters: librdkafka works on the others itself.
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(target: "librdkafka", "{error}: {reason}");
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::Fatal) {
            self.fail(&error);
        }
    }

    fn stats(&self, _statistics: Statistics) {}
}

impl ProducerContext for Acks {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, _opaque: ()) {
        match result {
            Ok(_) => self.0.send_modify(|progress| progress.acknowledged += 1),
            Err((error, _)) => self.fail(error),
        }
    }
}

/// Contract §4, and what order and gaplessness ask for. The partitioner is that of Java's producers, so that the messages
/// of others about one order meet ours.
fn settings(config: &KafkaConfig) -> ClientConfig {
    let mut settings = config.client();
    settings
        .set("enable.idempotence", "true")
        .set("enable.gapless.guarantee", "true")
        .set("max.in.flight.requests.per.connection", "1")
        .set("acks", "all")
        .set("message.timeout.ms", "0")
        .set("linger.ms", "10")
        .set("batch.size", "16384")
        .set("compression.type", "snappy")
        .set("queue.buffering.max.messages", "20000")
        .set("partitioner", "murmur2_random");
    settings
}

fn is_full(error: &KafkaError) -> bool {
    error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull)
}
