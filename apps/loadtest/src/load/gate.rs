//! When visits begin.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use super::{GRACE, Load, Pace, Until, Window, sleep_until};
use crate::number::{float, whole};

/// Lets visits begin. At an open pace any free connection takes the next arrival and is told when that was due, so that
/// time spent waiting for a free connection counts.
pub(super) struct Gate {
    pace: Pace,
    until: Until,
    window: Window,
    connections: usize,
    taken: AtomicU64,
    finished: AtomicU64,
    due: Semaphore,
}

impl Gate {
    pub(super) fn new(load: &Load, window: Window, connections: usize) -> Self {
        Self {
            pace: load.pace,
            until: load.until,
            window,
            connections,
            taken: AtomicU64::new(0),
            finished: AtomicU64::new(0),
            due: Semaphore::new(0),
        }
    }

    pub(super) const fn window(&self) -> Window {
        self.window
    }

    /// When what is still unanswered is given up.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.until {
            Until::Time { .. } => Some(self.window.to + GRACE),
            Until::Visits(_) => None,
        }
    }

    /// How many arrivals an open pace has.
    fn arrivals(&self) -> u64 {
        match (self.pace, self.until) {
            (Pace::Closed, _) => 0,
            (Pace::Open(_), Until::Visits(visits)) => visits,
            (Pace::Open(rate), Until::Time { .. }) => {
                whole(self.window.to.duration_since(self.window.start).as_secs_f64() * rate)
            }
        }
    }

    /// When the next visit is due; none when there are no more.
    pub(super) async fn next(&self) -> Option<Instant> {
        match self.pace {
            Pace::Closed => self.at_once(),
            Pace::Open(rate) => {
                self.due.acquire().await.ok()?.forget();
                let ticket = self.taken.fetch_add(1, Ordering::Relaxed);
                (ticket < self.arrivals()).then(|| self.moment(ticket, rate))
            }
        }
    }

    fn at_once(&self) -> Option<Instant> {
        let now = Instant::now();
        let more = match self.until {
            Until::Visits(visits) => self.taken.fetch_add(1, Ordering::Relaxed) < visits,
            Until::Time { .. } => now < self.window.to,
        };
        more.then_some(now)
    }

    /// When an arrival is due: the first at once, the others at equal distances.
    fn moment(&self, ticket: u64, rate: f64) -> Instant {
        self.window.start + Duration::from_secs_f64(float(ticket) / rate)
    }

    pub(super) fn finished(&self) {
        self.finished.fetch_add(1, Ordering::Relaxed);
    }

    /// Releases arrivals as they become due; to be called on a thread of its own, because a runtime's timers know
    /// milliseconds only.
    pub(super) fn release(&self) {
        let Pace::Open(rate) = self.pace else { return };
        let (arrivals, mut released) = (self.arrivals(), 0);
        while released < arrivals {
            let passed = Instant::now().saturating_duration_since(self.window.start).as_secs_f64();
            let due = whole(passed * rate).saturating_add(1).clamp(released, arrivals);
            self.due.add_permits(usize::try_from(due - released).unwrap_or(0));
            released = due;
            sleep_until(self.moment(released, rate).min(self.window.to));
        }
        // A ticket beyond the last sends its connection home.
        self.due.add_permits(self.connections);
    }

    /// Arrivals that nobody finished.
    pub(super) fn unanswered(&self) -> u64 {
        self.arrivals().saturating_sub(self.finished.load(Ordering::Relaxed))
    }
}
