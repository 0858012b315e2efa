use tokio_postgres::Error;
use tokio_postgres::error::{Severity, SqlState};

use crate::postgres::connection::chain;

/// Why a transaction did not end as it should have.
#[derive(Debug)]
pub(super) enum Failure {
    /// Somebody else was faster, which shows when the batch is decided again: nothing was written.
    Raced(String),
    /// A lock was not given in time; nothing was written.
    Locked(String),
    /// The server ended the transaction or the connection before the COMMIT: nothing was written.
    Lost(String),
    /// The server does not work at present; nothing was written.
    Database(String),
    /// One of the units cannot be written; nothing was.
    Job(String),
    /// The answer to the COMMIT was lost, and what became of it could not be found out.
    Unknown(String),
}

impl Failure {
    pub(super) fn why(&self) -> &str {
        match self {
            Self::Raced(why) | Self::Locked(why) | Self::Lost(why) => why,
            Self::Database(why) | Self::Job(why) | Self::Unknown(why) => why,
        }
    }
}

/// An error of a statement before the COMMIT.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let why = chain(&error);
        let Some(state) = error.code() else { return Self::Lost(why) };
        match state {
            &SqlState::UNIQUE_VIOLATION | &SqlState::DIVISION_BY_ZERO => Self::Raced(why),
            &SqlState::LOCK_NOT_AVAILABLE => Self::Locked(why),
            &SqlState::T_R_SERIALIZATION_FAILURE
            | &SqlState::T_R_DEADLOCK_DETECTED
            // A server that has become a standby.
            | &SqlState::READ_ONLY_SQL_TRANSACTION => Self::Lost(why),
            // Of the classes 53 (no disk, no memory) and 57 (cancelled, shutting down).
            state if state.code().starts_with("53") => Self::Database(why),
            state if state.code().starts_with("57") => Self::Lost(why),
            _ => Self::Job(why),
        }
    }
}

/// Whether the server has said that the transaction is gone. Anything else leaves the fate of a COMMIT open.
pub(super) fn is_refusal(error: &Error) -> bool {
    error.as_db_error().is_some_and(|error| error.parsed_severity() == Some(Severity::Error))
}
