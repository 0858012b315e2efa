use diesel::prelude::*;
use diesel::sql_types::BigInt;

use ordersystem_shared_kernel::Timestamp;

use crate::rows::Micros;
use crate::schema::outbox;

/// The most rows of one table that go in one call: a purge must not hold orders up.
const SLICE: i64 = 1_000;

/// Upkeep that the writer does between orders.
pub(super) enum Chore {
    /// A broker confirmed these positions.
    MarkPublished { positions: Vec<i64>, at: Timestamp },
    /// Nobody needs what is older.
    Purge { before: Timestamp },
}

impl Chore {
    /// Does it and says how many rows it touched.
    pub(super) fn run(&self, connection: &mut SqliteConnection) -> QueryResult<usize> {
        match self {
            Self::MarkPublished { positions, at } => mark_published(connection, positions, *at),
            Self::Purge { before } => purge(connection, before.as_micros()),
        }
    }
}

/// Positions are mostly neighbours: one statement per run of them.
fn mark_published(
    connection: &mut SqliteConnection,
    positions: &[i64],
    at: Timestamp,
) -> QueryResult<usize> {
    let mut sorted = positions.to_vec();
    sorted.sort_unstable();
    let mut marked = 0;
    for run in sorted.chunk_by(|one, next| next - one <= 1) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
        let rows = outbox::table.filter(outbox::id.between(first, last));
        let rows = diesel::update(rows.filter(outbox::published_at.is_null()));
        marked += rows.set(outbox::published_at.eq(Micros(at))).execute(connection)?;
    }
    Ok(marked)
}

/// Looks at the oldest published messages only, which need no index by age: they were published in about their order.
const OLD_MESSAGES: &str = "DELETE FROM outbox WHERE id IN (
    SELECT id FROM (
        SELECT id, published_at FROM outbox WHERE published_at IS NOT NULL ORDER BY id LIMIT ?2
    ) WHERE published_at < ?1)";

const OLD_RECEIPTS: &str = "DELETE FROM inbox WHERE (consumer, event_id) IN (
    SELECT consumer, event_id FROM inbox WHERE at < ?1 ORDER BY at LIMIT ?2)";

const OLD_ANSWERS: &str = "DELETE FROM idempotency_keys WHERE rowid IN (
    SELECT rowid FROM idempotency_keys WHERE at < ?1 ORDER BY at LIMIT ?2)";

fn purge(connection: &mut SqliteConnection, before: i64) -> QueryResult<usize> {
    let mut purged = 0;
    for statement in [OLD_MESSAGES, OLD_RECEIPTS, OLD_ANSWERS] {
        let statement = diesel::sql_query(statement);
        let statement = statement.bind::<BigInt, _>(before).bind::<BigInt, _>(SLICE);
        purged += statement.execute(connection)?;
    }
    Ok(purged)
}
