use std::path::Path;

use diesel::prelude::*;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;

use ordersystem_application::StoreUnavailable;

use super::connection;
use crate::OpenError;

type Reader = SyncConnectionWrapper<SqliteConnection>;

/// Connections that only read. WAL lets them see the last commit without waiting for the writer.
#[derive(Clone)]
pub(super) struct Readers {
    pool: Pool<Reader>,
}

impl Readers {
    /// Opens nothing yet.
    pub(super) fn new(path: &Path, connections: usize) -> Result<Self, OpenError> {
        let mut config = ManagerConfig::<Reader>::default();
        // Nothing is between us and a file that a test query could find broken.
        config.recycling_method = RecyclingMethod::Fast;
        let file = path.to_owned();
        config.custom_setup = Box::new(move |_| {
            let file = file.clone();
            Box::pin(async move { establish(&file).map(Reader::new) })
        });
        let manager = AsyncDieselConnectionManager::new_with_config(String::new(), config);
        let pool = Pool::builder(manager).max_size(connections.max(1)).build();
        Ok(Self { pool: pool.map_err(|error| OpenError::cannot_open(path, error))? })
    }

    /// Runs one read off the async threads.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        what: &'static str,
        query: impl FnOnce(&mut SqliteConnection) -> QueryResult<T> + Send + 'static,
    ) -> Result<T, StoreUnavailable> {
        let mut reader = self.pool.get().await.map_err(|error| unavailable(what, &error))?;
        let answer = Object::as_mut(&mut reader).spawn_blocking(query).await;
        answer.map_err(|error| unavailable(what, &error))
    }
}

fn establish(path: &Path) -> ConnectionResult<SqliteConnection> {
    connection::reading(path).map_err(|error| ConnectionError::BadConnection(error.to_string()))
}

fn unavailable(what: &'static str, error: &dyn std::error::Error) -> StoreUnavailable {
    tracing::error!(%error, "cannot read {what} from the database");
    StoreUnavailable
}
