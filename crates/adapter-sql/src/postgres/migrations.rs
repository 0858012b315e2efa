use diesel::pg::Pg;
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use tokio_postgres::Client;

use super::PostgresStore;
use super::connection::{Endpoint, chain};
use crate::migrations::Known;
use crate::{MigrationState, OpenError};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// Replicas that start together take turns; the number says nothing, it only has to be always the same one.
const LOCK: &str = "SELECT pg_advisory_lock(7236518029)";

/// A migration and a wait for another replica's may take their time.
const NO_LIMITS: &str = "SET statement_timeout = 0; SET lock_timeout = 0";

impl PostgresStore {
    /// Brings the database up to date; returns the names of what was applied.
    ///
    /// # Errors
    /// [`OpenError`]; a database of a newer program is left alone.
    pub async fn migrate(url: &str) -> Result<Vec<String>, OpenError> {
        bring_up_to_date(&Endpoint::parse(url)?).await
    }

    /// What this program knows and what of it the database has, oldest first; changes nothing.
    ///
    /// # Errors
    /// [`OpenError`], also for a database of a newer program.
    pub async fn migration_status(url: &str) -> Result<Vec<MigrationState>, OpenError> {
        let endpoint = Endpoint::parse(url)?;
        let session = endpoint.connect().await.map_err(|why| endpoint.cannot_use(why))?;
        let (client, _link) = session.into_client().await;
        let applied = applied(&endpoint, &client).await?;
        Known::in_order::<Pg>(&MIGRATIONS)?.states(&applied)
    }
}

/// As [`PostgresStore::migrate`].
pub(super) async fn bring_up_to_date(endpoint: &Endpoint) -> Result<Vec<String>, OpenError> {
    let session = endpoint.connect().await.map_err(|why| endpoint.cannot_use(why))?;
    let (guard, _link) = session.into_client().await;
    let locked = guard.batch_execute(&format!("{NO_LIMITS}; {LOCK}")).await;
    locked.map_err(|error| endpoint.cannot_use(chain(&error)))?;
    let known = Known::in_order::<Pg>(&MIGRATIONS)?;
    let pending = known.pending(&applied(endpoint, &guard).await?)?;
    if !pending.is_empty() {
        run_pending(endpoint).await?;
    }
    Ok(pending)
}

/// Diesel's migrations know synchronous connections only, so they get a thread.
async fn run_pending(endpoint: &Endpoint) -> Result<(), OpenError> {
    let session = endpoint.connect().await.map_err(|why| endpoint.cannot_use(why))?;
    let connection = session.into_diesel().await.map_err(OpenError::migration)?;
    let run = tokio::task::spawn_blocking(move || {
        let mut connection = AsyncConnectionWrapper::<AsyncPgConnection>::from(connection);
        diesel::connection::SimpleConnection::batch_execute(&mut connection, NO_LIMITS)
            .map_err(OpenError::migration)?;
        connection.run_pending_migrations(MIGRATIONS).map(drop).map_err(OpenError::migration)
    });
    run.await.map_err(OpenError::migration)?
}

/// Diesel would make its table first; a status must not write.
async fn applied(endpoint: &Endpoint, client: &Client) -> Result<Vec<String>, OpenError> {
    let failed = |error| endpoint.cannot_use(chain(&error));
    let exists = "SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL";
    if !client.query_one(exists, &[]).await.map_err(failed)?.get::<_, bool>(0) {
        return Ok(Vec::new());
    }
    let versions = "SELECT version::text FROM __diesel_schema_migrations ORDER BY version";
    let rows = client.query(versions, &[]).await.map_err(failed)?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
