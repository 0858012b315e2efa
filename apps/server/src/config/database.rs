//! The address of the database.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::Deserialize;

use super::engine_url::{EngineUrl, is_postgres};

/// Where orders live.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum DatabaseUrl {
    /// A SQLite file, relative to the working directory unless it starts with a slash.
    SqliteFile(PathBuf),
    /// A SQLite database in RAM that ends with the process.
    SqliteMemory,
    /// A PostgreSQL database that any number of processes share.
    Postgres(EngineUrl),
}

/// A text that is no address of a database.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an address of a database")]
pub struct DatabaseUrlError;

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_postgres(text) {
            return Ok(DatabaseUrl::Postgres(EngineUrl::new(text)));
        }
        let rest = text.strip_prefix("sqlite:").ok_or(DatabaseUrlError)?;
        match rest.strip_prefix("//").unwrap_or(rest) {
            ":memory:" => Ok(DatabaseUrl::SqliteMemory),
            path if path.is_empty() || path.ends_with('/') => Err(DatabaseUrlError),
            // SQLite would read these as its own options, other tools as theirs.
            path if path.contains(['?', '#', '\0']) => Err(DatabaseUrlError),
            path => Ok(DatabaseUrl::SqliteFile(PathBuf::from(path))),
        }
    }
}

impl TryFrom<String> for DatabaseUrl {
    type Error = DatabaseUrlError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DatabaseUrl::SqliteFile(path) => write!(f, "sqlite://{}", path.display()),
            DatabaseUrl::SqliteMemory => f.write_str("sqlite::memory:"),
            DatabaseUrl::Postgres(url) => url.fmt(f),
        }
    }
}
