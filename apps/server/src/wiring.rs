//! Settings → engines → use cases: the only place that knows which adapter plays which part.

use std::fmt;
use std::sync::Arc;

use ordersystem_adapter_memory::{CounterAdmission, MemoryBroker, MemoryStore};
use ordersystem_adapter_sql::{OpenError, SqliteConfig, SqliteStore};
use ordersystem_application::{
    BrokerError, DeadLetters, DueWork, EventBroker, Numbers, Outbox, Policy, Ports,
    ProductStepError, Reads, Store, StoreUnavailable, UseCases,
};
use ordersystem_inventory::StockAdmission;
use ordersystem_shared_kernel::{Clock, Ids};

use crate::background::reconcile::Reconcile;
use crate::clock::{SystemClock, TimeOrderedIds};
use crate::config::{DatabaseUrl, Settings};

/// Everything outside of the program: one adapter for each port.
#[derive(Clone)]
pub struct Engines {
    /// The truth.
    pub store: Arc<dyn Store>,
    /// What people look at.
    pub reads: Arc<dyn Reads>,
    /// Order, delivery and product numbers.
    pub numbers: Arc<dyn Numbers>,
    /// What was committed but may not be published yet.
    pub outbox: Arc<dyn Outbox>,
    /// What could not be handled.
    pub dead_letters: Arc<dyn DeadLetters>,
    /// What time brings about.
    pub due: Arc<dyn DueWork>,
    /// The fast counters.
    pub admission: Arc<dyn StockAdmission>,
    /// Where events go.
    pub broker: Arc<dyn EventBroker>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Event and transaction ids.
    pub ids: Arc<dyn Ids>,
    /// The database behind the store, to be closed at the end; none in RAM.
    pub database: Option<SqliteStore>,
}

/// The wired program, without anything that runs by itself.
#[derive(Clone)]
pub struct World {
    /// What the program can do.
    pub use_cases: UseCases,
    /// What it does that with.
    pub engines: Engines,
}

/// Why the program could not be wired or made ready.
#[derive(Debug, thiserror::Error)]
pub enum WiringError {
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
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

impl Engines {
    /// Around a store in RAM; it is lost with the last clone.
    pub fn in_memory(store: MemoryStore, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        let store = Arc::new(store);
        Self {
            store: store.clone(),
            reads: store.clone(),
            numbers: store.clone(),
            outbox: store.clone(),
            dead_letters: store.clone(),
            due: store,
            admission: Arc::new(CounterAdmission::default()),
            broker: Arc::new(MemoryBroker::default()),
            clock,
            ids,
            database: None,
        }
    }

    /// What the settings name.
    ///
    /// # Errors
    /// [`WiringError`], worded for the person who started the program.
    pub async fn open(settings: &Settings) -> Result<Self, WiringError> {
        let clock = Arc::new(SystemClock);
        let ids = Arc::new(TimeOrderedIds);
        match &settings.database.url {
            DatabaseUrl::SqliteMemory => {
                Ok(Self::in_memory(MemoryStore::new(clock.clone()), clock, ids))
            }
            DatabaseUrl::SqliteFile(path) => {
                let config = SqliteConfig {
                    queue: settings.store.queue_capacity.get(),
                    max_batch: settings.store.group_commit_max.get(),
                    ..SqliteConfig::new(path)
                };
                Ok(Self::on_sqlite(SqliteStore::open(&config, clock.clone())?, clock, ids))
            }
        }
    }

    /// Around a SQLite file, with the counters in this process.
    fn on_sqlite(store: SqliteStore, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        let database = Some(store.clone());
        let store = Arc::new(store);
        Self {
            store: store.clone(),
            reads: store.clone(),
            numbers: store.clone(),
            outbox: store.clone(),
            dead_letters: store.clone(),
            due: store,
            admission: Arc::new(CounterAdmission::default()),
            broker: Arc::new(MemoryBroker::default()),
            clock,
            ids,
            database,
        }
    }
}

impl World {
    /// How many published events are shown again to those who come back after a restart.
    const HISTORY: usize = MemoryBroker::RETENTION;

    /// Wires the use cases to the engines; touches none of them.
    pub fn build(settings: &Settings, engines: Engines) -> Self {
        let ports = Ports {
            store: engines.store.clone(),
            admission: engines.admission.clone(),
            numbers: engines.numbers.clone(),
            clock: engines.clock.clone(),
            ids: engines.ids.clone(),
        };
        let policy = Policy {
            hold: settings.inventory.reservation_ttl,
            courier: settings.delivery.default_courier.clone(),
            zone: settings.timezone,
        };
        Self { use_cases: UseCases::new(ports, policy), engines }
    }

    /// Opens what the settings name, and tells the counters what the store knows.
    ///
    /// # Errors
    /// [`WiringError`], worded for the person who started the program.
    pub async fn open(settings: &Settings) -> Result<Self, WiringError> {
        let engines = Engines::open(settings).await?;
        Reconcile::of(&engines).pass().await?;
        Ok(Self::build(settings, engines))
    }

    /// Makes a broker that forgets at exit know the latest events again. Its groups read them again as well, which their
    /// receipts make harmless, and which catches what the last run published but did not handle.
    ///
    /// # Errors
    /// The store cannot be read, or the broker takes nothing.
    pub async fn replay_history(&self) -> Result<(), WiringError> {
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

    /// Finishes what was submitted to the store. Nothing can be committed afterwards.
    pub async fn close(&self) {
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
