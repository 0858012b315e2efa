use std::sync::Arc;
use std::time::Duration;

use deadpool::Runtime;
use diesel::QueryResult;
use diesel::result::ConnectionError;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, try_join_all};
use tokio::sync::Semaphore;

use ordersystem_application::StoreUnavailable;

use super::connection::{CONNECT, Endpoint};
use super::store::PostgresConfig;
use crate::OpenError;

/// How long a server that does not answer is waited for.
const ANSWER: Duration = Duration::from_millis(2_500);

/// The same for reads of very much, which nobody waits for.
const LONG_ANSWER: Duration = Duration::from_mins(10);

/// What such a read needs instead of what sessions of ours usually go by.
const NO_LIMITS: &str = "SET LOCAL statement_timeout = 0";

/// Short reads find their rows by an index. A plan is kept for as long as nobody counts the rows, and a table that had few
/// when the plan was made may have very many by then. What makes long reads faster only costs short ones.
const PLANS: &str =
    "SET enable_seqscan = off; SET jit = off; SET max_parallel_workers_per_gather = 0";

/// Connections for reads and for statements that stand alone; a unit of work never waits for one of them.
#[derive(Clone)]
pub(super) struct Readers {
    pool: Pool<AsyncPgConnection>,
    /// For what people look at: the last connections are for what commands are decided on.
    sights: Arc<Semaphore>,
    patience: Duration,
}

impl Readers {
    /// Opens nothing yet.
    pub(super) fn new(endpoint: &Endpoint, size: &PostgresConfig) -> Result<Self, OpenError> {
        let mut config = ManagerConfig::<AsyncPgConnection>::default();
        // A connection that has ended is known without a question, and one that hangs would not answer it.
        config.recycling_method = RecyclingMethod::Fast;
        let target = endpoint.clone();
        config.custom_setup = Box::new(move |_| {
            let target = target.clone();
            async move {
                let session = target.connect().await.map_err(ConnectionError::BadConnection)?;
                let mut connection = session.into_diesel().await?;
                let set = connection.batch_execute(PLANS).await;
                set.map_err(|error| ConnectionError::BadConnection(error.to_string()))?;
                Ok(connection)
            }
            .boxed()
        });
        let manager = AsyncDieselConnectionManager::new_with_config(String::new(), config);
        let pool = Pool::builder(manager)
            .max_size(size.readers.max(1))
            .wait_timeout(Some(size.patience))
            .create_timeout(Some(CONNECT))
            .recycle_timeout(Some(size.patience))
            .runtime(Runtime::Tokio1)
            .build();
        let pool = pool.map_err(|error| endpoint.cannot_use(error))?;
        let sights = Arc::new(Semaphore::new(size.readers.max(1) - size.readers / 4));
        Ok(Self { pool, sights, patience: size.patience })
    }

    /// Opens every connection: a burst of reads at the start would wait for them longer than a read may wait.
    pub(super) async fn warm_up(&self) -> Result<(), String> {
        let connections = (0..self.pool.status().max_size).map(|_| self.pool.get());
        let opened = try_join_all(connections).await;
        opened.map(drop).map_err(|error| error.to_string())
    }

    /// Runs a read, or a statement that stands alone. `what` is named in the log when it fails.
    pub(super) async fn read<T>(
        &self,
        what: &'static str,
        query: impl for<'c> FnOnce(&'c mut AsyncPgConnection) -> BoxFuture<'c, QueryResult<T>> + Send,
    ) -> Result<T, StoreUnavailable> {
        self.read_within(ANSWER, what, query).await
    }

    /// Runs a read that somebody looks at and no command waits for. However long such reads take, some connections are left
    /// for commands.
    pub(super) async fn look<T>(
        &self,
        what: &'static str,
        query: impl for<'c> FnOnce(&'c mut AsyncPgConnection) -> BoxFuture<'c, QueryResult<T>> + Send,
    ) -> Result<T, StoreUnavailable> {
        let permit = tokio::time::timeout(self.patience, self.sights.acquire()).await;
        let _permit = permit.map_err(|elapsed| unavailable(what, &elapsed))?;
        self.read(what, query).await
    }

    /// Runs a few statements as one transaction.
    pub(super) async fn transact<T: Send + 'static>(
        &self,
        what: &'static str,
        statements: impl for<'c> FnOnce(&'c mut AsyncPgConnection) -> BoxFuture<'c, QueryResult<T>>
        + Send
        + 'static,
    ) -> Result<T, StoreUnavailable> {
        self.detached(ANSWER, what, |connection| {
            async move { connection.transaction(async |inner| statements(inner).await).await }
                .boxed()
        })
        .await
    }

    /// Reads much on one snapshot of the database, without the limits that are good for short reads.
    pub(super) async fn snapshot<T: Send + 'static>(
        &self,
        what: &'static str,
        reads: impl for<'c> FnOnce(&'c mut AsyncPgConnection) -> BoxFuture<'c, QueryResult<T>>
        + Send
        + 'static,
    ) -> Result<T, StoreUnavailable> {
        self.detached(LONG_ANSWER, what, |connection| {
            async move {
                let mut snapshot = connection.build_transaction().repeatable_read().read_only();
                let read = snapshot.run(async |inner| {
                    inner.batch_execute(NO_LIMITS).await?;
                    reads(inner).await
                });
                read.await
            }
            .boxed()
        })
        .await
    }

    /// In a task of its own: a transaction whose caller stops waiting must not stay open, with its locks, on a connection
    /// in the pool.
    async fn detached<T: Send + 'static>(
        &self,
        patience: Duration,
        what: &'static str,
        query: impl for<'c> FnOnce(&'c mut AsyncPgConnection) -> BoxFuture<'c, QueryResult<T>>
        + Send
        + 'static,
    ) -> Result<T, StoreUnavailable> {
        let readers = self.clone();
        let task = tokio::spawn(async move { readers.read_within(patience, what, query).await });
        task.await.map_err(|error| unavailable(what, &error))?
    }

    async fn read_within<T>(
        &self,
        patience: Duration,
        what: &'static str,
        query: impl for<'c> FnOnce(&'c mut AsyncPgConnection) -> BoxFuture<'c, QueryResult<T>> + Send,
    ) -> Result<T, StoreUnavailable> {
        let reader = self.pool.get().await;
        let mut reader = reader.map_err(|error| unavailable(what, &error))?;
        match tokio::time::timeout(patience, query(&mut reader)).await {
            Ok(answer) => answer.map_err(|error| unavailable(what, &error)),
            Err(elapsed) => {
                // Nobody may get a connection whose last question is still open.
                drop(Object::take(reader));
                Err(unavailable(what, &elapsed))
            }
        }
    }
}

fn unavailable(what: &'static str, error: &dyn std::error::Error) -> StoreUnavailable {
    tracing::error!(%error, "the database does not answer as it should: {what}");
    StoreUnavailable
}
