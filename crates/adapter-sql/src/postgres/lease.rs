//! Which relay publishes which buckets.

use diesel::prelude::*;
use diesel::sql_types::{Array, SmallInt};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use ordersystem_application::LEASE;
use ordersystem_shared_kernel::Timestamp;

use crate::rows::{Micros, UuidBytes};
use crate::schema::types::{DbTs, DbUuid};
use crate::schema::{relay_leases, relays};

/// A bucket with the relay that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Held {
    bucket: i16,
    owner: Option<Uuid>,
    until: Option<Timestamp>,
}

/// What a relay does at its turn.
#[derive(Debug, Default, PartialEq, Eq)]
struct Share {
    /// Its own from now on.
    mine: Vec<i16>,
    /// Its own until now, and somebody else's share.
    surplus: Vec<i16>,
}

impl Share {
    /// A relay keeps what it has and takes what nobody has, up to its part; it never takes from one that lives.
    fn of(relay: Uuid, living: &[Uuid], buckets: &[Held], now: Timestamp) -> Self {
        let part = part(relay, living, buckets.len());
        let own = buckets.iter().filter(|held| held.owner == Some(relay));
        let mut mine: Vec<i16> = own.map(|held| held.bucket).collect();
        let surplus = mine.split_off(part.min(mine.len()));
        let free = buckets.iter().filter(|held| held.owner != Some(relay) && held.is_free(now));
        mine.extend(free.take(part - mine.len()).map(|held| held.bucket));
        Self { mine, surplus }
    }
}

impl Held {
    fn is_free(&self, now: Timestamp) -> bool {
        self.owner.is_none() || self.until.is_none_or(|until| until <= now)
    }
}

/// As many as everybody else, and one more for the first few when that does not come out even.
fn part(relay: Uuid, living: &[Uuid], buckets: usize) -> usize {
    let relays = living.len().max(1);
    let place = living.iter().filter(|other| **other < relay).count();
    buckets / relays + usize::from(place < buckets % relays)
}

/// One relay's turn: says that it lives and settles its share.
pub(super) async fn settle(
    connection: &mut AsyncPgConnection,
    relay: Uuid,
    now: Timestamp,
) -> QueryResult<Vec<i16>> {
    let buckets = lock(connection).await?;
    let living = greet(connection, relay, now).await?;
    let share = Share::of(relay, &living, &buckets, now);
    take(connection, relay, &share.mine, now.after(LEASE)).await?;
    if !share.surplus.is_empty() {
        free(connection, &share.surplus).await?;
    }
    Ok(share.mine)
}

/// The relay is gone and has nothing any more.
pub(super) async fn release(connection: &mut AsyncPgConnection, relay: Uuid) -> QueryResult<()> {
    let buckets = lock(connection).await?;
    let own = buckets.iter().filter(|held| held.owner == Some(relay));
    let own: Vec<i16> = own.map(|held| held.bucket).collect();
    free(connection, &own).await?;
    diesel::delete(relays::table.find(UuidBytes(relay))).execute(connection).await.map(drop)
}

/// Always in the same order, and before anything else: relays take turns.
async fn lock(connection: &mut AsyncPgConnection) -> QueryResult<Vec<Held>> {
    let rows = relay_leases::table.order(relay_leases::bucket).for_update();
    let rows = rows.select((relay_leases::bucket, relay_leases::owner, relay_leases::lease_until));
    let rows: Vec<(i16, Option<UuidBytes>, Option<Micros>)> = rows.load(connection).await?;
    let held = rows.into_iter().map(|(bucket, owner, until)| Held {
        bucket,
        owner: owner.map(|UuidBytes(owner)| owner),
        until: until.map(|Micros(until)| until),
    });
    Ok(held.collect())
}

/// Who lives. One that has no bucket yet is counted too, or it would never get one.
async fn greet(
    connection: &mut AsyncPgConnection,
    relay: Uuid,
    now: Timestamp,
) -> QueryResult<Vec<Uuid>> {
    let row = (relays::id.eq(UuidBytes(relay)), relays::last_seen.eq(Micros(now)));
    let seen = diesel::insert_into(relays::table).values(row).on_conflict(relays::id);
    let seen = seen.do_update().set(relays::last_seen.eq(Micros(now)));
    seen.execute(connection).await?;
    let silent = relays::table.filter(relays::last_seen.le(Micros(now.before(LEASE))));
    diesel::delete(silent).execute(connection).await?;
    let living: Vec<UuidBytes> = relays::table.select(relays::id).load(connection).await?;
    Ok(living.into_iter().map(|UuidBytes(id)| id).collect())
}

/// The fence rises when the owner is another one than before.
async fn take(
    connection: &mut AsyncPgConnection,
    relay: Uuid,
    buckets: &[i16],
    until: Timestamp,
) -> QueryResult<()> {
    let taken = diesel::sql_query(
        "UPDATE relay_leases SET owner = $1, lease_until = $2,
            fence = fence + CASE WHEN owner IS DISTINCT FROM $1 THEN 1 ELSE 0 END
        WHERE bucket = ANY ($3)",
    );
    let taken = taken.bind::<DbUuid, _>(UuidBytes(relay)).bind::<DbTs, _>(Micros(until));
    taken.bind::<Array<SmallInt>, _>(buckets).execute(connection).await.map(drop)
}

async fn free(connection: &mut AsyncPgConnection, buckets: &[i16]) -> QueryResult<()> {
    let rows = relay_leases::table.filter(relay_leases::bucket.eq_any(buckets));
    let nobody = relay_leases::owner.eq(None::<UuidBytes>);
    let freed = diesel::update(rows).set((nobody, relay_leases::lease_until.eq(None::<Micros>)));
    freed.execute(connection).await.map(drop)
}
