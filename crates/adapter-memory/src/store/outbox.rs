use std::time::Duration;

use async_trait::async_trait;
use ordersystem_application::{Backlog, Bucket, Outbox, OutboxRow, StoreUnavailable};
use ordersystem_shared_kernel::Timestamp;
use uuid::Uuid;

use super::MemoryStore;
use super::tables::{StoredMessage, Tables};

/// How many rows one call of [`Outbox::purge`] forgets at most, so that nobody waits long for the lock.
const PURGED_AT_ONCE: usize = 5_000;

#[async_trait]
impl Outbox for MemoryStore {
    async fn lease(&self, _relay: Uuid) -> Result<Vec<Bucket>, StoreUnavailable> {
        self.read().map(|_available| Bucket::all())
    }

    async fn release(&self, _relay: Uuid) -> Result<(), StoreUnavailable> {
        self.read().map(drop)
    }

    async fn unpublished(
        &self,
        buckets: &[Bucket],
        limit: usize,
    ) -> Result<Vec<OutboxRow>, StoreUnavailable> {
        let tables = self.read()?;
        let stored = tables.unpublished.iter().filter_map(|at| tables.outbox.get_key_value(at));
        let mine = stored.filter(|(_, row)| buckets.contains(&Bucket::of(row.message.key)));
        Ok(mine.take(limit).map(row).collect())
    }

    async fn mark_published(&self, positions: &[i64]) -> Result<(), StoreUnavailable> {
        let (now, mut tables) = (self.now(), self.read()?);
        for position in positions {
            if tables.unpublished.remove(position)
                && let Some(stored) = tables.outbox.get_mut(position)
            {
                stored.published_at = Some(now);
            }
        }
        Ok(())
    }

    async fn recent(&self, limit: usize) -> Result<Vec<OutboxRow>, StoreUnavailable> {
        let tables = self.read()?;
        let newest = tables.outbox.iter().rev().filter(|(_, stored)| stored.published_at.is_some());
        let mut rows: Vec<_> = newest.take(limit).map(row).collect();
        rows.reverse();
        Ok(rows)
    }

    async fn backlog(&self) -> Result<Backlog, StoreUnavailable> {
        let tables = self.read()?;
        let waiting = tables.unpublished.iter().filter_map(|position| tables.outbox.get(position));
        Ok(Backlog {
            pending: i64::try_from(tables.unpublished.len()).unwrap_or(i64::MAX),
            oldest: waiting.map(|stored| stored.message.at).next(),
        })
    }

    async fn wait_for_messages(&self) {
        self.committed.notified().await;
    }

    async fn purge(&self, age: Duration) -> Result<usize, StoreUnavailable> {
        let before = self.now().before(age);
        let mut tables = self.read()?;
        let messages = purge_messages(&mut tables, before);
        let receipts = purge_receipts(&mut tables, before, PURGED_AT_ONCE - messages);
        Ok(messages + receipts + tables.forget_paid(before))
    }
}

impl MemoryStore {
    /// Wakes everybody who waits now, and whoever is going to wait next: a message that is committed between a query and
    /// the wait must not be overslept.
    pub(super) fn wake_relay(&self) {
        self.committed.notify_waiters();
        self.committed.notify_one();
    }
}

fn row((position, stored): (&i64, &StoredMessage)) -> OutboxRow {
    OutboxRow { position: *position, message: stored.message.clone() }
}

fn purge_messages(tables: &mut Tables, before: Timestamp) -> usize {
    let old = tables.outbox.iter();
    let old = old.filter(|(_, stored)| stored.published_at.is_some_and(|at| at < before));
    let old: Vec<_> = old.map(|(position, _)| *position).take(PURGED_AT_ONCE).collect();
    for position in &old {
        tables.outbox.remove(position);
    }
    old.len()
}

fn purge_receipts(tables: &mut Tables, before: Timestamp, most: usize) -> usize {
    let old = tables.receipts.iter().filter(|(_, receipt)| receipt.at < before);
    let old: Vec<_> = old.map(|(key, _)| key.clone()).take(most).collect();
    for key in &old {
        tables.receipts.remove(key);
    }
    old.len()
}
