use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::Message;
use rdkafka::consumer::Consumer as _;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::BorrowedMessage;
use tokio::sync::watch;

use super::buffer::Buffer;
use super::{Consumer, Library, places};
use crate::record;

/// How long one look for records or for room takes at most: a reader that is dropped ends after that.
const LOOK: Duration = Duration::from_millis(100);

/// Between two questions whether the place of a reader that gets nothing is still one: a commit asks by itself.
const DOUBT: Duration = Duration::from_secs(1);

/// The thread's end: moves records from the consumer into the buffer until its user is gone.
pub(super) struct Pump {
    consumer: Arc<Consumer>,
    buffer: Arc<Buffer>,
    open: watch::Sender<usize>,
}

impl Pump {
    pub(super) fn new(consumer: Arc<Consumer>, buffer: Arc<Buffer>, library: &Library) -> Self {
        let open = library.open.clone();
        open.send_modify(|readers| *readers += 1);
        Self { consumer, buffer, open }
    }

    pub(super) fn run(self) {
        let mut sure_until = Instant::now() + DOUBT;
        while !self.buffer.is_closed() {
            if self.buffer.is_full() {
                self.buffer.wait_for_room(LOOK);
            }
            if self.buffer.is_full() {
                self.stay_in_the_group();
            } else if !self.look(LOOK) && Instant::now() >= sure_until {
                self.doubt();
                sure_until = Instant::now() + DOUBT;
            }
        }
    }

    /// A broker that does not answer is not asked for long: records may come.
    fn doubt(&self) {
        if places::are_forgotten(&self.consumer, &self.buffer, LOOK).unwrap_or(false) {
            self.buffer.fail(places::FORGOTTEN.to_owned());
        }
    }

    /// The user is slow: asks for no more records, but goes on to answer the broker. Pausing throws away what the client
    /// has fetched ahead, so it is not done for every full buffer.
    fn stay_in_the_group(&self) {
        self.pause();
        while self.buffer.is_full() && !self.buffer.is_closed() {
            // Partitions that were assigned meanwhile are not paused yet.
            if self.look(Duration::ZERO) {
                self.pause();
            }
            self.buffer.wait_for_room(LOOK);
        }
        self.report(self.consumer.assignment().and_then(|mine| self.consumer.resume(&mine)));
    }

    fn pause(&self) {
        self.report(self.consumer.assignment().and_then(|mine| self.consumer.pause(&mine)));
    }

    /// Whether there was a record.
    fn look(&self, patience: Duration) -> bool {
        match self.consumer.poll(patience) {
            Some(Ok(message)) => self.keep(&message),
            Some(Err(error)) => {
                self.report(Err(error));
                return false;
            }
            None => return false,
        }
        true
    }

    fn keep(&self, message: &BorrowedMessage<'_>) {
        if let Some(topic) = self.consumer.context().config().topics.find(message.topic()) {
            self.buffer.push(record::read(topic, message));
        }
    }

    fn report(&self, result: Result<(), KafkaError>) {
        match result {
            Err(error) if ends_reading(&error) => self.buffer.fail(error.to_string()),
            Err(error) => tracing::debug!(target: "librdkafka", "{error}"),
            Ok(()) => {}
        }
    }
}

/// Nobody waits for a thread that is gone, also when it panicked.
impl Drop for Pump {
    fn drop(&mut self) {
        self.buffer.fail("the reader has ended".to_owned());
        self.open.send_modify(|readers| *readers -= 1);
    }
}

/// What librdkafka does not get over by itself. The user joins again and finds the topics created.
fn ends_reading(error: &KafkaError) -> bool {
    let Some(code) = error.rdkafka_error_code() else { return false };
    matches!(error, KafkaError::MessageConsumptionFatal(_))
        || matches!(
            code,
            RDKafkaErrorCode::UnknownTopicOrPartition
                | RDKafkaErrorCode::UnknownTopic
                | RDKafkaErrorCode::TopicAuthorizationFailed
                | RDKafkaErrorCode::GroupAuthorizationFailed
                | RDKafkaErrorCode::InvalidSessionTimeout
        )
}
