use std::time::Duration;

use async_trait::async_trait;
use ordersystem_shared_kernel::Timestamp;

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

/// How far the relay is behind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Messages that no broker has confirmed yet.
    pub pending: i64,
    /// Since when the oldest of them waits.
    pub oldest: Option<Timestamp>,
}

/// Port: what was committed but may not be published yet.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// MUST return the first unpublished rows by position, and none behind a committed row that it leaves out: a cursor
    /// on positions would lose rows that commit late.
    async fn unpublished(&self, limit: usize) -> Result<Vec<OutboxRow>, StoreUnavailable>;

    /// MUST remember that a broker confirmed these rows.
    async fn mark_published(&self, positions: &[i64]) -> Result<(), StoreUnavailable>;

    /// The newest published rows that are still kept, at most `limit`, by position ascending.
    async fn recent(&self, limit: usize) -> Result<Vec<OutboxRow>, StoreUnavailable>;

    /// How far the relay is behind.
    async fn backlog(&self) -> Result<Backlog, StoreUnavailable>;

    /// MUST return soon after this process commits a message, and MAY return without reason; callers poll as well.
    async fn wait_for_messages(&self);

    /// Forgets published messages, inbox rows and stored answers older than `age`, at most a few thousand a call; says
    /// how many rows went.
    async fn purge(&self, age: Duration) -> Result<usize, StoreUnavailable>;
}
