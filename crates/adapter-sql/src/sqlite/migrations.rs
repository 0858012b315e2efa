use std::path::Path;

use diesel::migration::{Migration, MigrationSource};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::{self, OpenError};
use crate::schema::__diesel_schema_migrations as record;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// One migration that this program knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationState {
    /// For example `2026-11-22-000000_initial`.
    pub name: String,
    /// Whether the database has it.
    pub applied: bool,
}

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
    let applied = if exists { applied(path, &mut connection::reading(path)?)? } else { Vec::new() };
    let known = known()?;
    refuse_newer(&known, &applied)?;
    let names = known.iter().map(|migration| migration.name());
    let states = names.map(|name| MigrationState {
        name: name.to_string(),
        applied: applied.contains(&name.version().to_string()),
    });
    Ok(states.collect())
}

/// As [`migrate`], on an open connection.
pub(super) fn bring_up_to_date(
    path: &Path,
    connection: &mut SqliteConnection,
) -> Result<Vec<String>, OpenError> {
    let applied = applied(path, connection)?;
    let known = known()?;
    refuse_newer(&known, &applied)?;
    connection.run_pending_migrations(MIGRATIONS).map_err(migration_error)?;
    let new = known.iter().map(|migration| migration.name());
    let new = new.filter(|name| !applied.contains(&name.version().to_string()));
    Ok(new.map(ToString::to_string).collect())
}

fn known() -> Result<Vec<Box<dyn Migration<Sqlite>>>, OpenError> {
    let mut known = MIGRATIONS.migrations().map_err(migration_error)?;
    known.sort_by(|one, other| one.name().version().cmp(&other.name().version()));
    Ok(known)
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

fn refuse_newer(known: &[Box<dyn Migration<Sqlite>>], applied: &[String]) -> Result<(), OpenError> {
    let is_known = |version: &&String| {
        known.iter().any(|migration| migration.name().version().to_string() == **version)
    };
    match applied.iter().rfind(|version| !is_known(version)) {
        Some(version) => Err(OpenError::NewerSchema { version: version.clone() }),
        None => Ok(()),
    }
}

fn migration_error(why: impl ToString) -> OpenError {
    OpenError::Migration { why: why.to_string() }
}
