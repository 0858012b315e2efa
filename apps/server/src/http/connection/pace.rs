use std::cell::Cell;
use std::time::Duration;

use tokio::time::Instant;

use crate::config::HttpSettings;

/// How long a connection goes on after an answer that its request did not wait for.
const FAREWELL: Duration = Duration::from_secs(1);

/// What clients may take their time for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    pub(super) header: Duration,
    pub(super) keep_alive: Duration,
    pub(super) write: Duration,
    /// What must be taken within `write` for the rest to be waited for.
    pub(super) least: u64,
}

impl From<&HttpSettings> for Patience {
    fn from(http: &HttpSettings) -> Self {
        let rate = u64::from(http.min_bytes_per_second);
        Self {
            header: http.header_timeout,
            keep_alive: http.keep_alive,
            write: http.write_timeout,
            least: rate.saturating_mul(http.write_timeout.as_secs()).max(1),
        }
    }
}

/// How a connection is getting on: shared by its stream, which knows the bytes, and by the requests that came over it,
/// which know what the bytes meant. The framework itself limits only the first head, so everything else is limited here.
#[derive(Debug)]
pub(in crate::http) struct Pace {
    patience: Patience,
    phase: Cell<Phase>,
    blocked: Cell<Option<Blocked>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing of a request is there.
    Idle { until: Instant },
    /// Something of a request is there, but not its whole head; or what is left of a body that nobody wants.
    Head { until: Instant },
    /// It is our turn.
    Serving,
    /// The answer has no end of its own.
    Streaming,
    /// The last answer is on its way.
    Closing { until: Instant },
}

/// A client that does not take what is there for it.
#[derive(Debug, Clone, Copy)]
struct Blocked {
    since: Instant,
    taken: u64,
}

impl Pace {
    pub(super) fn new(patience: Patience, now: Instant) -> Self {
        let phase = Phase::Idle { until: now + patience.header + patience.keep_alive };
        Self { patience, phase: Cell::new(phase), blocked: Cell::new(None) }
    }

    /// A request has arrived and is being answered.
    pub(in crate::http) fn serve(&self) {
        if !matches!(self.phase.get(), Phase::Closing { .. }) {
            self.phase.set(Phase::Serving);
        }
    }

    /// The answer goes on for as long as the client listens.
    pub(in crate::http) fn stream(&self) {
        self.phase.set(Phase::Streaming);
    }

    /// No further request is wanted.
    pub(in crate::http) fn close(&self) {
        self.phase.set(Phase::Closing { until: Instant::now() + FAREWELL });
    }

    /// Bytes have come in.
    pub(super) fn received(&self, now: Instant) {
        if let Phase::Idle { .. } = self.phase.get() {
            self.phase.set(Phase::Head { until: now + self.patience.header });
        }
    }

    /// The client has taken bytes.
    pub(super) fn sent(&self, bytes: usize, now: Instant) {
        if let Phase::Serving | Phase::Head { .. } = self.phase.get() {
            let until = now + self.patience.keep_alive + self.patience.header;
            self.phase.set(Phase::Idle { until });
        }
        if let Some(mut blocked) = self.blocked.get() {
            blocked.taken = blocked.taken.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
            let is_quick = blocked.taken >= self.patience.least;
            let fresh = Blocked { since: now, taken: 0 };
            self.blocked.set(Some(if is_quick { fresh } else { blocked }));
        }
    }

    /// The client takes no more for now.
    pub(super) fn held_up(&self, now: Instant) {
        if self.blocked.get().is_none() {
            self.blocked.set(Some(Blocked { since: now, taken: 0 }));
        }
    }

    /// The client has taken everything.
    pub(super) fn all_sent(&self) {
        self.blocked.set(None);
    }

    /// When the client will have been too slow, as far as is known.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let reading = match self.phase.get() {
            Phase::Idle { until } | Phase::Head { until } | Phase::Closing { until } => Some(until),
            Phase::Serving | Phase::Streaming => None,
        };
        let writing = self.blocked.get().map(|blocked| blocked.since + self.patience.write);
        reading.into_iter().chain(writing).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience {
        header: Duration::from_secs(5),
        keep_alive: Duration::from_secs(15),
        write: Duration::from_secs(10),
        least: 10_240,
    };

    fn seconds(pace: &Pace, since: Instant) -> Option<u64> {
        pace.deadline().map(|deadline| deadline.duration_since(since).as_secs())
    }

    #[test]
    fn every_head_has_its_deadline_and_drips_do_not_move_it() {
        let start = Instant::now();
        let pace = Pace::new(PATIENCE, start);
        assert_eq!(seconds(&pace, start), Some(20));
        pace.received(start);
        pace.received(start + Duration::from_secs(4));
        assert_eq!(seconds(&pace, start), Some(5));
        pace.serve();
        assert_eq!(seconds(&pace, start), None);
        pace.sent(100, start);
        assert_eq!(seconds(&pace, start), Some(20));
        pace.received(start + Duration::from_secs(3));
        assert_eq!(seconds(&pace, start), Some(8), "the second head as well");
    }

    #[test]
    fn who_takes_too_little_of_an_answer_is_cut_off() {
        let start = Instant::now();
        let pace = Pace::new(PATIENCE, start);
        pace.serve();
        pace.stream();
        pace.held_up(start);
        pace.sent(10_239, start + Duration::from_secs(9));
        pace.held_up(start + Duration::from_secs(9));
        assert_eq!(seconds(&pace, start), Some(10));
        pace.sent(1, start + Duration::from_secs(9));
        assert_eq!(seconds(&pace, start), Some(19));
        pace.all_sent();
        assert_eq!(seconds(&pace, start), None);
    }

    #[test]
    fn a_farewell_is_short_and_final() {
        let start = Instant::now();
        let pace = Pace::new(PATIENCE, start);
        pace.close();
        pace.serve();
        pace.sent(1, start);
        pace.received(start);
        assert!(pace.deadline().unwrap() <= Instant::now() + FAREWELL);
    }
}
