use async_trait::async_trait;
use ordersystem_shared_kernel::Timestamp;

use super::{Page, Record};
use crate::StoreUnavailable;
use crate::outbox::Topic;

/// A record that a consumer group could not handle, kept for a person to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its number, ascending in the order of burial.
    pub id: i64,
    /// As it was received.
    pub record: Record,
    /// Who could not handle it.
    pub group: String,
    /// Why not.
    pub error: String,
    /// What became of it since.
    pub state: DeadLetterState,
    /// When it was set aside.
    pub buried_at: Timestamp,
    /// When its state last changed.
    pub changed_at: Timestamp,
}

/// What became of a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeadLetterState {
    /// It waits for a decision.
    Buried,
    /// The relay is to publish it again.
    ReplayRequested,
    /// It was published again.
    Replayed,
    /// Nobody needs it.
    Discarded,
}

impl DeadLetterState {
    /// Every state.
    pub const ALL: [Self; 4] =
        [Self::Buried, Self::ReplayRequested, Self::Replayed, Self::Discarded];

    /// The name in tables, answers and options.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Buried => "BURIED",
            Self::ReplayRequested => "REPLAY_REQUESTED",
            Self::Replayed => "REPLAYED",
            Self::Discarded => "DISCARDED",
        }
    }

    /// The states from which a letter may come into this one. A letter that was replayed may be replayed again: the
    /// reason why it could not be handled may not have been the last one.
    pub const fn reached_from(self) -> &'static [Self] {
        match self {
            Self::Buried => &[],
            Self::ReplayRequested => &[Self::Buried, Self::Replayed],
            Self::Replayed => &[Self::ReplayRequested],
            Self::Discarded => &[Self::Buried],
        }
    }
}

/// Which dead letters to list; every condition that is set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeadLetterFilter {
    /// Of this topic.
    pub topic: Option<Topic>,
    /// Set aside at this moment or later.
    pub since: Option<Timestamp>,
    /// In any of these states; empty for all.
    pub states: Vec<DeadLetterState>,
}

/// Port: what could not be handled.
#[async_trait]
pub trait DeadLetters: Send + Sync {
    /// MUST keep the record once per group and place in the log. One that was replayed and fails again comes from a new
    /// place and is a new letter.
    async fn bury(&self, record: &Record, group: &str, error: &str)
    -> Result<(), StoreUnavailable>;

    /// MUST list by id, ascending.
    async fn dead_letters(
        &self,
        filter: &DeadLetterFilter,
        page: Page,
    ) -> Result<Vec<DeadLetter>, StoreUnavailable>;

    /// One of them; none when there is no such letter.
    async fn dead_letter(&self, id: i64) -> Result<Option<DeadLetter>, StoreUnavailable>;

    /// MUST bring those letters into the state that are in one from which it is [reached](DeadLetterState::reached_from),
    /// leave the others alone, and say how many changed.
    async fn set_dead_letters(
        &self,
        ids: &[i64],
        state: DeadLetterState,
    ) -> Result<usize, StoreUnavailable>;
}
