//! The one table of settings. Parsing, variable names, flags, `config show`, `config example`, suggestions
//! and the reference in the README all come from it; [`Settings`](super::Settings) refuses to build when a
//! row has no field or a field has no row.

use super::kind::{Emptiness, Kind};

/// What every setting's full name starts with.
pub const PREFIX: &str = "ordersystem.";

/// One setting as it is documented, read and shown.
#[derive(Debug)]
pub struct Row {
    /// The name without [`PREFIX`], in kebab case, sections parted by dots.
    pub path: &'static str,
    /// What values it takes.
    pub kind: Kind,
    /// The value when nobody says otherwise, written as a user would write it.
    pub default: &'static str,
    /// A name from outside this project under which the environment may carry it as well.
    pub alias: Option<&'static str>,
    /// The command line flag without its dashes.
    pub flag: Option<&'static str>,
    /// One line for the example file, the reference and `--help`.
    pub doc: &'static str,
}

impl Row {
    const fn alias(self, name: &'static str) -> Self {
        Self { alias: Some(name), ..self }
    }

    const fn flag(self, name: &'static str) -> Self {
        Self { flag: Some(name), ..self }
    }

    /// The name users see, such as `ordersystem.server.port`.
    pub fn name(&self) -> String {
        format!("{PREFIX}{}", self.path)
    }

    /// The variable with single underscores, such as `ORDERSYSTEM_SERVER_PORT`.
    pub fn variable(&self) -> String {
        self.name().replace(['.', '-'], "_").to_uppercase()
    }

    /// The variable that marks sections with two underscores, such as `ORDERSYSTEM__SERVER__SHUTDOWN_SECONDS`.
    pub fn sectioned_variable(&self) -> String {
        self.name().replace('.', "__").replace('-', "_").to_uppercase()
    }

    /// Everything before the last dot; empty for a setting outside any section.
    pub fn section(&self) -> &'static str {
        self.path.rsplit_once('.').map_or("", |(section, _)| section)
    }

    /// The last part of the name, as it stands in a file.
    pub fn key(&self) -> &'static str {
        self.path.rsplit_once('.').map_or(self.path, |(_, key)| key)
    }
}

/// The row of a path in kebab case without the prefix.
pub(super) fn find(path: &str) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.path == path)
}

