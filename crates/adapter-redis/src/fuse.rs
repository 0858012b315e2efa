use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::breaker::{Breaker, Change, Outcome};
use crate::config::RedisDown;

/// A breaker that many calls share and that says in the log when it opens and closes.
pub(crate) struct Fuse {
    /// What is out of order while it is open.
    what: &'static str,
    breaker: Mutex<Breaker>,
}

impl Fuse {
    pub(crate) const fn new(what: &'static str) -> Self {
        Self { what, breaker: Mutex::new(Breaker::new()) }
    }

    pub(crate) fn allows(&self) -> bool {
        self.breaker().allows(Instant::now())
    }

    pub(crate) fn report<T>(&self, result: &Result<T, RedisDown>) -> Option<Change> {
        let outcome = if result.is_ok() { Outcome::Good } else { Outcome::Failed };
        let change = self.breaker().report(outcome, Instant::now());
        match (change, result) {
            (Some(Change::Opened), Err(reason)) => {
                tracing::warn!("{} stop for now, the database decides alone: {reason}", self.what);
            }
            (change, _) => self.log_closed(change),
        }
        change
    }

    /// Closes it because Redis is known to answer again.
    pub(crate) fn close(&self) {
        let change = self.breaker().close();
        self.log_closed(change);
    }

    fn log_closed(&self, change: Option<Change>) {
        if change == Some(Change::Closed) {
            tracing::info!("{} work again", self.what);
        }
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
