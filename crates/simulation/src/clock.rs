use ordersystem_shared_kernel::{Clock, Timestamp};
use tokio::time::Instant;

/// The virtual time of a run, as one machine shows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VirtualClock {
    started: Instant,
    /// How far it goes ahead of the database's.
    skew_micros: i64,
}

/// 2025-06-13T05:59:51Z: every run begins there.
const BEGINNING: i64 = 1_749_794_391_000_000;

impl VirtualClock {
    /// Starts now, exactly.
    pub(crate) fn start() -> Self {
        Self { started: Instant::now(), skew_micros: 0 }
    }

    /// The same time on a machine whose clock is wrong.
    pub(crate) const fn skewed(self, skew_micros: i64) -> Self {
        Self { skew_micros, ..self }
    }

    /// Microseconds since the start.
    pub(crate) fn micros(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_micros()).unwrap_or(i64::MAX)
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(BEGINNING + self.micros() + self.skew_micros)
    }
}
