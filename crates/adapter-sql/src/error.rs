use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why a database cannot be used.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The file or its folder cannot be read, written or made, or is no database.
    #[error("cannot open the database {}: {why}", path.display())]
    CannotOpen {
        /// As it was given.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// The URL of a server cannot be used.
    #[error("the URL of the database cannot be used: {why}")]
    Url {
        /// Without the URL, which may hold a password.
        why: String,
    },
    /// The server does not answer, does not let us in or is none that we can work with.
    #[error("cannot use the database {server}: {why}")]
    CannotUse {
        /// Host, port and name.
        server: String,
        /// What the server or the system says.
        why: String,
    },
    /// A newer program has changed the schema.
    #[error("the database was written by a newer version of this program (schema {version})")]
    NewerSchema {
        /// The newest migration that this program does not know.
        version: String,
    },
    /// A migration failed; the schema is as before it.
    #[error("the schema of the database cannot be brought up to date: {why}")]
    Migration {
        /// What the database says.
        why: String,
    },
}

impl OpenError {
    pub(crate) fn cannot_open(path: &Path, why: impl ToString) -> Self {
        Self::CannotOpen { path: path.to_owned(), why: why.to_string() }
    }

    pub(crate) fn migration(why: impl ToString) -> Self {
        Self::Migration { why: why.to_string() }
    }
}
