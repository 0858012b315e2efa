use std::time::Duration;

use ordersystem_application::{BrokerError, Topic};
use rdkafka::consumer::{BaseConsumer, Consumer};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::blocking::off_the_runtime;
use crate::config::KafkaConfig;
use crate::context::Quiet;

/// How long an answer counts: health is asked for by several and often.
const FRESH: Duration = Duration::from_secs(1);

const PATIENCE: Duration = Duration::from_secs(2);

/// Asks the broker for its metadata, at most once a second whoever wants to know.
pub(crate) struct Health {
    config: KafkaConfig,
    last: Mutex<Last>,
}

#[derive(Default)]
struct Last {
    client: Option<BaseConsumer<Quiet>>,
    answer: Option<(Instant, Result<(), BrokerError>)>,
}

impl Health {
    pub(crate) fn new(config: KafkaConfig) -> Self {
        Self { config, last: Mutex::default() }
    }

    pub(crate) async fn ping(&self) -> Result<(), BrokerError> {
        let mut last = self.last.lock().await;
        if let Some((at, answer)) = last.answer
            && at.elapsed() < FRESH
        {
            return answer;
        }
        let (config, client) = (self.config.clone(), last.client.take());
        let (client, answer) = off_the_runtime(move || ask(&config, client)).await?;
        *last = Last { client, answer: Some((Instant::now(), answer)) };
        answer
    }
}

type Client = BaseConsumer<Quiet>;

/// A consumer that reads nothing: unlike a producer it never creates the topic that it asks about.
fn ask(config: &KafkaConfig, client: Option<Client>) -> (Option<Client>, Result<(), BrokerError>) {
    let opened = match client {
        Some(client) => Ok(client),
        None => config.client().create_with_context::<_, Client>(Quiet),
    };
    let Ok(client) = opened else { return (None, Err(BrokerError)) };
    // Errors that nobody fetches would pile up.
    while client.poll(Duration::ZERO).is_some() {}
    let topic = config.topics.name(Topic::OrderEvents);
    let answer = client.fetch_metadata(Some(topic), PATIENCE);
    let answer = answer.map(drop).map_err(|error| {
        tracing::debug!("Kafka does not answer: {error}");
        BrokerError
    });
    (Some(client), answer)
}
