use std::time::Duration;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt as _;
use uuid::Uuid;

use ordersystem_application::{Backlog, Bucket, Outbox, OutboxRow, StoreUnavailable};

use super::{PostgresStore, lease};
use crate::rows::{Micros, StoredOutboxRow, sql_limit, unpaid_states};
use crate::schema::outbox;
use crate::schema::types::DbTs;

/// The most rows of one table that go in one call: a purge must not hold orders up.
const SLICE: i64 = 2_000;

/// As many waiting messages are counted; of more the statistics of the database know well enough how many there are.
const COUNTED: i64 = 10_000;

#[async_trait]
impl Outbox for PostgresStore {
    async fn lease(&self, relay: Uuid) -> Result<Vec<Bucket>, StoreUnavailable> {
        let now = self.shared.clock.now();
        let leased = self.shared.readers.transact("the leases of a relay", move |connection| {
            async move { lease::settle(connection, relay, now).await }.boxed()
        });
        Ok(leased.await?.into_iter().filter_map(Bucket::numbered).collect())
    }

    async fn release(&self, relay: Uuid) -> Result<(), StoreUnavailable> {
        let released = self.shared.readers.transact("the end of a relay", move |connection| {
            async move { lease::release(connection, relay).await }.boxed()
        });
        released.await
    }

    async fn unpublished(
        &self,
        buckets: &[Bucket],
        limit: usize,
    ) -> Result<Vec<OutboxRow>, StoreUnavailable> {
        if buckets.is_empty() {
            return Ok(Vec::new());
        }
        let statement = unpublished(buckets);
        let rows = self.read("the outbox", move |connection| {
            async move {
                let rows = diesel::sql_query(statement).bind::<BigInt, _>(sql_limit(limit));
                let rows: Vec<StoredOutboxRow> = rows.load(connection).await?;
                rows.into_iter().map(StoredOutboxRow::restore).collect()
            }
            .boxed()
        });
        rows.await
    }

    async fn mark_published(&self, positions: &[i64]) -> Result<(), StoreUnavailable> {
        let (positions, at) = (positions.to_vec(), Micros(self.shared.clock.now()));
        let marked = self.read("what was published", move |connection| {
            let rows = outbox::table.filter(outbox::id.eq_any(positions));
            let rows = diesel::update(rows.filter(outbox::published_at.is_null()));
            rows.set(outbox::published_at.eq(at)).execute(connection).boxed()
        });
        marked.await.map(drop)
    }

    async fn recent(&self, limit: usize) -> Result<Vec<OutboxRow>, StoreUnavailable> {
        let rows = self.read("the published messages", move |connection| {
            async move {
                let rows = outbox::table.filter(outbox::published_at.is_not_null());
                let rows = rows.order(outbox::id.desc()).limit(sql_limit(limit));
                let rows: Vec<StoredOutboxRow> =
                    rows.select(StoredOutboxRow::as_select()).load(connection).await?;
                rows.into_iter().rev().map(StoredOutboxRow::restore).collect()
            }
            .boxed()
        });
        rows.await
    }

    async fn backlog(&self) -> Result<Backlog, StoreUnavailable> {
        let waiting = self.read("the backlog", |connection| {
            let waiting = diesel::sql_query(WAITING).bind::<BigInt, _>(COUNTED);
            waiting.get_result(connection).boxed()
        });
        let Waiting { pending, estimate, oldest } = waiting.await?;
        let pending = if pending < COUNTED { pending } else { pending.max(estimate) };
        Ok(Backlog { pending, oldest: oldest.map(|Micros(at)| at) })
    }

    /// The writers leave a permit behind when nobody waits: a commit between the caller's look and this call wakes it too.
    async fn wait_for_messages(&self) {
        self.shared.published.notified().await;
    }

    async fn purge(&self, age: Duration) -> Result<usize, StoreUnavailable> {
        let before = Micros(self.shared.clock.now().before(age));
        let mut purged = 0;
        for statement in [OLD_MESSAGES, OLD_RECEIPTS, OLD_ANSWERS, PAID_LONG_AGO] {
            let rows = self.read("a purge", move |connection| {
                let statement = diesel::sql_query(statement).bind::<DbTs, _>(before);
                statement.bind::<BigInt, _>(SLICE).execute(connection).boxed()
            });
            purged += rows.await?;
        }
        Ok(purged)
    }
}

/// The first positions of each bucket, of these the first, and of these the rows.
///
/// A bucket is a range of one number: its order, by bucket and position, is the one of the index on what waits alone. Asked
/// for `bucket = 3` the planner may walk along the primary key instead, past all that was published and not purged yet.
fn unpublished(buckets: &[Bucket]) -> String {
    let slices = buckets.iter().map(|bucket| {
        let number = bucket.number();
        format!(
            "(SELECT id FROM outbox WHERE bucket BETWEEN {number} AND {number}
                AND published_at IS NULL ORDER BY bucket, id LIMIT $1)"
        )
    });
    let slices: Vec<String> = slices.collect();
    format!(
        "SELECT id, event_id, topic, key, sequence, kind, payload, at, trace FROM outbox
        WHERE id = ANY (ARRAY (SELECT id FROM ({}) waiting ORDER BY id LIMIT $1)) ORDER BY id",
        slices.join(" UNION ALL ")
    )
}

/// The index holds what waits and nothing else: how many entries a page of it had when they were last counted, and how many
/// pages it has now.
const WAITING: &str = "SELECT
    (SELECT count(*) FROM (
        SELECT FROM outbox WHERE published_at IS NULL LIMIT $1) counted) AS pending,
    (SELECT (greatest(reltuples, 0) / greatest(relpages, 1) * pg_relation_size(oid)
        / current_setting('block_size')::bigint)::bigint
        FROM pg_class WHERE oid = 'outbox_pending'::regclass) AS estimate,
    (SELECT min(first.at) FROM generate_series(0, 15) AS number, LATERAL (
        SELECT at FROM outbox WHERE bucket BETWEEN number AND number AND published_at IS NULL
        ORDER BY bucket, id LIMIT 1) first) AS oldest";

#[derive(QueryableByName)]
struct Waiting {
    #[diesel(sql_type = BigInt)]
    pending: i64,
    #[diesel(sql_type = BigInt)]
    estimate: i64,
    #[diesel(sql_type = Nullable<DbTs>)]
    oldest: Option<Micros>,
}

/// Looks at the oldest published messages only, which need no index by age: they were published in about their order.
const OLD_MESSAGES: &str = "DELETE FROM outbox WHERE id = ANY (ARRAY (
    SELECT id FROM (
        SELECT id, published_at FROM outbox WHERE published_at IS NOT NULL ORDER BY id LIMIT $2
    ) oldest WHERE published_at < $1))";

/// These rows never change their place.
const OLD_RECEIPTS: &str = "DELETE FROM inbox WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM inbox WHERE at < $1 ORDER BY at LIMIT $2))";

const OLD_ANSWERS: &str = "DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM idempotency_keys WHERE at < $1 ORDER BY at LIMIT $2))";

/// Of clients who have not placed another order since; numbers of orders go with time.
const PAID_LONG_AGO: &str = concat!(
    "DELETE FROM unpaid_orders WHERE ctid = ANY (ARRAY (
    SELECT u.ctid FROM unpaid_orders u JOIN orders o ON o.id = u.order_id
    WHERE o.placed_at < $1 AND o.status NOT IN ",
    unpaid_states!(),
    " ORDER BY u.order_id LIMIT $2))"
);
