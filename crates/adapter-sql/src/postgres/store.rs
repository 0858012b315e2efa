use std::fmt;
use std::sync::Arc;

use diesel::QueryResult;
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::Notify;

use ordersystem_application::StoreUnavailable;
use ordersystem_shared_kernel::Clock;

use super::connection::{Endpoint, chain};
use super::migrations::bring_up_to_date;
use super::readers::Readers;
use super::writer::Writers;
use crate::OpenError;

/// Where the database is and how much it takes on.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresConfig {
    /// `postgres://user:password@host:port/name`; several hosts and every option of tokio-postgres are understood.
    pub url: String,
    /// How many units may wait for one writer; one more is refused as `Overloaded`.
    pub queue: usize,
    /// How many units share a transaction at most; 1 turns group commit off.
    pub max_batch: usize,
    /// How many writers there are, each with a connection of its own.
    pub writers: usize,
    /// How many connections reads share.
    pub readers: usize,
}

impl PostgresConfig {
    /// The usual sizes.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), queue: 4_096, max_batch: 256, writers: 2, readers: 8 }
    }
}

/// Without the URL, which may hold a password.
impl fmt::Debug for PostgresConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresConfig")
            .field("queue", &self.queue)
            .field("max_batch", &self.max_batch)
            .field("writers", &self.writers)
            .field("readers", &self.readers)
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
    #[expect(dead_code, reason = "for the ports on what is due and on the outbox, which follow")]
    pub(super) clock: Arc<dyn Clock>,
    /// Woken when this process has committed messages.
    #[expect(dead_code, reason = "for the port on the outbox, which follows")]
    pub(super) published: Arc<Notify>,
}

impl PostgresStore {
    /// Opens the database, brings its schema up to date and starts the writers; replicas that start together take turns.
    ///
    /// # Errors
    /// [`OpenError`]; nothing runs then.
    pub async fn open(config: &PostgresConfig, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let endpoint = Endpoint::parse(&config.url)?;
        check_server(&endpoint).await?;
        bring_up_to_date(&endpoint).await?;
        let readers = Readers::new(&endpoint, config.readers)?;
        let published = Arc::new(Notify::new());
        let writers = Writers::start(config, &endpoint, &clock, &published);
        let shared = Shared { writers, readers, clock, published };
        Ok(Self { shared: Arc::new(shared) })
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

    /// Finishes what was submitted, then refuses every commit as `Unavailable`; reads still work.
    pub async fn close(&self) {
        self.shared.writers.close().await;
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
