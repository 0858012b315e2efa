use std::time::Duration;

use async_trait::async_trait;
use diesel::dsl::max;
use diesel::prelude::*;
use uuid::Uuid;

use ordersystem_application::{Backlog, Bucket, Outbox, OutboxRow, StoreUnavailable};

use super::SqliteStore;
use super::chores::Chore;
use crate::rows::{Micros, StoredOutboxRow, sql_limit};
use crate::schema::{outbox, outbox_floor};

/// As many waiting messages are counted; of more it is enough to know how far they reach.
const COUNTED: i64 = 10_000;

/// No message up to here waits. It only rises: what it was a moment ago holds still.
fn floor(connection: &mut SqliteConnection) -> QueryResult<i64> {
    outbox_floor::table.find(1).select(outbox_floor::position).get_result(connection)
}

#[async_trait]
impl Outbox for SqliteStore {
    /// Only this process has the file open.
    async fn lease(&self, _relay: Uuid) -> Result<Vec<Bucket>, StoreUnavailable> {
        Ok(Bucket::all())
    }

    async fn release(&self, _relay: Uuid) -> Result<(), StoreUnavailable> {
        Ok(())
    }

    /// One writer assigns positions and commits them in the same order: no row can appear behind another.
    async fn unpublished(
        &self,
        buckets: &[Bucket],
        limit: usize,
    ) -> Result<Vec<OutboxRow>, StoreUnavailable> {
        let limit = sql_limit(limit);
        let buckets: Vec<i16> = buckets.iter().map(|bucket| bucket.number()).collect();
        let rows = self.shared.readers.read("the outbox", move |connection| {
            let waiting = outbox::id.gt(floor(connection)?).and(outbox::published_at.is_null());
            let mut rows = outbox::table.filter(waiting).into_boxed();
            if buckets.len() < Bucket::all().len() {
                rows = rows.filter(outbox::bucket.eq_any(buckets));
            }
            let rows = rows.order(outbox::id).limit(limit).select(StoredOutboxRow::as_select());
            rows.load(connection)?.into_iter().map(StoredOutboxRow::restore).collect()
        });
        rows.await
    }

    async fn mark_published(&self, positions: &[i64]) -> Result<(), StoreUnavailable> {
        let (positions, at) = (positions.to_vec(), self.shared.clock.now());
        self.chore(Chore::MarkPublished { positions, at }).await.map(drop)
    }

    async fn recent(&self, limit: usize) -> Result<Vec<OutboxRow>, StoreUnavailable> {
        let limit = sql_limit(limit);
        let rows = self.shared.readers.read("the outbox", move |connection| {
            let rows = outbox::table.filter(outbox::published_at.is_not_null());
            let rows = rows.order(outbox::id.desc()).limit(limit);
            let rows = rows.select(StoredOutboxRow::as_select()).load(connection)?;
            rows.into_iter().rev().map(StoredOutboxRow::restore).collect()
        });
        rows.await
    }

    async fn backlog(&self) -> Result<Backlog, StoreUnavailable> {
        let backlog = self.shared.readers.read("the outbox", |connection| {
            let waiting = outbox::id.gt(floor(connection)?).and(outbox::published_at.is_null());
            let waiting = outbox::table.filter(waiting).order(outbox::id);
            let first = waiting.select((outbox::id, outbox::at)).first::<(i64, Micros)>(connection);
            let Some((first, Micros(oldest))) = first.optional()? else {
                return Ok(Backlog::default());
            };
            let some: Vec<i64> = waiting.select(outbox::id).limit(COUNTED).load(connection)?;
            let last = outbox::table.select(max(outbox::id)).first::<Option<i64>>(connection)?;
            let reach = last.unwrap_or(first) - first + 1;
            let counted = i64::try_from(some.len()).unwrap_or(COUNTED);
            let pending = if counted < COUNTED { counted } else { reach };
            Ok(Backlog { pending, oldest: Some(oldest) })
        });
        backlog.await
    }

    /// The writer leaves a permit behind when nobody waits: a commit between the caller's look and this call wakes it too.
    async fn wait_for_messages(&self) {
        self.shared.published.notified().await;
    }

    async fn purge(&self, age: Duration) -> Result<usize, StoreUnavailable> {
        self.chore(Chore::Purge { before: self.shared.clock.now().before(age) }).await
    }
}
