use std::fmt;

use crate::{EventId, Timestamp};

/// How many changes an aggregate has seen; 1 after its creation. Also the sequence number of its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(i64);

impl Version {
    /// The version of an aggregate that was just created.
    pub const FIRST: Self = Self(1);

    /// Wraps a number that a store kept.
    pub const fn new(value: i64) -> Self {
        Self(value)
    }

    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The version after one more change.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A fact about one aggregate.
pub trait Event: Clone + fmt::Debug + Send + Sync {
    /// Survives every retry of the publication.
    fn id(&self) -> EventId;
    /// When the fact was decided.
    fn occurred_at(&self) -> Timestamp;
}

/// A consistency boundary: it changes as a whole and carries a version for optimistic concurrency.
pub trait Aggregate {
    /// What names one instance.
    type Id: Copy + Ord;
    /// What its verbs return.
    type Event: Event;

    /// The name of this instance.
    fn id(&self) -> Self::Id;
    /// Raised by one with each event.
    fn version(&self) -> Version;
}

/// What the store must still hold for a change to be valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// The aggregate does not exist yet.
    Absent,
    /// The aggregate exists in exactly this version.
    At(Version),
}

/// A decided but not yet committed change of one aggregate: its new state, what it was decided on, and its events.
#[derive(Debug, Clone)]
pub struct Change<A: Aggregate> {
    state: A,
    expected: Expected,
    events: Vec<A::Event>,
}

impl<A: Aggregate> Change<A> {
    /// A new aggregate together with the event of its creation.
    pub fn created((state, event): (A, A::Event)) -> Self {
        Self { state, expected: Expected::Absent, events: vec![event] }
    }

    /// A loaded aggregate that verbs are going to change; see [`Self::apply`].
    pub fn of(loaded: A) -> Self {
        let expected = Expected::At(loaded.version());
        Self { state: loaded, expected, events: Vec::new() }
    }

    /// Runs one verb and keeps its event; several verbs may follow each other in one change.
    ///
    /// # Errors
    /// Whatever the verb refuses; the change is as it was before.
    pub fn apply<E>(&mut self, verb: impl FnOnce(&mut A) -> Result<A::Event, E>) -> Result<(), E> {
        let event = verb(&mut self.state)?;
        self.events.push(event);
        Ok(())
    }

    /// Runs a verb that may find nothing to do, and hands its event back; none leaves the change empty.
    pub fn apply_if(&mut self, verb: impl FnOnce(&mut A) -> Option<A::Event>) -> Option<A::Event> {
        let event = verb(&mut self.state)?;
        self.events.push(event.clone());
        Some(event)
    }

    /// The aggregate after the change.
    pub const fn state(&self) -> &A {
        &self.state
    }

    /// What the store must check before it writes.
    pub const fn expected(&self) -> Expected {
        self.expected
    }

    /// In the order in which they were decided.
    pub fn events(&self) -> &[A::Event] {
        &self.events
    }
}
