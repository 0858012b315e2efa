use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use ordersystem_shared_kernel::{Clock, Timestamp};

/// A clock that stands still until somebody moves it; its clones show the same time.
#[derive(Debug, Clone)]
pub struct ManualClock {
    micros: Arc<AtomicI64>,
}

impl ManualClock {
    /// Stands at `moment`.
    pub fn at(moment: Timestamp) -> Self {
        Self { micros: Arc::new(AtomicI64::new(moment.as_micros())) }
    }

    /// Jumps to `moment`, also backwards.
    pub fn set(&self, moment: Timestamp) {
        self.micros.store(moment.as_micros(), Ordering::SeqCst);
    }

    /// Moves on by `duration`, counted in whole microseconds.
    pub fn advance(&self, duration: Duration) {
        self.set(self.now().after(duration));
    }
}

/// Stands at 2025-06-13T05:59:51.092293Z, the moment of the contract's example.
impl Default for ManualClock {
    fn default() -> Self {
        Self::at(Timestamp::from_micros(1_749_794_391_092_293))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.micros.load(Ordering::SeqCst))
    }
}
