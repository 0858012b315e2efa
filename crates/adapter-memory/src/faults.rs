use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ordersystem_application::{CommitError, StoreUnavailable};

/// How a commit fails on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitFault {
    /// Nothing is written; the answer is `Unavailable`.
    Unavailable,
    /// Nothing is written; the answer is `Overloaded`.
    Overloaded,
    /// The connection broke before the commit: nothing is written, but the caller cannot know.
    LostUnit,
    /// The connection broke after the commit: the unit is decided as ever, but the caller cannot know.
    LostAnswer,
}

/// What goes wrong next in a [`crate::MemoryStore`], for tests; clones share the plan.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    plan: Arc<Mutex<Plan>>,
}

#[derive(Debug, Default)]
struct Plan {
    commits: VecDeque<CommitFault>,
    reads: usize,
}

impl Faults {
    /// The next `count` commits, behind those that were planned before, fail with `fault`.
    pub fn fail_commits(&self, count: usize, fault: CommitFault) {
        self.plan().commits.extend(std::iter::repeat_n(fault, count));
    }

    /// The next `count` calls other than commits answer [`StoreUnavailable`].
    pub fn fail_reads(&self, count: usize) {
        self.plan().reads = count;
    }

    /// Nothing goes wrong any more.
    pub fn heal(&self) {
        *self.plan() = Plan::default();
    }

    pub(crate) fn commit(&self) -> Option<CommitFault> {
        self.plan().commits.pop_front()
    }

    pub(crate) fn read(&self) -> Result<(), StoreUnavailable> {
        let mut plan = self.plan();
        match plan.reads.checked_sub(1) {
            None => Ok(()),
            Some(left) => {
                plan.reads = left;
                Err(StoreUnavailable)
            }
        }
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CommitFault {
    /// The answer where the unit is not even looked at.
    pub(crate) const fn refusal(self) -> Option<CommitError> {
        match self {
            Self::Unavailable => Some(CommitError::Unavailable),
            Self::Overloaded => Some(CommitError::Overloaded),
            Self::LostUnit => Some(CommitError::OutcomeUnknown),
            Self::LostAnswer => None,
        }
    }
}
