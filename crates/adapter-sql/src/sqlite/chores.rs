use diesel::prelude::*;
use diesel::sql_types::BigInt;

use ordersystem_application::DeadLetterState;
use ordersystem_shared_kernel::Timestamp;

use crate::rows::{Micros, NewDeadLetterRow, unpaid_states};
use crate::schema::{dead_letters, outbox, stock_epoch};

/// The most rows of one table that go in one call: a purge must not hold orders up.
const SLICE: i64 = 1_000;

/// Upkeep that the writer does between orders.
pub(super) enum Chore {
    /// A broker confirmed these positions.
    MarkPublished { positions: Vec<i64>, at: Timestamp },
    /// Nobody needs what is older.
    Purge { before: Timestamp },
    /// Nobody could handle this; once is enough.
    Bury(Box<NewDeadLetterRow>),
    /// Letters go on from the states that lead there.
    SetDeadLetters { ids: Vec<i64>, state: DeadLetterState, at: Timestamp },
    /// Unless somebody did already.
    RaiseEpoch { from: i64 },
}

impl Chore {
    /// Does it and says how many rows it touched.
    pub(super) fn run(&self, connection: &mut SqliteConnection) -> QueryResult<usize> {
        match self {
            Self::MarkPublished { positions, at } => mark_published(connection, positions, *at),
            Self::Purge { before } => purge(connection, before.as_micros()),
            Self::Bury(letter) => bury(connection, letter),
            Self::SetDeadLetters { ids, state, at } => {
                set_dead_letters(connection, ids, *state, *at)
            }
            Self::RaiseEpoch { from } => {
                let epoch = stock_epoch::table.filter(stock_epoch::epoch.eq(from));
                let raised = diesel::update(epoch).set(stock_epoch::epoch.eq(from + 1));
                raised.execute(connection)
            }
        }
    }
}

fn bury(connection: &mut SqliteConnection, letter: &NewDeadLetterRow) -> QueryResult<usize> {
    let letter = diesel::insert_or_ignore_into(dead_letters::table).values(letter);
    letter.execute(connection)
}

fn set_dead_letters(
    connection: &mut SqliteConnection,
    ids: &[i64],
    state: DeadLetterState,
    at: Timestamp,
) -> QueryResult<usize> {
    let before: Vec<_> = state.reached_from().iter().map(|from| from.as_str()).collect();
    let mut changed = 0;
    for id in ids {
        let letter = dead_letters::table.find(id).filter(dead_letters::state.eq_any(&before));
        let state = dead_letters::state.eq(state.as_str());
        let letter = diesel::update(letter).set((state, dead_letters::changed_at.eq(Micros(at))));
        changed += letter.execute(connection)?;
    }
    Ok(changed)
}

/// What waits begins behind the last of those that are published up to there.
const RAISE_FLOOR: &str = "UPDATE outbox_floor SET position = COALESCE(
    (SELECT id - 1 FROM outbox WHERE id > position AND published_at IS NULL ORDER BY id LIMIT 1),
    (SELECT MAX(id) FROM outbox),
    position) WHERE id = 1";

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
    diesel::sql_query(RAISE_FLOOR).execute(connection)?;
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

/// Of clients who have not placed another order since; numbers of orders go with time.
const PAID_LONG_AGO: &str = concat!(
    "DELETE FROM unpaid_orders WHERE (client, order_id, product_id) IN (
    SELECT u.client, u.order_id, u.product_id FROM unpaid_orders u JOIN orders o ON o.id = u.order_id
    WHERE o.placed_at < ?1 AND o.status NOT IN ",
    unpaid_states!(),
    " ORDER BY u.order_id LIMIT ?2)"
);

fn purge(connection: &mut SqliteConnection, before: i64) -> QueryResult<usize> {
    let mut purged = 0;
    for statement in [OLD_MESSAGES, OLD_RECEIPTS, OLD_ANSWERS, PAID_LONG_AGO] {
        let statement = diesel::sql_query(statement);
        let statement = statement.bind::<BigInt, _>(before).bind::<BigInt, _>(SLICE);
        purged += statement.execute(connection)?;
    }
    Ok(purged)
}