/// Whether some setting lives below this path.
pub(super) fn is_section(path: &str) -> bool {
    TABLE.iter().any(|row| row.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
}

const fn row(path: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> Row {
    Row { path, kind, default, alias: None, flag: None, doc }
}

const fn whole(min: u64, max: u64) -> Kind {
    Kind::Whole { min, max }
}

/// A year: long enough for every delay, short enough that adding it to a date cannot overflow.
const YEAR: u64 = 31_536_000;

/// Every setting there is, in the order in which it is documented.
pub static TABLE: &[Row] = &[
    row(
        "timezone",
        Kind::TimeZone,
        "Asia/Seoul",
        "Zone of the local times in answers, logs and estimated arrivals",
    ),
    // As the original did, and as a container needs: on 127.0.0.1 a published port reaches nobody.
    row("server.host", Kind::Host, "0.0.0.0", "Address to listen on; 127.0.0.1 keeps it private")
        .flag("host"),
    row("server.port", whole(0, 65_535), "8080", "Port to listen on; 0 takes any free one")
        .flag("port"),
    row(
        "server.role",
        Kind::Choice(&["all", "api", "relay", "consumer", "scheduler"]),
        "all",
        "Which parts of the system this process runs",
    )
    .flag("role"),
    row(
        "server.wait-for-seconds",
        whole(0, 3600),
        "0",
        "How long to wait at the start for engines that are not there yet; 0 needs the database only",
    )
    .flag("wait-for"),
    row("server.workers", whole(0, 1024), "0", "HTTP worker threads; 0 is one per processor core"),
    row(
        "server.shutdown-seconds",
        whole(0, 600),
        "10",
        "How long requests in flight may take to finish after the first stop signal",
    ),
    row(
        "database.url",
        Kind::Database,
        "sqlite://data/ordersystem.db",
        "Where orders live: a SQLite file, PostgreSQL, or RAM to forget everything at exit",
    )
    .alias("DATABASE_URL")
    .flag("database-url"),
    row(
        "database.pool-size",
        whole(1, 1000),
        "8",
        "Connections to PostgreSQL for reads, besides one per writer",
    ),
    row(
        "redis.url",
        Kind::Redis,
        "",
        "Address of Redis; empty keeps the stock counters in this process",
    )
    .alias("REDIS_URL")
    .flag("redis-url"),
    row("redis.pool-size", whole(4, 1000), "8", "Connections to Redis"),
    row(
        "redis.cluster",
        Kind::Switch,
        "false",
        "Whether Redis is a cluster; its keys are then stock:{1}",
    ),
    row(
        "kafka.bootstrap-servers",
        Kind::Brokers,
        "",
        "Kafka brokers; empty keeps the broker in this process",
    )
    .alias("KAFKA_BOOTSTRAP_SERVERS")
    .flag("kafka-bootstrap-servers"),
    row(
        "kafka.group-prefix",
        Kind::Text { max: 100, empty: Emptiness::Allowed },
        "",
        "Put before the names of the consumer groups, so that several shops can share a Kafka",
    ),
    row(
        "kafka.topics.order-events",
        Kind::Topic,
        "order-events",
        "Topic of the transitions of orders",
    ),
    row(
        "kafka.topics.inventory-events",
        Kind::Topic,
        "inventory-events",
        "Topic of the movements of stock",
    ),
    row(
        "store.group-commit-max",
        whole(1, 4096),
        "256",
        "Most units of work in one database transaction; 1 commits each alone",
    ),
    row(
        "store.writers",
        whole(1, 64),
        "2",
        "Transactions that PostgreSQL commits at the same time; SQLite always has one writer",
    ),
    row(
        "store.queue-capacity",
        whole(1, 1_000_000),
        "8192",
        "Units of work that may wait for a writer; beyond it requests are answered 503",
    ),
    row(
        "store.queue-age-milliseconds",
        whole(1, 600_000),
        "500",
        "How long the oldest of them may have waited; while it has waited longer, new orders are answered 503",
    ),
    row(
        "inventory.reservation-ttl-seconds",
        whole(1, YEAR),
        "3600",
        "How long an unpaid order holds its stock",
    ),
    row(
        "inventory.expiry-poll-seconds",
        whole(1, 3600),
        "1",
        "How often expired holds are looked for",
    ),
    // Off: without accounts a client is an address, and behind one address there may be a whole city.
    row(
        "orders.max-unpaid-per-client",
        whole(0, 1_000_000),
        "0",
        "Open orders that a client may leave unpaid; one more is answered 429, 0 is no limit",
    ),
    row(
        "orders.max-unpaid-per-client-and-product",
        whole(0, 1_000_000),
        "0",
        "The same per product",
    ),
    row(
        "scheduler.delivery.enabled",
        Kind::Switch,
        "true",
        "Whether deliveries move on by themselves",
    ),
    row(
        "scheduler.delivery.ship-delay-seconds",
        whole(0, YEAR),
        "1800",
        "Time from the start of a delivery to its shipment",
    )
    .flag("ship-delay-seconds"),
    row(
        "scheduler.delivery.delivery-delay-seconds",
        whole(0, YEAR),
        "7200",
        "Time from shipment to arrival",
    )
    .flag("delivery-delay-seconds"),
    row(
        "delivery.default-courier",
        Kind::Text { max: 100, empty: Emptiness::Refused },
        "CJ대한통운",
        "Courier of new deliveries",
    ),
    row(
        "payment.webhook-secret",
        Kind::WebhookSecrets,
        "",
        "What payment callbacks are signed with; several while a key is replaced; empty believes everybody",
    ),
    row(
        "payment.gateway-url",
        Kind::Gateway,
        "",
        "Where the payment gateway is asked for money, in the shape of Toss Payments; empty waits for callbacks only",
    ),
    row(
        "payment.gateway-secret",
        Kind::Secret { max: 200 },
        "",
        "Key of this shop at the payment gateway",
    ),
    row(
        "payment.gateway-connect-timeout-seconds",
        whole(1, 60),
        "3",
        "Longest wait for a connection to the payment gateway",
    ),
    row(
        "payment.gateway-timeout-seconds",
        whole(1, 120),
        "10",
        "Longest wait for an answer of the payment gateway; afterwards it is looked up what happened",
    ),
    row(
        "http.cors-allowed-origins",
        Kind::Origins,
        "*",
        "Origins that browsers may call from; * is any",
    ),
    row(
        "http.rate-limit-per-second",
        whole(0, 1_000_000),
        "0",
        "Requests per second and client; 0 is no limit",
    ),
    row(
        "http.trusted-proxies",
        Kind::Networks,
        "",
        "Proxies whose X-Forwarded-For is believed; empty believes nobody's",
    ),
    row(
        "http.max-connections",
        whole(1, 1_000_000),
        "10000",
        "Connections at the same time; one more is answered 503",
    ),
    row(
        "http.max-connections-per-client",
        whole(0, 1_000_000),
        "100",
        "The same per client; trusted proxies and this machine are not counted, 0 is no limit",
    ),
    row(
        "http.max-commands-in-flight",
        whole(1, 1_000_000),
        "1024",
        "Requests that change something at the same time; one more is answered 503, but payment callbacks have as many places of their own",
    ),
    row(
        "http.max-reads-in-flight",
        whole(1, 1_000_000),
        "1024",
        "Requests that only read at the same time; one more is answered 503",
    ),
    row(
        "http.command-timeout-seconds",
        whole(1, 600),
        "3",
        "How long a request that changes something may take before it is answered 503",
    ),
    row(
        "http.header-timeout-seconds",
        whole(1, 600),
        "5",
        "How long a client may take to send the head of a request",
    ),
    row(
        "http.body-timeout-seconds",
        whole(1, 600),
        "10",
        "How long a client may take to send the body of a request; a later one is answered 408",
    ),
    row(
        "http.write-timeout-seconds",
        whole(1, 600),
        "10",
        "How long a client may leave an answer unread before it is cut off",
    ),
    row(
        "http.min-bytes-per-second",
        whole(0, 1_048_576),
        "1024",
        "Slowest pace at which a client may send a body or take an answer; 0 is no limit",
    ),
    row(
        "http.keep-alive-seconds",
        whole(1, 3600),
        "15",
        "How long an idle connection is kept for the next request",
    ),
    row(
        "http.max-body-bytes",
        whole(1024, 10_485_760),
        "16384",
        "Largest request body; a larger one is answered 413",
    ),
    row(
        "logging.level",
        Kind::LogLevels,
        "info",
        "Least level that is logged, with exceptions per target: info,actix_web=warn",
    )
    .flag("log-level"),
    row("logging.format", Kind::Choice(&["text", "json"]), "text", "Shape of a log line")
        .flag("log-format"),
    row(
        "logging.file",
        Kind::Text { max: 4096, empty: Emptiness::Allowed },
        "logs/application.log",
        "File that gets the log as well as the console; empty is no file",
    ),
    row(
        "management.show-details",
        Kind::Choice(&["never", "always"]),
        "never",
        "Whether /actuator/health names the components",
    ),
];
