use std::path::Path;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{SqliteStore, connection};
use crate::migrations::Known;
use crate::schema::__diesel_schema_migrations as record;
use crate::{MigrationState, OpenError};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

impl SqliteStore {
    /// Brings the database up to date, making it when there is none; returns the names of what was applied.
    ///
    /// # Errors
    /// [`OpenError`]; a database of a newer program is left alone.
    pub fn migrate(path: &Path) -> Result<Vec<String>, OpenError> {
        connection::make_folder(path)?;
        bring_up_to_date(path, &mut connection::writing(path)?)
    }

    /// What this program knows and what of it the database has, oldest first; changes nothing.
    ///
    /// # Errors
    /// [`OpenError`], also for a database of a newer program.
    pub fn migration_status(path: &Path) -> Result<Vec<MigrationState>, OpenError> {
        let exists = path.try_exists().map_err(|error| OpenError::cannot_open(path, error))?;
        let applied = if exists { applied(path, &mut connection::reading(path)?)? } else { vec![] };
        Known::in_order::<Sqlite>(&MIGRATIONS)?.states(&applied)
    }
}

/// As [`SqliteStore::migrate`], on an open connection.
pub(super) fn bring_up_to_date(
    path: &Path,
    connection: &mut SqliteConnection,
) -> Result<Vec<String>, OpenError> {
    let known = Known::in_order::<Sqlite>(&MIGRATIONS)?;
    let pending = known.pending(&applied(path, connection)?)?;
    connection.run_pending_migrations(MIGRATIONS).map_err(OpenError::migration)?;
    Ok(pending)
}

/// Diesel would make its table first; a status must not write.
fn applied(path: &Path, connection: &mut SqliteConnection) -> Result<Vec<String>, OpenError> {
    let present = "SELECT count(*) AS tables FROM sqlite_master WHERE name = ?";
    let present = diesel::sql_query(present).bind::<Text, _>("__diesel_schema_migrations");
    let found: Tables =
        present.get_result(connection).map_err(|why| OpenError::cannot_open(path, why))?;
    if found.tables == 0 {
        return Ok(Vec::new());
    }
    let versions = record::table.select(record::version).order(record::version);
    versions.load(connection).map_err(|why| OpenError::cannot_open(path, why))
}

#[derive(QueryableByName)]
struct Tables {
    #[diesel(sql_type = BigInt)]
    tables: i64,
}
