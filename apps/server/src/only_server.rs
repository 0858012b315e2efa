//! One server per database file: two would hand out the same numbers, and each would see half of the events.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use anyhow::Context;

use crate::config::DatabaseUrl;

/// Held while this process serves a database file; the system lets go of it with the process, however that ends.
#[derive(Debug)]
pub struct OnlyServer {
    _file: Option<File>,
}

impl OnlyServer {
    /// Takes the database for this process. A database in RAM is seen by nobody else.
    ///
    /// # Errors
    /// Another server has it, or the file beside the database cannot be made.
    pub fn of(database: &DatabaseUrl) -> anyhow::Result<Self> {
        let DatabaseUrl::SqliteFile(path) = database else { return Ok(Self { _file: None }) };
        let file = lock_file(path)
            .with_context(|| format!("cannot make a lock beside {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: Some(file) }),
            Err(TryLockError::WouldBlock) => Err(anyhow::anyhow!(
                "another server runs on {}; stop it, or give another file with --database-url",
                path.display()
            )),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock {}", path.display()))
            }
        }
    }
}

fn lock_file(database: &Path) -> io::Result<File> {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    File::options().create(true).truncate(false).write(true).open(name)
}
