use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use crate::OpenError;

/// Waits for a process that holds the lock, for example a backup; synced at every commit.
///
/// A checkpoint comes every 16 MiB of log: a busy batch dirties a few hundred KiB, and the usual 4 MiB would sync the
/// database file every dozen batches. No foreign keys are declared, so none are checked.
const WRITING: &str = "
    PRAGMA busy_timeout = 5000;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 4000;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA cache_size = -65536;
    PRAGMA temp_store = MEMORY;
    PRAGMA mmap_size = 268435456;
    PRAGMA foreign_keys = OFF;
";

const READING: &str = "
    PRAGMA busy_timeout = 5000;
    PRAGMA query_only = ON;
    PRAGMA cache_size = -16384;
    PRAGMA temp_store = MEMORY;
    PRAGMA mmap_size = 268435456;
";

/// The connection that changes the database; makes the file when there is none.
pub(super) fn writing(path: &Path) -> Result<SqliteConnection, OpenError> {
    connect(path, WRITING)
}

/// A connection that cannot change anything.
pub(super) fn reading(path: &Path) -> Result<SqliteConnection, OpenError> {
    connect(path, READING)
}

/// Makes the folder of a database that does not exist yet.
pub(super) fn make_folder(path: &Path) -> Result<(), OpenError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder
        .map_or(Ok(()), std::fs::create_dir_all)
        .map_err(|error| OpenError::cannot_open(path, error))
}

fn connect(path: &Path, pragmas: &str) -> Result<SqliteConnection, OpenError> {
    let absolute = std::path::absolute(path).map_err(|why| OpenError::cannot_open(path, why))?;
    let not_text = || OpenError::cannot_open(path, "its path is not valid Unicode");
    let name = absolute.to_str().ok_or_else(not_text)?;
    let mut connection =
        SqliteConnection::establish(name).map_err(|why| OpenError::cannot_open(path, why))?;
    connection.batch_execute(pragmas).map_err(|why| OpenError::cannot_open(path, why))?;
    Ok(connection)
}
