use std::sync::atomic::{AtomicU64, Ordering};

use tokio::time::Instant;

/// Those who were too many. To write a line for each would be the next overload, so it is one line a second.
pub(super) struct TurnedAway {
    start: Instant,
    count: AtomicU64,
    told: AtomicU64,
}

impl Default for TurnedAway {
    fn default() -> Self {
        Self { start: Instant::now(), count: AtomicU64::new(0), told: AtomicU64::new(0) }
    }
}

impl TurnedAway {
    /// Counts one more, and tells of all since the last line now and then.
    pub(super) fn one_more(&self, code: &str) {
        self.count.fetch_add(1, Ordering::Relaxed);
        // The first second is number 1: nothing was told in second 0.
        let second = self.start.elapsed().as_secs() + 1;
        if self.told.fetch_max(second, Ordering::Relaxed) < second {
            let count = self.count.swap(0, Ordering::Relaxed);
            tracing::warn!(count, code, "refused what was too much at once");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_crowd_is_one_line_a_second() {
        let crowd = TurnedAway::default();
        for _ in 0..1000 {
            crowd.one_more("OVERLOADED");
        }
        assert_eq!(crowd.count.load(Ordering::Relaxed), 999, "the first was told at once");
        tokio::time::advance(std::time::Duration::from_secs(1)).await;
        crowd.one_more("OVERLOADED");
        assert_eq!(crowd.count.load(Ordering::Relaxed), 0);
    }
}
