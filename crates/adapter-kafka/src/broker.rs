use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ordersystem_application::{
    BrokerError, EventBroker, OutboxRow, Record, Subscription, Tail, TailFrom, Topic,
};
use tokio::sync::watch;

use crate::config::{KafkaConfig, KafkaConfigError};
use crate::health::Health;
use crate::letters::Letters;
use crate::publisher::Publisher;
use crate::reader::{self, Library, Member};
use crate::topics::Topics;

/// How long readers have to leave their groups.
const LEAVING: Duration = Duration::from_secs(5);

/// The streams on Kafka. Its clones are the same broker.
#[derive(Clone)]
pub struct KafkaBroker {
    parts: Arc<Parts>,
}

struct Parts {
    publisher: Publisher,
    letters: Letters,
    library: Library,
    health: Health,
}

impl KafkaBroker {
    /// Talks to nobody yet: the shop starts without Kafka, and every use finds out for itself whether it is there.
    pub fn open(config: KafkaConfig) -> Result<Self, KafkaConfigError> {
        config.check()?;
        let topics = Arc::new(Topics::new(config.clone()));
        let parts = Parts {
            publisher: Publisher::new(config.clone(), topics.clone()),
            letters: Letters::new(config.clone(), topics.clone()),
            health: Health::new(config.clone()),
            library: Library { config, topics, open: watch::Sender::new(0) },
        };
        Ok(Self { parts: Arc::new(parts) })
    }

    /// Whether Kafka answers now; an answer counts for a second, and none comes within two.
    pub async fn ping(&self) -> Result<(), BrokerError> {
        self.parts.health.ping().await
    }

    /// Waits until the members that were dropped have left their groups, so that others get their partitions at once
    /// instead of when the session ends. Gives up after a few seconds.
    pub async fn close(&self) {
        let mut open = self.parts.library.open.subscribe();
        let _too_slow = tokio::time::timeout(LEAVING, open.wait_for(|readers| *readers == 0)).await;
    }
}

#[async_trait]
impl EventBroker for KafkaBroker {
    async fn publish(&self, rows: &[OutboxRow]) -> Result<(), BrokerError> {
        self.parts.publisher.publish(rows).await
    }

    async fn subscribe(
        &self,
        group: &'static str,
        topic: Topic,
    ) -> Result<Box<dyn Subscription>, BrokerError> {
        Ok(Box::new(Member::join(&self.parts.library, group, topic).await?))
    }

    async fn tail(&self, from: TailFrom) -> Result<Tail, BrokerError> {
        reader::tail(&self.parts.library, from).await
    }

    async fn bury(&self, record: &Record, group: &str, error: &str) -> Result<(), BrokerError> {
        self.parts.letters.bury(record, group, error).await
    }

    async fn republish(&self, record: &Record) -> Result<(), BrokerError> {
        self.parts.letters.republish(record).await
    }
}
