//! What a load has shown.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::{GRACE, Window};
use crate::number::{float, micros};

/// What a load has shown: how long visits took, and how many there were.
#[derive(Debug, Clone)]
pub struct Recording {
    latencies: Histogram<u64>,
    visits: u64,
    calls: u64,
    failures: u64,
    first_failure: Option<String>,
    measured: Duration,
}

impl Recording {
    /// Latencies are told apart to three digits, up to an hour.
    const LONGEST: Duration = Duration::from_secs(3600);

    pub(super) fn new() -> anyhow::Result<Self> {
        Ok(Self {
            latencies: Histogram::new_with_bounds(1, micros(Self::LONGEST), 3)?,
            visits: 0,
            calls: 0,
            failures: 0,
            first_failure: None,
            measured: Duration::ZERO,
        })
    }

    /// A visit counts when it was due in the window. Throughput counts what was finished in the window, so that work
    /// that is only waiting is none.
    pub(super) fn visited(&mut self, due: Instant, now: Instant, calls: u64, window: Window) {
        if due >= window.from && due < window.to {
            self.latencies.saturating_record(micros(now.saturating_duration_since(due)).max(1));
        }
        if now >= window.from && now < window.to {
            self.visits += 1;
            self.calls += calls;
        }
    }

    pub(super) fn failed(&mut self, why: String) {
        self.failures += 1;
        self.first_failure.get_or_insert(why);
    }

    pub(super) fn add(&mut self, other: &Self) -> anyhow::Result<()> {
        self.latencies.add(&other.latencies)?;
        self.visits += other.visits;
        self.calls += other.calls;
        self.failures += other.failures;
        if let Some(why) = &other.first_failure {
            self.first_failure.get_or_insert_with(|| why.clone());
        }
        Ok(())
    }

    /// Arrivals that nobody finished took at least [`GRACE`]: leaving them out would flatter the slowest.
    pub(super) fn close(&mut self, unanswered: u64, measured: Duration) {
        self.measured = measured;
        if unanswered > 0 {
            self.latencies.saturating_record_n(micros(GRACE), unanswered);
            self.failures += unanswered;
            self.first_failure.get_or_insert_with(|| {
                format!("{unanswered} visits were not finished {} s after the end", GRACE.as_secs())
            });
        }
    }

    /// Visits finished in the measured time.
    pub const fn visits(&self) -> u64 {
        self.visits
    }

    /// Calls of these visits.
    pub const fn calls(&self) -> u64 {
        self.calls
    }

    /// Visits per second.
    pub fn rate(&self) -> f64 {
        float(self.visits) / self.measured.as_secs_f64()
    }

    /// Connections that ended early and arrivals that nobody finished.
    pub const fn failures(&self) -> u64 {
        self.failures
    }

    /// Why the first of them did.
    pub fn first_failure(&self) -> Option<&str> {
        self.first_failure.as_deref()
    }

    /// So many percent of the visits took no longer, in milliseconds.
    pub fn percentile(&self, percent: f64) -> f64 {
        float(self.latencies.value_at_percentile(percent)) / 1000.0
    }

    /// The slowest visit, in milliseconds.
    pub fn slowest(&self) -> f64 {
        float(self.latencies.max()) / 1000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window() -> Window {
        let start = Instant::now();
        let from = start + Duration::from_secs(1);
        Window { start, from, to: from + Duration::from_secs(2) }
    }

    fn recorded(visits: &[(u64, u64)]) -> Recording {
        let (mut recording, window) = (Recording::new().unwrap(), window());
        for (due, now) in visits {
            let at = |ms| window.start + Duration::from_millis(ms);
            recording.visited(at(*due), at(*now), 1, window);
        }
        recording.close(0, window.measured());
        recording
    }

    #[test]
    fn the_warm_up_does_not_count() {
        let recording = recorded(&[(0, 500), (500, 999)]);
        assert_eq!((recording.visits(), recording.slowest()), (0, 0.0));
    }

    #[test]
    fn what_is_late_counts_as_slow_and_not_as_done() {
        let recording = recorded(&[(1000, 1010), (2900, 3500)]);
        assert_eq!((recording.visits(), recording.rate()), (1, 0.5));
        assert!((recording.slowest() - 600.0).abs() < 1.0, "{}", recording.slowest());
    }

    #[test]
    fn what_nobody_answered_is_slow_and_a_failure() {
        let mut recording = recorded(&[(1000, 1010)]);
        recording.close(1, Duration::from_secs(2));
        assert_eq!(recording.failures(), 1);
        assert!(recording.percentile(99.0) > 9_900.0);
        assert!(recording.first_failure().unwrap().contains("not finished"));
    }
}
