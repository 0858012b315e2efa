//! Settings → engines → use cases: the only place that knows which adapter plays which part.

mod engines;
mod health;
mod patience;

use std::fmt;
use std::sync::Arc;

use ordersystem_adapter_memory::MemoryBroker;
use ordersystem_application::{
    BrokerError, Policy, Ports, ProductStepError, StoreUnavailable, UseCases,
};
use ordersystem_payment::CallbackOnly;

use crate::background::reconcile::Reconcile;
use crate::config::Settings;
use crate::metrics::Metrics;

pub use engines::{BrokerMemory, Engines, kafka_config, redis_config};
pub use health::{Component, Engine, Probe};

/// The wired program, without anything that runs by itself.
#[derive(Clone)]
pub struct World {
    /// What the program can do.
    pub use_cases: UseCases,
    /// What it does that with.
    pub engines: Engines,
    /// What operators see of it.
    pub metrics: Metrics,
}

/// Why the program could not be wired or made ready.
#[derive(Debug, thiserror::Error)]
pub enum WiringError {
    /// The database cannot be opened.
    #[error(transparent)]
    Database(#[from] ordersystem_adapter_sql::OpenError),
    /// Redis is not what the settings say.
    #[error(transparent)]
    Redis(#[from] ordersystem_adapter_redis::OpenError),
    /// Kafka cannot be used as the settings say.
    #[error(transparent)]
    Kafka(#[from] ordersystem_adapter_kafka::KafkaConfigError),
    /// The payment gateway cannot be called at its address.
    #[error(transparent)]
    Gateway(#[from] ordersystem_adapter_gateway::InvalidGateway),
    /// An engine that was waited for did not come.
    #[error("{component} was waited for and did not come: {why}")]
    NotThere {
        /// Its name.
        component: &'static str,
        /// What it says, or the system.
        why: String,
    },
    /// The store opened and stopped answering.
    #[error("the store stopped answering while the program started")]
    Store(#[from] StoreUnavailable),
    /// The broker did not take the events of the last run.
    #[error("the broker does not take events")]
    Broker(#[from] BrokerError),
    /// The sample products could not be put on sale.
    #[error("the sample products cannot be put on sale")]
    Samples(#[from] ProductStepError),
}

impl World {
    /// How many published events are shown again to those who come back after a restart.
    const HISTORY: usize = MemoryBroker::RETENTION;

    /// Wires the use cases to the engines; touches none of them.
    pub fn build(settings: &Settings, engines: Engines) -> Self {
        let ports = Ports {
            store: engines.store.clone(),
            admission: engines.admission.clone(),
            gateway: engines.gateway.clone().unwrap_or_else(|| Arc::new(CallbackOnly)),
            numbers: engines.numbers.clone(),
            clock: engines.clock.clone(),
            ids: engines.ids.clone(),
        };
        let policy = Policy {
            hold: settings.inventory.reservation_ttl,
            courier: settings.delivery.default_courier.clone(),
            zone: settings.timezone,
        };
        Self { use_cases: UseCases::new(ports, policy), engines, metrics: Metrics::default() }
    }

    /// Opens what the settings name, and tells the counters what the store knows.
    ///
    /// # Errors
    /// [`WiringError`], worded for the person who started the program.
    pub async fn open(settings: &Settings) -> Result<Self, WiringError> {
        let engines = patience::open(settings).await?;
        Reconcile::of(&engines).pass().await?;
        Ok(Self::build(settings, engines))
    }

    /// Makes a broker that forgets at exit know the latest events again. Its groups read them again as well, which their
    /// receipts make harmless, and which catches what the last run published but did not handle.
    ///
    /// # Errors
    /// The store cannot be read, or the broker takes nothing.
    pub async fn replay_history(&self) -> Result<(), WiringError> {
        if self.engines.broker_memory == BrokerMemory::Remembers {
            return Ok(());
        }
        let history = self.engines.outbox.recent(Self::HISTORY).await?;
        Ok(self.engines.broker.publish(&history).await?)
    }

    /// Puts the sample products on sale in an empty shop.
    ///
    /// # Errors
    /// [`WiringError::Samples`].
    pub async fn seed(&self) -> Result<(), WiringError> {
        if self.use_cases.seed_samples().await? {
            tracing::info!("an empty shop: the three sample products are on sale now");
        }
        Ok(())
    }

    /// Finishes what was submitted to the store, and takes leave of the engines. Nothing can be committed afterwards.
    pub async fn close(&self) {
        for probe in &self.engines.probes {
            probe.close().await;
        }
        if let Some(database) = &self.engines.database {
            database.close().await;
        }
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").finish_non_exhaustive()
    }
}
