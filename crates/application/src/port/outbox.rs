use std::time::Duration;

use async_trait::async_trait;
use ordersystem_shared_kernel::Timestamp;
use uuid::Uuid;

use crate::StoreUnavailable;
use crate::outbox::OutboxMessage;

/// A stored message with its place in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Ascending in commit order per key.
    pub position: i64,
    /// What is published.
    pub message: OutboxMessage,
}

/// A part of the outbox. A key lies in one bucket, so a bucket that one relay publishes keeps the order of its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket(i16);

impl Bucket {
    /// How many there are.
    pub const COUNT: i16 = 16;

    /// All of them.
    pub fn all() -> Vec<Self> {
        (0..Self::COUNT).map(Self).collect()
    }

    /// The bucket of a key: what remains of a division by [`Self::COUNT`].
    pub fn of(key: i64) -> Self {
        Self(i16::try_from(key.rem_euclid(Self::COUNT.into())).unwrap_or_default())
    }

    /// As a column holds it; none when no bucket has this number.
    pub fn numbered(number: i16) -> Option<Self> {
        (0..Self::COUNT).contains(&number).then_some(Self(number))
    }

    /// From 0 to [`Self::COUNT`] - 1.
    pub const fn number(self) -> i16 {
        self.0
    }
}

/// How far the relay is behind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Messages that no broker has confirmed yet.
    pub pending: i64,
    /// Since when the oldest of them waits.
    pub oldest: Option<Timestamp>,
}

/// How long a relay may publish what it leased, on the store's clock, unless it renews the lease.
pub const LEASE: Duration = Duration::from_secs(10);

/// Port: what was committed but may not be published yet.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Takes or renews the leases of a relay and says which buckets it may publish until [`LEASE`] from now. MUST give a
    /// bucket to one relay at a time, take it from one that did not renew, and share the buckets fairly among the relays
    /// within two leases. A store that only one process can open gives all.
    async fn lease(&self, relay: Uuid) -> Result<Vec<Bucket>, StoreUnavailable>;

    /// Gives the buckets of a relay that ends to the others at once.
    async fn release(&self, relay: Uuid) -> Result<(), StoreUnavailable>;

    /// MUST return unpublished rows of these buckets by position, at most `limit`, and none behind a committed row of its
    /// bucket that it leaves out: a cursor on positions would lose rows that commit late.
    async fn unpublished(
        &self,
        buckets: &[Bucket],
        limit: usize,
    ) -> Result<Vec<OutboxRow>, StoreUnavailable>;

    /// MUST remember that a broker confirmed these rows.
    async fn mark_published(&self, positions: &[i64]) -> Result<(), StoreUnavailable>;

    /// The newest published rows that are still kept, at most `limit`, by position ascending.
    async fn recent(&self, limit: usize) -> Result<Vec<OutboxRow>, StoreUnavailable>;

    /// How far the relay is behind.
    async fn backlog(&self) -> Result<Backlog, StoreUnavailable>;

    /// MUST return soon after this process commits a message, and MAY return without reason; callers poll as well.
    async fn wait_for_messages(&self);

    /// Forgets published messages, inbox rows, stored answers and whose the paid or cancelled orders were, all older than
    /// `age`, at most a few thousand a call; says how many rows went.
    async fn purge(&self, age: Duration) -> Result<usize, StoreUnavailable>;
}
