use std::time::Duration;

use deadpool::Runtime;
use diesel::QueryResult;
use diesel::result::ConnectionError;
use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use ordersystem_application::StoreUnavailable;

use super::connection::{CONNECT, Endpoint};
use crate::OpenError;

/// How long a read may wait for a connection that others use.
const WAIT: Duration = Duration::from_millis(500);

/// How long a server that does not answer is waited for.
const ANSWER: Duration = Duration::from_millis(2_500);

/// Connections for reads and for statements that stand alone; a unit of work never waits for one of them.
#[derive(Clone)]
pub(super) struct Readers {
    pool: Pool<AsyncPgConnection>,
}

impl Readers {
    /// Opens nothing yet.
    pub(super) fn new(endpoint: &Endpoint, connections: usize) -> Result<Self, OpenError> {
        let mut config = ManagerConfig::<AsyncPgConnection>::default();
        // A connection that has ended is known without a question, and one that hangs would not answer it.
        config.recycling_method = RecyclingMethod::Fast;
        let target = endpoint.clone();
        config.custom_setup = Box::new(move |_| {
            let target = target.clone();
            async move {
                let session = target.connect().await.map_err(ConnectionError::BadConnection)?;
                session.into_diesel().await
            }
            .boxed()
        });
        let manager = AsyncDieselConnectionManager::new_with_config(String::new(), config);
        let pool = Pool::builder(manager)
            .max_size(connections.max(1))
            .wait_timeout(Some(WAIT))
            .create_timeout(Some(CONNECT))
            .recycle_timeout(Some(WAIT))
            .runtime(Runtime::Tokio1)
            .build();
        Ok(Self { pool: pool.map_err(|error| endpoint.cannot_use(error))? })
    }

    /// Runs a read, or a statement that stands alone. `what` is named in the log when it fails.
    pub(super) async fn read<T>(
        &self,
        what: &'static str,
        query: impl for<'c> FnOnce(&'c mut AsyncPgConnection) -> BoxFuture<'c, QueryResult<T>> + Send,
    ) -> Result<T, StoreUnavailable> {
        let reader = self.pool.get().await;
        let mut reader = reader.map_err(|error| unavailable(what, &error))?;
        match tokio::time::timeout(ANSWER, query(&mut reader)).await {
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
    tracing::error!(%error, "cannot read {what} from the database");
    StoreUnavailable
}
