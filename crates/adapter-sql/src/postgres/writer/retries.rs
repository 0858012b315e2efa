use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// When a batch may still be tried again, and how.
pub(super) struct Retries {
    deadline: Instant,
    tries: u32,
}

impl Retries {
    /// Who waits is answered soon, whatever happens.
    const BUDGET: Duration = Duration::from_secs(2);

    const MOST: u32 = 4;

    pub(super) fn new() -> Self {
        Self { deadline: Instant::now() + Self::BUDGET, tries: 0 }
    }

    pub(super) fn is_time_left(&self) -> bool {
        Instant::now() < self.deadline
    }

    /// Waits a little, longer each time and never as long as a rival does. Says whether to try again.
    pub(super) async fn pause(&mut self) -> bool {
        self.tries += 1;
        if self.tries > Self::MOST || !self.is_time_left() {
            return false;
        }
        sleep(jitter(Duration::from_millis(5) * 2_u32.pow(self.tries))).await;
        true
    }
}

/// Anything up to `most`.
fn jitter(most: Duration) -> Duration {
    let random = RandomState::new().hash_one(most) % 1_000;
    most.mul_f64(f64::from(u32::try_from(random).unwrap_or_default()) / 1_000.0)
}
