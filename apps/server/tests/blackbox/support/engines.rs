use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use ordersystem_test_engines::postgres::Database;
use ordersystem_test_engines::proxy::Proxy;
use ordersystem_test_engines::{kafka, redis};
use tokio::runtime::Runtime;

use super::{Topics, wait_at_most};

/// How long counters may differ from the database (issue 3).
const DRIFT: Duration = Duration::from_secs(10);

/// The real engines of one world: a database, a Redis, and topics on the Kafka of the test run.
pub(crate) struct Engines {
    database: Database,
    redis: Mutex<redis::Server>,
    topics: Topics,
    group_prefix: String,
    /// Last, because what is above may still need it.
    runtime: Runtime,
}

impl Engines {
    /// On the engines of the test run.
    pub(crate) fn fresh() -> Self {
        Self::with_kafka(&kafka::shared())
    }

    /// With another broker, such as one that may be stopped.
    pub(crate) fn with_kafka(kafka: &str) -> Self {
        Self::of(Database::fresh(), kafka)
    }

    /// With another database server, such as one that may be killed.
    pub(crate) fn with_postgres(server: &str) -> Self {
        Self::of(Database::fresh_on(server), &kafka::shared())
    }

    /// With this database and this broker.
    pub(crate) fn of(database: impl Future<Output = Database>, kafka: &str) -> Self {
        let runtime = Runtime::new().unwrap();
        let database = runtime.block_on(database);
        let redis = Mutex::new(runtime.block_on(redis::Server::start()));
        let group_prefix = kafka::unique("") + ".";
        Self { database, redis, topics: Topics::new(kafka), group_prefix, runtime }
    }

    /// What a server is told of them.
    pub(super) fn settings(&self) -> [(&'static str, String); 6] {
        let topic = |name| self.topics.name(name).to_owned();
        [
            ("DATABASE_URL", self.database.url()),
            ("REDIS_URL", self.redis().url()),
            ("KAFKA_BOOTSTRAP_SERVERS", self.topics.servers().to_owned()),
            ("ORDERSYSTEM_KAFKA_GROUP_PREFIX", self.group_prefix.clone()),
            ("ORDERSYSTEM_KAFKA_TOPICS_ORDER_EVENTS", topic("order-events")),
            ("ORDERSYSTEM_KAFKA_TOPICS_INVENTORY_EVENTS", topic("inventory-events")),
        ]
    }

    /// The database.
    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// The Redis; nobody else may do anything to it meanwhile.
    pub(crate) fn redis(&self) -> MutexGuard<'_, redis::Server> {
        self.redis.lock().unwrap()
    }

    /// The topics.
    pub(crate) fn topics(&self) -> &Topics {
        &self.topics
    }

    /// Stands before the names of the consumer groups.
    pub(crate) fn group_prefix(&self) -> &str {
        &self.group_prefix
    }

    /// Waits for what the engines' own functions do.
    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// What the database says to a question with one number as its answer.
    pub(crate) fn number(&self, query: &str) -> i64 {
        self.wait(self.database.number(query))
    }

    /// Of each counted product: its number, what the shop has, and how much of that is held.
    pub(crate) fn levels(&self) -> Vec<(i64, i64, i64)> {
        let sql = "SELECT id, total_stock, reserved_stock FROM products WHERE managed ORDER BY id";
        let rows = self.wait(async { self.database.client().await.query(sql, &[]).await.unwrap() });
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
    }

    /// Waits until Redis says of every product what the database says, which has to be soon.
    pub(crate) fn wait_until_counters_are_right(&self) {
        let took = wait_at_most(DRIFT, "the counters are what the database says", || {
            let redis = self.redis();
            self.levels().into_iter().all(|(product, total, reserved)| {
                let get = |key: &str| redis.cli(&["GET", &format!("{key}:{product}")]);
                get("stock") == (total - reserved).to_string()
                    && get("reserved") == reserved.to_string()
            })
        });
        println!("the counters were right after {took:?}");
    }

    /// A way to Redis that can be broken, and the URL of it.
    pub(crate) fn proxy_to_redis(&self) -> (Proxy, String) {
        let proxy = self.wait(Proxy::to(self.redis().address()));
        let url = format!("redis://{}", proxy.address());
        (proxy, url)
    }

    /// A way to the database that can be broken, and the URL of it.
    pub(crate) fn proxy_to_database(&self) -> (Proxy, String) {
        let address: SocketAddr = self.database.address().parse().unwrap();
        let proxy = self.wait(Proxy::to(address));
        let url = self.database.url_through(&proxy.address().to_string());
        (proxy, url)
    }
}
