use std::sync::Arc;

use ordersystem_adapter_gateway::{HttpGateway, HttpGatewayConfig};
use ordersystem_adapter_kafka::{KafkaBroker, KafkaConfig, TopicNames};
use ordersystem_adapter_memory::{CounterAdmission, MemoryBroker, MemoryStore};
use ordersystem_adapter_redis::{Redis, RedisConfig};
use ordersystem_adapter_sql::{Database, PostgresConfig, PostgresStore, SqliteConfig, SqliteStore};
use ordersystem_application::{DeadLetters, DueWork, EventBroker, Numbers, Outbox, Reads, Store};
use ordersystem_inventory::StockAdmission;
use ordersystem_payment::PaymentGateway;
use ordersystem_shared_kernel::{Clock, Ids};

use super::WiringError;
use super::health::{Component, Probe};
use crate::background::lease::{Alone, Lease};
use crate::clock::{SystemClock, TimeOrderedIds};
use crate::config::{
    DatabaseUrl, EngineUrl, KafkaSettings, PaymentSettings, RedisSettings, Settings, TopicSettings,
};

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
    /// The company that moves the money; none where somebody else does, and reports by callbacks.
    pub gateway: Option<Arc<dyn PaymentGateway>>,
    /// Where events go.
    pub broker: Arc<dyn EventBroker>,
    /// The time: that of the database where several processes share one.
    pub clock: Arc<dyn Clock>,
    /// Event and transaction ids.
    pub ids: Arc<dyn Ids>,
    /// Spares replicas work that one of them does already.
    pub lease: Arc<dyn Lease>,
    /// What may be down while orders go on.
    pub probes: Vec<Probe>,
    /// The database behind the store, to be closed at the end; none in RAM.
    pub database: Option<Arc<dyn Database>>,
    /// Whether the broker still knows its events after a restart.
    pub broker_memory: BrokerMemory,
}

/// Whether a broker still knows its events after a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrokerMemory {
    /// It lives in this process.
    Forgets,
    /// It is an engine of its own.
    Remembers,
}

impl Engines {
    /// Around a store in RAM; it is lost with the last clone.
    pub fn in_memory(store: MemoryStore, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self::on(Arc::new(store), clock, ids)
    }

    /// On a store that has every port of one; everything else is in this process.
    pub fn on<S>(store: Arc<S>, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self
    where
        S: Store + Reads + Numbers + Outbox + DeadLetters + DueWork + 'static,
    {
        Self {
            reads: store.clone(),
            numbers: store.clone(),
            outbox: store.clone(),
            dead_letters: store.clone(),
            due: store.clone(),
            store,
            admission: Arc::new(CounterAdmission::default()),
            gateway: None,
            broker: Arc::new(MemoryBroker::default()),
            clock,
            ids,
            lease: Arc::new(Alone),
            probes: Vec::new(),
            database: None,
            broker_memory: BrokerMemory::Forgets,
        }
    }

    /// What the settings name. Only the database has to be there: without Redis and Kafka orders go on.
    ///
    /// # Errors
    /// [`WiringError`], worded for the person who started the program.
    pub async fn open(settings: &Settings) -> Result<Self, WiringError> {
        let engines = Self::of_database(settings).await?;
        let engines = engines.with_counters(&settings.redis).await?;
        engines.with_broker(&settings.kafka)?.with_gateway(&settings.payment)
    }

    fn with_gateway(mut self, settings: &PaymentSettings) -> Result<Self, WiringError> {
        if let Some(url) = &settings.gateway_url {
            let config = HttpGatewayConfig {
                connect_timeout: settings.connect_timeout,
                call_timeout: settings.call_timeout,
                ..HttpGatewayConfig::new(url, settings.gateway_secret.expose())
            };
            self.gateway = Some(Arc::new(HttpGateway::new(&config)?));
        }
        Ok(self)
    }

    async fn of_database(settings: &Settings) -> Result<Self, WiringError> {
        let ids = Arc::new(TimeOrderedIds);
        let clock = Arc::new(SystemClock);
        Ok(match &settings.database.url {
            DatabaseUrl::SqliteMemory => {
                Self::in_memory(MemoryStore::new(clock.clone()), clock, ids)
            }
            DatabaseUrl::SqliteFile(path) => {
                let config = SqliteConfig {
                    queue: settings.store.queue_capacity.get(),
                    old: settings.store.queue_age,
                    max_batch: settings.store.group_commit_max.get(),
                    ..SqliteConfig::new(path)
                };
                let store = SqliteStore::open(&config, clock.clone())?;
                Self::around(Arc::new(store), clock, ids)
            }
            DatabaseUrl::Postgres(url) => {
                let store =
                    PostgresStore::open_on_server_time(&postgres_config(url, settings)).await?;
                let clock = store.clock();
                Self::around(Arc::new(store), clock, ids)
            }
        })
    }

    fn around<D>(database: Arc<D>, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self
    where
        D: Database + 'static,
    {
        Self { database: Some(database.clone()), ..Self::on(database, clock, ids) }
    }

    async fn with_counters(mut self, settings: &RedisSettings) -> Result<Self, WiringError> {
        if let Some(url) = &settings.url {
            let redis = Redis::open(&redis_config(url, settings)).await?;
            self.admission = Arc::new(redis.admission());
            self.lease = Arc::new(redis.lease(self.ids.uuid().to_string()));
            self.probes.push(Probe::new(Component::Redis, redis));
        }
        Ok(self)
    }

    fn with_broker(mut self, settings: &KafkaSettings) -> Result<Self, WiringError> {
        if let Some(servers) = &settings.bootstrap_servers {
            let broker = KafkaBroker::open(kafka_config(servers, settings))?;
            self.broker = Arc::new(broker.clone());
            self.broker_memory = BrokerMemory::Remembers;
            self.probes.push(Probe::new(Component::Kafka, broker));
        }
        Ok(self)
    }
}

fn postgres_config(url: &EngineUrl, settings: &Settings) -> PostgresConfig {
    PostgresConfig {
        queue: settings.store.queue_capacity.get(),
        old: settings.store.queue_age,
        max_batch: settings.store.group_commit_max.get(),
        writers: settings.store.writers.get(),
        readers: settings.database.pool_size.get(),
        ..PostgresConfig::new(url.expose())
    }
}

/// How Redis is used with these settings.
pub fn redis_config(url: &EngineUrl, settings: &RedisSettings) -> RedisConfig {
    RedisConfig {
        pool_size: settings.pool_size.get(),
        cluster: settings.cluster,
        ..RedisConfig::new(url.expose())
    }
}

/// How Kafka is used with these settings.
pub fn kafka_config(servers: &EngineUrl, settings: &KafkaSettings) -> KafkaConfig {
    let TopicSettings { order_events, inventory_events } = settings.topics.clone();
    KafkaConfig {
        group_prefix: settings.group_prefix.clone(),
        topics: TopicNames { order_events, inventory_events },
        ..KafkaConfig::new(servers.expose())
    }
}
