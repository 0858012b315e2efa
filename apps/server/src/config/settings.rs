//! The settings as the rest of the program sees them: typed, complete, already judged.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use chrono_tz::Tz;
use ordersystem_application::Topic;
use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::database::DatabaseUrl;
use super::engine_url::EngineUrl;
use super::network::Network;
use super::payment::PaymentSettings;

/// Everything that can be configured, one field per row of the table.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settings {
    /// Zone of every local time that is shown.
    #[serde(deserialize_with = "zone")]
    pub timezone: Tz,
    /// Where and how requests come in.
    pub server: ServerSettings,
    /// Where orders live.
    pub database: DatabaseSettings,
    /// Where the fast counters live.
    pub redis: RedisSettings,
    /// Where events go, and their names.
    pub kafka: KafkaSettings,
    /// How commits are grouped.
    pub store: StoreSettings,
    /// How long stock is held.
    pub inventory: InventorySettings,
    /// What customers may do.
    pub orders: OrderSettings,
    /// What moves on by itself.
    pub scheduler: SchedulerSettings,
    /// What a new delivery looks like.
    pub delivery: DeliverySettings,
    /// How the shop and the payment gateway find and believe each other.
    pub payment: PaymentSettings,
    /// Limits of the HTTP surface.
    pub http: HttpSettings,
    /// What is logged, how and where.
    pub logging: LoggingSettings,
    /// What the actuator tells.
    pub management: ManagementSettings,
}

/// Where and how requests come in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ServerSettings {
    /// Address or name to bind.
    pub host: String,
    /// Port to bind; 0 leaves the choice to the system.
    pub port: u16,
    /// Which parts run in this process.
    pub role: Role,
    /// How long the engines may take to come at the start.
    #[serde(rename = "wait-for-seconds", deserialize_with = "seconds")]
    pub wait_for: Duration,
    /// Worker threads; `None` is one per core.
    #[serde(deserialize_with = "zero_is_none_usize")]
    pub workers: Option<NonZeroUsize>,
    /// How long to drain after the first stop signal.
    #[serde(rename = "shutdown-seconds", deserialize_with = "seconds")]
    pub shutdown: Duration,
}

/// Which parts of the system a process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Requests, relay, consumers and timers together.
    All,
    /// Requests.
    Api,
    /// Outbox to broker.
    Relay,
    /// Broker to use cases.
    Consumer,
    /// What time brings about.
    Scheduler,
}

impl Role {
    /// Whether a process of this role runs the parts of that one.
    pub fn runs(self, part: Self) -> bool {
        self == Self::All || self == part
    }
}

/// Where orders live.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DatabaseSettings {
    /// The database to open.
    pub url: DatabaseUrl,
    /// Connections of PostgreSQL that reads share.
    pub pool_size: NonZeroUsize,
}

/// Where the fast counters live.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RedisSettings {
    /// `None` keeps them in this process.
    #[serde(deserialize_with = "empty_is_no_engine")]
    pub url: Option<EngineUrl>,
    /// Connections.
    pub pool_size: NonZeroUsize,
    /// Whether the keys carry hash tags and the connections follow the slots.
    pub cluster: bool,
}

/// Where events go, and their names.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct KafkaSettings {
    /// `None` keeps the broker in this process.
    #[serde(deserialize_with = "empty_is_no_engine")]
    pub bootstrap_servers: Option<EngineUrl>,
    /// Put before the names of the consumer groups.
    pub group_prefix: String,
    /// The topics, the same on the embedded broker and on Kafka.
    pub topics: TopicSettings,
}

/// The topics, the same on the embedded broker and on Kafka.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TopicSettings {
    /// Transitions of orders, keyed by order.
    pub order_events: String,
    /// Movements of stock, keyed by product.
    pub inventory_events: String,
}

impl TopicSettings {
    /// What the topic is called outside of this program.
    pub fn name(&self, topic: Topic) -> &str {
        match topic {
            Topic::OrderEvents => &self.order_events,
            Topic::InventoryEvents => &self.inventory_events,
        }
    }
}

/// How commits are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StoreSettings {
    /// Transactions at the same time, on PostgreSQL.
    pub writers: NonZeroUsize,
    /// Most units of work in one transaction.
    pub group_commit_max: NonZeroUsize,
    /// Units that may wait before callers are told to come back later.
    pub queue_capacity: NonZeroUsize,
    /// How long the oldest of them may have waited until new orders are told to come back later.
    #[serde(rename = "queue-age-milliseconds", deserialize_with = "milliseconds")]
    pub queue_age: Duration,
}

/// How long stock is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct InventorySettings {
    /// Life of the hold of an unpaid order.
    #[serde(rename = "reservation-ttl-seconds", deserialize_with = "seconds")]
    pub reservation_ttl: Duration,
    /// Pause between two looks for expired holds.
    #[serde(rename = "expiry-poll-seconds", deserialize_with = "seconds")]
    pub expiry_poll: Duration,
}

