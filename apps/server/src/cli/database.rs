//! The commands that open the database themselves: `migrate`, `seed`, and for others the way to it.

use std::io;
use std::sync::Arc;

use ordersystem_adapter_sql::{
    Database, MigrationState, OpenError, PostgresConfig, PostgresStore, SqliteConfig, SqliteStore,
};

use super::args::MigrateCommand;
use crate::clock::SystemClock;
use crate::config::{DatabaseUrl, Settings};
use crate::exit::Exit;
use crate::output::Output;
use crate::wiring::World;

/// Runs `migrate up` or `migrate status`.
pub(super) async fn migrate(
    command: MigrateCommand,
    settings: &Settings,
    output: &mut Output<'_>,
) -> io::Result<Exit> {
    match command {
        MigrateCommand::Up => up(settings, output).await,
        MigrateCommand::Status => status(settings, output).await,
    }
}

async fn up(settings: &Settings, output: &mut Output<'_>) -> io::Result<Exit> {
    let applied = match &settings.database.url {
        DatabaseUrl::SqliteFile(path) => SqliteStore::migrate(path),
        DatabaseUrl::Postgres(url) => PostgresStore::migrate(url.expose()).await,
        DatabaseUrl::SqliteMemory => return Ok(in_ram(output)),
    };
    match applied {
        Ok(applied) => {
            for name in &applied {
                output.data(format_args!("applied {name}"))?;
            }
            output.note(format_args!("{} is up to date", settings.database.url));
            Ok(Exit::Ok)
        }
        Err(error) => Ok(unavailable(error, output)),
    }
}

/// A pending migration is a finding, so that a script can wait for it.
async fn status(settings: &Settings, output: &mut Output<'_>) -> io::Result<Exit> {
    let states = match migration_status(&settings.database.url).await {
        Some(Ok(states)) => states,
        Some(Err(error)) => return Ok(unavailable(error, output)),
        None => return Ok(in_ram(output)),
    };
    for MigrationState { name, applied } in &states {
        let state = if *applied { "applied" } else { "pending" };
        output.data(format_args!("{state} {name}"))?;
    }
    let pending = states.iter().any(|state| !state.applied);
    Ok(if pending { Exit::Finding } else { Exit::Ok })
}

/// What is applied and what is not; none for a database in RAM.
pub(super) async fn migration_status(
    url: &DatabaseUrl,
) -> Option<Result<Vec<MigrationState>, OpenError>> {
    match url {
        DatabaseUrl::SqliteFile(path) => Some(SqliteStore::migration_status(path)),
        DatabaseUrl::Postgres(url) => Some(PostgresStore::migration_status(url.expose()).await),
        DatabaseUrl::SqliteMemory => None,
    }
}

/// Puts the sample products on sale, unless the shop sells something already.
pub(super) async fn seed(settings: &Settings, output: &mut Output<'_>) -> io::Result<Exit> {
    if settings.database.url == DatabaseUrl::SqliteMemory {
        return Ok(in_ram(output));
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
pub(super) async fn look(
    settings: &Settings,
    output: &mut Output<'_>,
) -> Result<Arc<dyn Database>, Exit> {
    let url = &settings.database.url;
    match migration_status(url).await {
        None => return Err(in_ram(output)),
        Some(Ok(states)) if states.iter().all(|state| state.applied) => {}
        Some(Ok(_)) => {
            output.note(format_args!(
                "error: the database {url} is missing or not up to date; run `ordersystem migrate`"
            ));
            return Err(Exit::Unavailable);
        }
        Some(Err(error)) => return Err(unavailable(error, output)),
    }
    open(url).await.map_err(|error| unavailable(error, output))
}

async fn open(url: &DatabaseUrl) -> Result<Arc<dyn Database>, OpenError> {
    match url {
        DatabaseUrl::Postgres(url) => {
            let usual = PostgresConfig::new(url.expose());
            let config = PostgresConfig { writers: 1, readers: 2, ..usual };
            Ok(Arc::new(PostgresStore::open_on_server_time(&config).await?))
        }
        DatabaseUrl::SqliteFile(path) => {
            let store = SqliteStore::open(&SqliteConfig::new(path), Arc::new(SystemClock))?;
            Ok(Arc::new(store))
        }
        DatabaseUrl::SqliteMemory => Err(OpenError::CannotUse {
            server: url.to_string(),
            why: "it is seen by its own server only".to_owned(),
        }),
    }
}

fn in_ram(output: &mut Output<'_>) -> Exit {
    output.note(
        "error: a database in RAM is seen by its own server only; give a file with --database-url",
    );
    Exit::Unavailable
}

fn unavailable(error: impl std::fmt::Display, output: &mut Output<'_>) -> Exit {
    output.note(format_args!("error: {error}; `ordersystem doctor` tells more"));
    Exit::Unavailable
}
