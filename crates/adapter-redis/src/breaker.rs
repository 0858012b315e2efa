use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Keeps calls away from an engine that fails: after [`Breaker::IN_A_ROW`] failures in a row, or when more than half of the
/// last [`Breaker::WINDOW`] calls failed, nobody asks for [`Breaker::OPEN`]; then one call tries.
#[derive(Debug)]
pub(crate) struct Breaker {
    state: State,
    in_a_row: usize,
    /// Whether each of the last calls failed, the oldest first.
    window: VecDeque<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed,
    Open {
        since: Instant,
    },
    /// One call is trying; should it never report, another one may after a while.
    Trying {
        since: Instant,
    },
}

/// How a call went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Good,
    Failed,
}

/// What a report has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Opened,
    Closed,
}

impl Breaker {
    pub(crate) const IN_A_ROW: usize = 5;
    pub(crate) const WINDOW: usize = 20;
    pub(crate) const OPEN: Duration = Duration::from_secs(2);

    pub(crate) const fn new() -> Self {
        Self { state: State::Closed, in_a_row: 0, window: VecDeque::new() }
    }

    /// Whether a call may be made now; whoever may must [`Self::report`].
    pub(crate) fn allows(&mut self, now: Instant) -> bool {
        match self.state {
            State::Closed => true,
            State::Open { since } | State::Trying { since } => {
                let again = now.duration_since(since) >= Self::OPEN;
                if again {
                    self.state = State::Trying { since: now };
                }
                again
            }
        }
    }

    pub(crate) fn report(&mut self, outcome: Outcome, now: Instant) -> Option<Change> {
        match (self.state, outcome) {
            (State::Closed, _) => {
                self.count(outcome);
                self.is_too_much().then(|| self.open(now))
            }
            (State::Trying { .. }, Outcome::Good) => self.close(),
            (State::Trying { .. }, Outcome::Failed) => {
                self.open(now);
                None
            }
            // Of a call that began before it opened.
            (State::Open { .. }, _) => None,
        }
    }

    /// Closes it because the engine is known to answer again.
    pub(crate) fn close(&mut self) -> Option<Change> {
        let was_closed = self.state == State::Closed;
        *self = Self::new();
        (!was_closed).then_some(Change::Closed)
    }

    fn open(&mut self, now: Instant) -> Change {
        *self = Self { state: State::Open { since: now }, ..Self::new() };
        Change::Opened
    }

    fn count(&mut self, outcome: Outcome) {
        let failed = outcome == Outcome::Failed;
        self.in_a_row = if failed { self.in_a_row + 1 } else { 0 };
        if self.window.len() == Self::WINDOW {
            self.window.pop_front();
        }
        self.window.push_back(failed);
    }

    fn is_too_much(&self) -> bool {
        let failed = self.window.iter().filter(|failed| **failed).count();
        self.in_a_row >= Self::IN_A_ROW
            || (self.window.len() == Self::WINDOW && failed * 2 > Self::WINDOW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOMENT: Duration = Duration::from_millis(1);

    fn report(breaker: &mut Breaker, outcomes: &str, now: Instant) -> Vec<Change> {
        let outcome = |c| if c == '.' { Outcome::Good } else { Outcome::Failed };
        outcomes.chars().filter_map(|c| breaker.report(outcome(c), now)).collect()
    }

    fn opened(now: Instant) -> Breaker {
        let mut breaker = Breaker::new();
        assert_eq!(report(&mut breaker, "xxxxx", now), [Change::Opened]);
        breaker
    }

    #[test]
    fn opens_after_five_failures_in_a_row() {
        let now = Instant::now();
        let mut breaker = Breaker::new();
        assert_eq!(report(&mut breaker, "xxxx.xxxx", now), []);
        assert!(breaker.allows(now));
        assert_eq!(report(&mut breaker, "x", now), [Change::Opened]);
        assert!(!breaker.allows(now));
    }

    #[test]
    fn opens_when_more_than_half_of_twenty_failed() {
        let now = Instant::now();
        let mut breaker = Breaker::new();
        assert_eq!(report(&mut breaker, "x.x.x.x.x.x.x.x.x.x.", now), [], "half is not more");
        assert_eq!(report(&mut breaker, ".x.x.x", now), [], "the oldest are forgotten");
        assert_eq!(report(&mut breaker, "xx", now), [Change::Opened]);
    }

    #[test]
    fn too_few_calls_say_nothing() {
        let now = Instant::now();
        assert_eq!(report(&mut Breaker::new(), "xxxx.xxxx.xxxx.xxxx", now), []);
    }

    #[test]
    fn lets_one_call_try_after_two_seconds() {
        let now = Instant::now();
        let mut breaker = opened(now);
        assert!(!breaker.allows(now + Breaker::OPEN - MOMENT));
        assert!(breaker.allows(now + Breaker::OPEN));
        assert!(!breaker.allows(now + Breaker::OPEN + MOMENT), "one is enough");
    }

    #[test]
    fn closes_when_the_try_succeeds() {
        let now = Instant::now();
        let mut breaker = opened(now);
        assert!(breaker.allows(now + Breaker::OPEN));
        assert_eq!(report(&mut breaker, ".", now + Breaker::OPEN), [Change::Closed]);
        assert_eq!(report(&mut breaker, "xxxx", now + Breaker::OPEN), [], "it starts anew");
        assert!(breaker.allows(now + Breaker::OPEN));
    }

    #[test]
    fn opens_again_when_the_try_fails() {
        let now = Instant::now();
        let mut breaker = opened(now);
        let later = now + Breaker::OPEN;
        assert!(breaker.allows(later));
        assert_eq!(report(&mut breaker, "x", later), [], "it was said before");
        assert!(!breaker.allows(later + Breaker::OPEN - MOMENT));
        assert!(breaker.allows(later + Breaker::OPEN));
    }

    #[test]
    fn a_try_that_never_reports_is_replaced() {
        let now = Instant::now();
        let mut breaker = opened(now);
        let later = now + Breaker::OPEN;
        assert!(breaker.allows(later));
        assert!(breaker.allows(later + Breaker::OPEN));
    }

    #[test]
    fn late_reports_change_nothing_while_it_is_open() {
        let now = Instant::now();
        let mut breaker = opened(now);
        assert_eq!(report(&mut breaker, ".x.", now), []);
        assert!(!breaker.allows(now + Breaker::OPEN - MOMENT));
    }

    #[test]
    fn can_be_closed_by_who_knows_better() {
        let now = Instant::now();
        let mut breaker = opened(now);
        assert_eq!(breaker.close(), Some(Change::Closed));
        assert_eq!(breaker.close(), None);
        assert!(breaker.allows(now));
    }
}
