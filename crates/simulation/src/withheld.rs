//! Two seeded bugs that live in databases: events beside the transaction, and rows that are claimed one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use ordersystem_application::{LEASE, OutboxRow, UnitOfWork};
use ordersystem_shared_kernel::{Bug, EventId, seeded};
use tokio::time::Instant;

use crate::world::lock;

/// The events of a unit that is published by its process after the commit, instead of within it; none without that bug.
pub(crate) fn events(unit: &UnitOfWork) -> BTreeSet<EventId> {
    if !seeded(Bug::PublishOutsideTransaction) {
        return BTreeSet::new();
    }
    let orders = unit.orders.iter().flat_map(|change| change.events()).map(|event| event.id);
    orders.chain(unit.stock.iter().map(|movement| movement.stamp.event)).collect()
}

/// Rows of the outbox that a relay took for itself one by one.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    rows: Mutex<BTreeMap<i64, (usize, Instant)>>,
}

impl Claims {
    /// Leaves only the rows that nobody else has, which are this replica's then.
    pub(crate) fn claim(&self, replica: usize, rows: &mut Vec<OutboxRow>) {
        let (now, mut claimed) = (Instant::now(), lock(&self.rows));
        claimed.retain(|_, (_, until)| *until > now);
        rows.retain(|row| {
            let (owner, _) = claimed.entry(row.position).or_insert((replica, now + LEASE));
            *owner == replica
        });
    }
}