/// What customers may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OrderSettings {
    /// Open orders without a payment, per client.
    #[serde(deserialize_with = "zero_is_none_usize")]
    pub max_unpaid_per_client: Option<NonZeroUsize>,
    /// The same per client and product.
    #[serde(deserialize_with = "zero_is_none_usize")]
    pub max_unpaid_per_client_and_product: Option<NonZeroUsize>,
}

/// What moves on by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SchedulerSettings {
    /// The timers of deliveries.
    pub delivery: DeliverySchedulerSettings,
}

/// The timers of deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DeliverySchedulerSettings {
    /// Off leaves every step to the administrator.
    pub enabled: bool,
    /// From the start of the delivery to its shipment.
    #[serde(rename = "ship-delay-seconds", deserialize_with = "seconds")]
    pub ship_delay: Duration,
    /// From shipment to arrival.
    #[serde(rename = "delivery-delay-seconds", deserialize_with = "seconds")]
    pub delivery_delay: Duration,
}

/// What a new delivery looks like.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DeliverySettings {
    /// Courier of new deliveries.
    pub default_courier: String,
}

/// Limits of the HTTP surface.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct HttpSettings {
    /// Who may call from a browser.
    pub cors_allowed_origins: CorsOrigins,
    /// Requests per second and client; `None` is no limit.
    #[serde(deserialize_with = "zero_is_none_u32")]
    pub rate_limit_per_second: Option<NonZeroU32>,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Connections at the same time.
    pub max_connections: NonZeroUsize,
    /// The same per client; `None` is no limit.
    #[serde(deserialize_with = "zero_is_none_usize")]
    pub max_connections_per_client: Option<NonZeroUsize>,
    /// Requests that change something at the same time.
    pub max_commands_in_flight: NonZeroUsize,
    /// Requests that only read at the same time.
    pub max_reads_in_flight: NonZeroUsize,
    /// How long a request that changes something may take.
    #[serde(rename = "command-timeout-seconds", deserialize_with = "seconds")]
    pub command_timeout: Duration,
    /// How long the head of a request may take.
    #[serde(rename = "header-timeout-seconds", deserialize_with = "seconds")]
    pub header_timeout: Duration,
    /// How long the body of a request may take.
    #[serde(rename = "body-timeout-seconds", deserialize_with = "seconds")]
    pub body_timeout: Duration,
    /// How long an answer may stay unread.
    #[serde(rename = "write-timeout-seconds", deserialize_with = "seconds")]
    pub write_timeout: Duration,
    /// The slowest pace of bodies and answers; 0 is no limit.
    pub min_bytes_per_second: u32,
    /// How long an idle connection is kept.
    #[serde(rename = "keep-alive-seconds", deserialize_with = "seconds")]
    pub keep_alive: Duration,
    /// Largest request body.
    pub max_body_bytes: usize,
}

/// Who may call from a browser.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Vec<String>")]
pub enum CorsOrigins {
    /// Everybody.
    Any,
    /// These origins and no other.
    Listed(Vec<String>),
}

impl From<Vec<String>> for CorsOrigins {
    fn from(origins: Vec<String>) -> Self {
        if origins == ["*"] { CorsOrigins::Any } else { CorsOrigins::Listed(origins) }
    }
}

/// What is logged, how and where.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LoggingSettings {
    /// Levels in the language of `tracing_subscriber::EnvFilter`.
    pub level: String,
    /// Shape of a line, on the console and in the file.
    pub format: LogFormat,
    /// The file beside the console.
    #[serde(deserialize_with = "empty_is_none")]
    pub file: Option<PathBuf>,
}

/// Shape of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// For people and `grep`.
    Text,
    /// One JSON object per line.
    Json,
}

/// What the actuator tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ManagementSettings {
    /// Whether health names its components.
    pub show_details: ShowDetails,
}

/// Whether health names its components.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShowDetails {
    /// Only UP or DOWN.
    Never,
    /// Each component with its state.
    Always,
}

fn zone<'de, D: Deserializer<'de>>(from: D) -> Result<Tz, D::Error> {
    String::deserialize(from)?.parse().map_err(D::Error::custom)
}

pub(super) fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    u64::deserialize(from).map(Duration::from_secs)
}

fn milliseconds<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    u64::deserialize(from).map(Duration::from_millis)
}

fn zero_is_none_usize<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<NonZeroUsize>, D::Error> {
    usize::deserialize(from).map(NonZeroUsize::new)
}

fn zero_is_none_u32<'de, D: Deserializer<'de>>(from: D) -> Result<Option<NonZeroU32>, D::Error> {
    u32::deserialize(from).map(NonZeroU32::new)
}

fn empty_is_none<'de, D: Deserializer<'de>>(from: D) -> Result<Option<PathBuf>, D::Error> {
    let text = String::deserialize(from)?;
    Ok((!text.is_empty()).then(|| PathBuf::from(text)))
}

fn empty_is_no_engine<'de, D: Deserializer<'de>>(from: D) -> Result<Option<EngineUrl>, D::Error> {
    let text = String::deserialize(from)?;
    Ok((!text.is_empty()).then(|| EngineUrl::new(text)))
}
