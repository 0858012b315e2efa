//! The commands that open the database themselves: `migrate`, `seed`, and for others the way to it.

use std::io;
use std::path::Path;
use std::sync::Arc;

use ordersystem_adapter_sql::{self as sql, MigrationState, SqliteConfig, SqliteStore};

use super::args::MigrateCommand;
use crate::clock::SystemClock;
use crate::config::{DatabaseUrl, Settings};
use crate::exit::Exit;
use crate::output::Output;
use crate::wiring::World;

/// Runs `migrate up` or `migrate status`.
pub(super) fn migrate(
    command: MigrateCommand,
    settings: &Settings,
    output: &mut Output<'_>,
) -> io::Result<Exit> {
    let path = match path(settings, output) {
        Ok(path) => path,
        Err(exit) => return Ok(exit),
    };
    match command {
        MigrateCommand::Up => up(path, output),
        MigrateCommand::Status => status(path, output),
    }
}

fn up(path: &Path, output: &mut Output<'_>) -> io::Result<Exit> {
    match SqliteStore::migrate(path) {
        Ok(applied) => {
            for name in &applied {
                output.data(format_args!("applied {name}"))?;
            }
            output.note(format_args!("{} is up to date", path.display()));
            Ok(Exit::Ok)
        }
        Err(error) => Ok(unavailable(error, output)),
    }
}

/// A pending migration is a finding, so that a script can wait for it.
fn status(path: &Path, output: &mut Output<'_>) -> io::Result<Exit> {
    let states = match SqliteStore::migration_status(path) {
        Ok(states) => states,
        Err(error) => return Ok(unavailable(error, output)),
    };
    for MigrationState { name, applied } in &states {
        let state = if *applied { "applied" } else { "pending" };
        output.data(format_args!("{state} {name}"))?;
    }
    let pending = states.iter().any(|state| !state.applied);
    Ok(if pending { Exit::Finding } else { Exit::Ok })
}

/// Puts the sample products on sale, unless the shop sells something already.
pub(super) async fn seed(settings: &Settings, output: &mut Output<'_>) -> io::Result<Exit> {
    if let Err(exit) = path(settings, output) {
        return Ok(exit);
    }
    let world = match World::open(settings).await {
        Ok(world) => world,
        Err(error) => return Ok(unavailable(error, output)),
    };
    let seeded = world.use_cases.seed_samples().await;
    world.close().await;
    match seeded {
        Ok(true) => output.data("the three sample products are on sale")?,
        Ok(false) => output.data("the shop sells something already; nothing was changed")?,
        Err(error) => return Ok(unavailable(error, output)),
    }
    Ok(Exit::Ok)
}

/// The database as it is, without bringing it up to date: to look at something must not change anything.
pub(super) fn look(settings: &Settings, output: &mut Output<'_>) -> Result<SqliteStore, Exit> {
    let path = path(settings, output)?;
    match SqliteStore::migration_status(path) {
        Ok(states) if states.iter().all(|state| state.applied) => {}
        Ok(_) => {
            let path = path.display();
            output.note(format_args!(
                "error: the database {path} is missing or not up to date; run `ordersystem migrate`"
            ));
            return Err(Exit::Unavailable);
        }
        Err(error) => return Err(unavailable(error, output)),
    }
    open(path).map_err(|error| unavailable(error, output))
}

fn open(path: &Path) -> Result<SqliteStore, sql::OpenError> {
    SqliteStore::open(&SqliteConfig::new(path), Arc::new(SystemClock))
}

fn path<'a>(settings: &'a Settings, output: &mut Output<'_>) -> Result<&'a Path, Exit> {
    match &settings.database.url {
        DatabaseUrl::SqliteFile(path) => Ok(path),
        DatabaseUrl::SqliteMemory => {
            output.note(
                "error: a database in RAM is seen by its own server only; give a file with --database-url",
            );
            Err(Exit::Unavailable)
        }
    }
}

fn unavailable(error: impl std::fmt::Display, output: &mut Output<'_>) -> Exit {
    output.note(format_args!("error: {error}; `ordersystem doctor` tells more"));
    Exit::Unavailable
}
