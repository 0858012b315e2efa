use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use ordersystem_shared_kernel::{Bug, ProductId, seeded};
use tokio::sync::{Mutex as Row, OwnedMutexGuard};

use crate::world::lock;

/// The row locks of the database: a unit takes those of its products in ascending order, so that none waits in a circle.
#[derive(Debug, Default)]
pub(crate) struct Locks {
    rows: Mutex<BTreeMap<ProductId, Arc<Row<()>>>>,
    waits: Arc<Mutex<Waits>>,
}

/// Who has what, and who waits for what.
#[derive(Debug, Default)]
struct Waits {
    holders: BTreeMap<ProductId, u64>,
    waiters: BTreeMap<u64, ProductId>,
    last_unit: u64,
}

impl Waits {
    /// Whether whoever has this row waits, directly or not, for `unit`.
    fn circle(&self, unit: u64, row: ProductId) -> bool {
        let mut row = row;
        let mut seen = BTreeSet::new();
        while let Some(holder) = self.holders.get(&row)
            && seen.insert(row)
        {
            if *holder == unit {
                return true;
            }
            let Some(next) = self.waiters.get(holder) else { return false };
            row = *next;
        }
        false
    }
}

/// The rows of one unit, until it is dropped.
pub(crate) struct Locked {
    unit: u64,
    rows: Vec<(ProductId, OwnedMutexGuard<()>)>,
    waits: Arc<Mutex<Waits>>,
    deadlocked: bool,
}

impl Locked {
    pub(crate) const fn is_deadlocked(&self) -> bool {
        self.deadlocked
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        let mut waits = lock(&self.waits);
        waits.waiters.remove(&self.unit);
        for (row, _) in &self.rows {
            waits.holders.remove(row);
        }
    }
}

impl Locks {
    pub(crate) async fn take(&self, rows: impl Iterator<Item = ProductId>) -> Locked {
        let unit = {
            let mut waits = lock(&self.waits);
            waits.last_unit += 1;
            waits.last_unit
        };
        let mut locked =
            Locked { unit, rows: Vec::new(), waits: self.waits.clone(), deadlocked: false };
        for product in in_order(rows) {
            if !self.wait(&locked, product) {
                locked.deadlocked = true;
                break;
            }
            let row = lock(&self.rows).entry(product).or_default().clone();
            let guard = row.lock_owned().await;
            self.has(unit, product);
            locked.rows.push((product, guard));
            if seeded(Bug::LockOrderReversed) {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
        }
        locked
    }

    fn has(&self, unit: u64, row: ProductId) {
        let mut waits = lock(&self.waits);
        waits.waiters.remove(&unit);
        waits.holders.insert(row, unit);
    }

    /// Whether waiting for the row can come to an end.
    fn wait(&self, locked: &Locked, row: ProductId) -> bool {
        let mut waits = lock(&self.waits);
        waits.waiters.insert(locked.unit, row);
        !waits.circle(locked.unit, row)
    }
}

fn in_order(rows: impl Iterator<Item = ProductId>) -> Vec<ProductId> {
    let mut rows: Vec<_> = rows.collect();
    if !seeded(Bug::LockOrderReversed) {
        rows.sort_unstable();
    }
    rows.dedup();
    rows
}
