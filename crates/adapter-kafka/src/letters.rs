use ordersystem_application::{BrokerError, Record};
use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::util::Timeout;
use tokio::sync::OnceCell;

use crate::config::{KafkaConfig, millis};
use crate::context::Quiet;
use crate::record;
use crate::topics::SharedTopics;

/// Appends single records: to the dead letters, or to their stream once more. It has a producer of its own, because a
/// record that is refused must not stop the events; between these records there is no order to keep.
pub(crate) struct Letters {
    config: KafkaConfig,
    topics: SharedTopics,
    producer: OnceCell<FutureProducer<Quiet>>,
}

impl Letters {
    pub(crate) fn new(config: KafkaConfig, topics: SharedTopics) -> Self {
        Self { config, topics, producer: OnceCell::new() }
    }

    /// A value that even the dead letters' topic refuses is left out: its group has to go on, and the record stays where
    /// the headers say.
    pub(crate) async fn bury(
        &self,
        record: &Record,
        group: &str,
        error: &str,
    ) -> Result<(), BrokerError> {
        let place = [
            ("x-dlq-topic", self.config.topics.name(record.topic).to_owned()),
            ("x-dlq-partition", record.partition.to_string()),
            ("x-dlq-offset", record.offset.to_string()),
            ("x-dlq-group", self.config.group(group)),
            ("x-dlq-error", error.to_owned()),
        ];
        let mut headers = record.headers.clone();
        headers.extend(place.map(|(name, value)| (name.to_owned(), value)));
        let topic = self.config.topics.dead_letters(record.topic);
        let mut letter = Letter {
            topic: &topic,
            key: record.key.as_deref(),
            headers,
            value: Some(&record.value),
        };
        let refused = match self.send(&letter).await {
            Err(error) if is_too_large(&error) => {
                letter
                    .headers
                    .push(("x-dlq-value-left-out".to_owned(), record.value.len().to_string()));
                letter.value = None;
                self.send(&letter).await
            }
            sent => sent,
        };
        refused.map_err(|error| self.report(&topic, &error))
    }

    pub(crate) async fn republish(&self, record: &Record) -> Result<(), BrokerError> {
        let mut headers = record.headers.clone();
        headers.retain(|(name, _)| name != REPLAYED_BY);
        headers.push((REPLAYED_BY.to_owned(), "ordersystem".to_owned()));
        let topic = self.config.topics.name(record.topic);
        let letter =
            Letter { topic, key: record.key.as_deref(), headers, value: Some(&record.value) };
        self.send(&letter).await.map_err(|error| self.report(topic, &error))
    }

    async fn send(&self, letter: &Letter<'_>) -> Result<(), KafkaError> {
        self.topics.ensure().await.map_err(|BrokerError| UNREACHABLE)?;
        let open = async || self.settings().create_with_context(Quiet);
        let producer = self.producer.get_or_try_init(open).await?;
        let sent =
            producer.send(letter.record(), Timeout::After(self.config.patience.request)).await;
        sent.map(drop).map_err(|(error, _)| error)
    }

    fn report(&self, topic: &str, error: &KafkaError) -> BrokerError {
        tracing::warn!("a record could not be appended to {topic}: {error}");
        self.topics.doubt();
        BrokerError
    }

    fn settings(&self) -> ClientConfig {
        let mut settings = self.config.client();
        settings
            .set("acks", "all")
            .set("enable.idempotence", "true")
            .set("compression.type", "snappy")
            .set("partitioner", "murmur2_random")
            .set("message.timeout.ms", millis(self.config.patience.request * 2));
        settings
    }
}

const REPLAYED_BY: &str = "x-replayed-by";

const UNREACHABLE: KafkaError =
    KafkaError::MessageProduction(RDKafkaErrorCode::BrokerTransportFailure);

struct Letter<'a> {
    topic: &'a str,
    key: Option<&'a str>,
    headers: Vec<(String, String)>,
    value: Option<&'a [u8]>,
}

impl Letter<'_> {
    fn record(&self) -> FutureRecord<'_, str, [u8]> {
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let record = FutureRecord::to(self.topic).headers(record::headers(headers));
        FutureRecord { key: self.key, payload: self.value, ..record }
    }
}

fn is_too_large(error: &KafkaError) -> bool {
    error.rdkafka_error_code() == Some(RDKafkaErrorCode::MessageSizeTooLarge)
}
