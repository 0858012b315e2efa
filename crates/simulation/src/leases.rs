use std::collections::BTreeMap;
use std::sync::Mutex;

use ordersystem_application::{Bucket, LEASE};
use tokio::time::Instant;
use uuid::Uuid;

use crate::world::lock;

/// Which relay may publish which bucket, as the database's table says.
#[derive(Debug, Default)]
pub(crate) struct RelayLeases {
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    /// Until when each relay was seen.
    relays: BTreeMap<Uuid, Instant>,
    owners: BTreeMap<Bucket, (Uuid, Instant)>,
}

impl RelayLeases {
    /// Renews what is kept, gives up what is above the share, takes what is free.
    pub(crate) fn lease(&self, relay: Uuid) -> Vec<Bucket> {
        let (now, mut table) = (Instant::now(), lock(&self.table));
        table.relays.retain(|_, until| *until > now);
        table.relays.insert(relay, now + LEASE);
        let share = Bucket::all().len().div_ceil(table.relays.len());
        let mut mine = Vec::new();
        for bucket in Bucket::all() {
            let owner = table.owners.get(&bucket).copied();
            let is_mine = owner.is_some_and(|(owner, until)| owner == relay && until > now);
            let is_free = owner.is_none_or(|(owner, until)| owner == relay || until <= now);
            if mine.len() < share && is_free {
                table.owners.insert(bucket, (relay, now + LEASE));
                mine.push(bucket);
            } else if is_mine {
                table.owners.remove(&bucket);
            }
        }
        mine
    }

    pub(crate) fn release(&self, relay: Uuid) {
        let mut table = lock(&self.table);
        table.relays.remove(&relay);
        table.owners.retain(|_, (owner, _)| *owner != relay);
    }
}
