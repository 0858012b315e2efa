use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diesel::QueryResult;
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::Notify;

use ordersystem_application::StoreUnavailable;
use ordersystem_shared_kernel::Clock;

use super::clock::{Comparison, ServerClock};
use super::connection::{Endpoint, chain};
use super::migrations::bring_up_to_date;
use super::numbers::Numbering;
use super::readers::Readers;
use super::writer::Writers;
use ordersystem_invariants::Finding;

use crate::queue::USUALLY_OLD;
use crate::{Database, OpenError};

/// Where the database is and how much it takes on.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresConfig {
    /// `postgres://user:password@host:port/name`; several hosts and every option of tokio-postgres are understood.
    pub url: String,
    /// How many units may wait for one writer; one more is refused as `Overloaded`.
    pub queue: usize,
    /// How long the oldest unit of every writer may have waited; while they have waited longer, new orders are refused as
    /// `Overloaded`.
    pub old: Duration,
    /// How many units share a transaction at most; 1 turns group commit off.
    pub max_batch: usize,
    /// How many writers there are, each with a connection of its own.
    pub writers: usize,
    /// How many connections reads share.
    pub readers: usize,
    /// How long a read may wait for one of them.
    pub patience: Duration,
}

impl PostgresConfig {
    /// The usual sizes.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            queue: 4_096,
            old: USUALLY_OLD,
            max_batch: 256,
            writers: 2,
            readers: 8,
            patience: Duration::from_millis(500),
        }
    }
}

/// Without the URL, which may hold a password.
impl fmt::Debug for PostgresConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresConfig")
            .field("queue", &self.queue)
            .field("old", &self.old)
            .field("max_batch", &self.max_batch)
            .field("writers", &self.writers)
            .field("readers", &self.readers)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

/// Every port of the application on one PostgreSQL database, beside any number of other processes on it. Clones share the
/// writers.
#[derive(Clone)]
pub struct PostgresStore {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) writers: Writers,
    pub(super) readers: Readers,
    pub(super) numbers: Numbering,
    pub(super) clock: Arc<dyn Clock>,
    _comparison: Option<Comparison>,
    /// Woken when this process has committed messages.
    pub(super) published: Arc<Notify>,
}

impl PostgresStore {
    /// Opens the database, brings its schema up to date and starts the writers; replicas that start together take turns.
    /// What is due goes by this clock; replicas with clocks of their own should [go by the
    /// server's](Self::open_on_server_time).
    ///
    /// # Errors
    /// [`OpenError`]; nothing runs then.
    pub async fn open(config: &PostgresConfig, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let (endpoint, readers) = prepare(config).await?;
        Ok(Self::start(config, &endpoint, readers, clock, None))
    }

    /// As [`Self::open`], with the [clock](Self::clock) of the server: replicas agree on what is due, however wrong the
    /// clocks of their machines are.
    ///
    /// # Errors
    /// [`OpenError`]; nothing runs then.
    pub async fn open_on_server_time(config: &PostgresConfig) -> Result<Self, OpenError> {
        let (endpoint, readers) = prepare(config).await?;
        let started = ServerClock::start(&readers).await;
        let (clock, comparison) =
            started.map_err(|_why| endpoint.cannot_use("it does not tell the time"))?;
        Ok(Self::start(config, &endpoint, readers, clock, Some(comparison)))
    }

    fn start(
        config: &PostgresConfig,
        endpoint: &Endpoint,
        readers: Readers,
        clock: Arc<dyn Clock>,
        comparison: Option<Comparison>,
    ) -> Self {
        let published = Arc::new(Notify::new());
        let writers = Writers::start(config, endpoint, &clock, &published);
        let shared = Shared {
            writers,
            readers,
            numbers: Numbering::new(),
            clock,
            _comparison: comparison,
            published,
        };
        Self { shared: Arc::new(shared) }
    }

    /// The clock that the store goes by, for whatever else should agree with it.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.shared.clock)
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreUnavailable`] within three seconds.
    pub async fn ping(&self) -> Result<(), StoreUnavailable> {
        let ping = self.read("a sign of life", |connection| {
            async move { diesel::sql_query("SELECT 1").execute(connection).await.map(drop) }.boxed()
        });
        ping.await
    }

    /// Runs a read, or a statement that stands alone; `what` is named in the log when it fails.
    pub(super) async fn read<T>(
        &self,
        what: &'static str,
        query: impl for<'c> FnOnce(&'c mut AsyncPgConnection) -> BoxFuture<'c, QueryResult<T>> + Send,
    ) -> Result<T, StoreUnavailable> {
        self.shared.readers.read(what, query).await
    }
}

#[async_trait]
impl Database for PostgresStore {
    async fn verify(&self) -> Result<Vec<Finding>, StoreUnavailable> {
        self.check_invariants().await
    }

    async fn close(&self) {
        self.shared.writers.close().await;
    }
}

/// A database that is up to date, and connections to it.
async fn prepare(config: &PostgresConfig) -> Result<(Endpoint, Readers), OpenError> {
    let endpoint = Endpoint::parse(&config.url)?;
    check_server(&endpoint).await?;
    bring_up_to_date(&endpoint).await?;
    let readers = Readers::new(&endpoint, config)?;
    readers.warm_up().await.map_err(|why| endpoint.cannot_use(why))?;
    Ok((endpoint, readers))
}

/// The oldest release that the schema and the statements are made for.
const OLDEST: i32 = 15;

/// Refuses a server that is too old; says aloud when commits of this one may be lost.
async fn check_server(endpoint: &Endpoint) -> Result<(), OpenError> {
    let session = endpoint.connect().await.map_err(|why| endpoint.cannot_use(why))?;
    let (client, _link) = session.into_client().await;
    let facts = "SELECT current_setting('server_version_num')::int4 / 10000, \
        current_setting('fsync'), current_setting('synchronous_commit')";
    let facts = client.query_one(facts, &[]).await;
    let facts = facts.map_err(|error| endpoint.cannot_use(chain(&error)))?;
    let version: i32 = facts.get(0);
    if version < OLDEST {
        let why = format!("it is PostgreSQL {version}, and {OLDEST} or newer is needed");
        return Err(endpoint.cannot_use(why));
    }
    for (setting, place) in [("fsync", 1), ("synchronous_commit", 2)] {
        if facts.get::<_, &str>(place) == "off" {
            tracing::warn!(
                setting,
                server = endpoint.server(),
                "this setting of the database is off: orders that were confirmed can be lost in a crash"
            );
        }
    }
    Ok(())
}
