use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// Whether the counters may have lost something since they were last projected as a whole.
pub(crate) struct Losses {
    state: Mutex<State>,
    announced: Notify,
}

#[derive(Default)]
struct State {
    suspected: bool,
    /// A projection was lost; it counts as soon as another one gets through.
    unprojected: bool,
    announced: Option<Instant>,
}

impl Losses {
    /// Whoever projects everything on each announcement is not asked for it more often.
    const SPACING: Duration = Duration::from_secs(5);

    pub(crate) fn new() -> Self {
        Self { state: Mutex::default(), announced: Notify::new() }
    }

    /// Redis was empty, another process, or away.
    pub(crate) fn suspect(&self) {
        self.state().suspected = true;
    }

    /// A projection did not get through.
    pub(crate) fn projection_lost(&self) {
        self.state().unprojected = true;
    }

    /// A projection got through; those that were lost before can be made up for now.
    pub(crate) fn projection_made(&self) {
        let mut state = self.state();
        state.suspected |= state.unprojected;
        state.unprojected = false;
    }

    /// Announces what is suspected; remembered until somebody waits for it.
    pub(crate) fn announce(&self, now: Instant) {
        let mut state = self.state();
        let due = state.announced.is_none_or(|last| now.duration_since(last) >= Self::SPACING);
        if state.suspected && due {
            *state = State { announced: Some(now), suspected: false, ..*state };
            self.announced.notify_one();
        }
    }

    pub(crate) async fn announced(&self) {
        self.announced.notified().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn is_announced(losses: &Losses) -> bool {
        tokio::time::timeout(Duration::ZERO, losses.announced()).await.is_ok()
    }

    #[tokio::test]
    async fn a_suspicion_is_announced_once() {
        let (losses, now) = (Losses::new(), Instant::now());
        losses.announce(now);
        assert!(!is_announced(&losses).await, "nothing is suspected");
        losses.suspect();
        losses.announce(now);
        assert!(is_announced(&losses).await);
        losses.announce(now + Losses::SPACING);
        assert!(!is_announced(&losses).await);
    }

    #[tokio::test]
    async fn announcements_keep_their_distance_and_none_is_lost() {
        let (losses, now) = (Losses::new(), Instant::now());
        losses.suspect();
        losses.announce(now);
        assert!(is_announced(&losses).await);
        losses.suspect();
        losses.announce(now + Duration::from_secs(1));
        assert!(!is_announced(&losses).await, "too soon");
        losses.announce(now + Losses::SPACING);
        assert!(is_announced(&losses).await);
    }

    #[tokio::test]
    async fn a_lost_projection_counts_when_the_next_gets_through() {
        let (losses, now) = (Losses::new(), Instant::now());
        losses.projection_lost();
        losses.announce(now);
        assert!(!is_announced(&losses).await, "projecting again would fail again");
        losses.projection_made();
        losses.announce(now);
        assert!(is_announced(&losses).await);
        losses.projection_made();
        losses.announce(now + Losses::SPACING);
        assert!(!is_announced(&losses).await);
    }
}
