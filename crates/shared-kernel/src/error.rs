use std::error::Error;

/// What a caller can do about an error; the edge maps each kind to one status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The thing does not exist.
    NotFound,
    /// The request itself is wrong and will stay wrong.
    Invalid,
    /// A rule of the business says no in the present state.
    Refused,
    /// Somebody else was faster, or the caller's precondition no longer holds.
    Conflict,
    /// A dependency is down or overloaded; a later try may succeed.
    Unavailable,
    /// A defect of ours.
    Internal,
}

/// An error with a stable, published code.
pub trait Coded: Error {
    /// SCREAMING_SNAKE, never renamed: clients branch on it.
    fn code(&self) -> &'static str;
    /// Decides the status and whether a retry makes sense.
    fn kind(&self) -> ErrorKind;
}

/// Why a repository of one domain could not do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RepositoryError {
    /// Another change came first: load, decide and commit again.
    #[error("the aggregate has changed since it was loaded")]
    Conflict,
    /// The store cannot be reached; nothing was changed.
    #[error("the store is not available")]
    Unavailable,
}

impl Coded for RepositoryError {
    fn code(&self) -> &'static str {
        match self {
            Self::Conflict => "CONCURRENT_CHANGE",
            Self::Unavailable => "STORE_UNAVAILABLE",
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::Conflict => ErrorKind::Conflict,
            Self::Unavailable => ErrorKind::Unavailable,
        }
    }
}
