//! Engines that may be down while orders go on: how to ask whether they are, and how to leave them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ordersystem_adapter_kafka::KafkaBroker;
use ordersystem_adapter_redis::Redis;
use tokio::time::timeout;

/// The name under which health shows an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Component {
    /// The broker.
    Kafka,
    /// The fast counters.
    Redis,
}

impl Component {
    /// As Spring's actuator would call it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kafka => "kafka",
            Self::Redis => "redis",
        }
    }
}

/// An engine that can be asked for a sign of life.
#[async_trait]
pub trait Engine: Send + Sync {
    /// Why it does not answer, if it does not.
    async fn ping(&self) -> Result<(), String>;

    /// Takes leave, where others would otherwise wait for this process to be given up.
    async fn close(&self) {}
}

#[async_trait]
impl Engine for Redis {
    async fn ping(&self) -> Result<(), String> {
        Redis::ping(self).await.map_err(|down| down.to_string())
    }
}

#[async_trait]
impl Engine for KafkaBroker {
    async fn ping(&self) -> Result<(), String> {
        KafkaBroker::ping(self).await.map_err(|down| down.to_string())
    }

    async fn close(&self) {
        KafkaBroker::close(self).await;
    }
}

/// An engine with its name.
#[derive(Clone)]
pub struct Probe {
    /// Which part of health it is.
    pub component: Component,
    engine: Arc<dyn Engine>,
}

impl Probe {
    /// Longer than an engine that is well takes by far.
    const PATIENCE: Duration = Duration::from_secs(2);

    /// Asks this engine.
    pub fn new(component: Component, engine: impl Engine + 'static) -> Self {
        Self { component, engine: Arc::new(engine) }
    }

    /// Takes leave of the engine.
    pub async fn close(&self) {
        self.engine.close().await;
    }

    /// Why the engine does not answer, if it does not.
    ///
    /// # Errors
    /// The reason, in words for an operator.
    pub async fn check(&self) -> Result<(), String> {
        let answer = timeout(Self::PATIENCE, self.engine.ping()).await;
        answer.map_err(|_late| "it does not answer".to_owned())?
    }
}
