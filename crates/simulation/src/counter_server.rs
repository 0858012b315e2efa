//! What Redis is to `adapter-redis`: keys with a time to live, scripts that run at one moment, and all the ways in which it
//! can forget or lie.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use ordersystem_inventory::{Admission, Counters, Fence, StockLevel};
use ordersystem_shared_kernel::{Bug, ProductId, Quantity, seeded};
use tokio::time::Instant;

use crate::world::lock;

/// The shared counters.
#[derive(Debug, Default)]
pub(crate) struct CounterServer {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Another number, another process.
    run: u64,
    keys: Keys,
    /// What a replica of the server would take over with.
    copy: Keys,
    leases: BTreeMap<String, (usize, Instant)>,
}

#[derive(Debug, Clone, Default)]
struct Keys {
    epoch: Option<i64>,
    products: BTreeMap<ProductId, Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    counters: Counters,
    fence: Fence,
    until: Instant,
}

/// What a projection found.
#[derive(Debug, Default)]
pub(crate) struct Projected {
    pub(crate) overtaken: Vec<ProductId>,
    /// The epoch was not known: everything was lost before.
    pub(crate) was_empty: bool,
    /// Products whose fence went backwards, which must never happen.
    pub(crate) set_back: Vec<ProductId>,
}

const TIME_TO_LIVE: Duration = Duration::from_secs(24 * 3600);

impl CounterServer {
    pub(crate) fn admit(&self, lines: &[(ProductId, Quantity)]) -> Admission {
        let mut state = self.state();
        let known =
            |(product, _): &(ProductId, Quantity)| state.keys.products.contains_key(product);
        let all_known = lines.iter().all(known);
        for (product, quantity) in lines {
            let counters = state.keys.products.get(product).map(|entry| entry.counters);
            if counters.is_some_and(|counters| counters.stock < quantity.get()) {
                return Admission::SoldOut(*product);
            }
        }
        if !all_known {
            return Admission::Unknown;
        }
        for (product, quantity) in lines {
            if let Some(entry) = state.keys.products.get_mut(product) {
                entry.counters.stock -= quantity.get();
                entry.counters.reserved += quantity.get();
            }
        }
        Admission::Admitted
    }

    /// Sets counters absolutely, unless something newer is known.
    pub(crate) fn project(&self, epoch: i64, levels: &[StockLevel]) -> Projected {
        let mut state = self.state();
        let was_empty = state.keys.epoch.is_none();
        state.keys.epoch.get_or_insert(epoch);
        let mut projected = Projected { was_empty, ..Projected::default() };
        for level in levels {
            let fence = Fence { epoch, version: level.version };
            let before = state.keys.products.get(&level.product).copied();
            if before.is_some_and(|before| is_newer(before.fence, fence)) {
                projected.overtaken.push(level.product);
                continue;
            }
            if before.is_some_and(|before| before.fence > fence) {
                projected.set_back.push(level.product);
            }
            let until = Instant::now() + TIME_TO_LIVE;
            let counters = counted(level, before);
            state.keys.products.insert(level.product, Entry { counters, fence, until });
        }
        projected
    }

    pub(crate) fn fences(&self, products: &[ProductId]) -> Vec<Option<Fence>> {
        let state = self.state();
        products.iter().map(|id| state.keys.products.get(id).map(|entry| entry.fence)).collect()
    }

    pub(crate) fn counters(&self, products: &[ProductId]) -> Vec<Option<Counters>> {
        let state = self.state();
        products.iter().map(|id| state.keys.products.get(id).map(|entry| entry.counters)).collect()
    }

    /// Which process this is, and which epoch it knows; an older one is raised to `epoch`.
    pub(crate) fn beat(&self, epoch: i64) -> (u64, Option<i64>) {
        let mut state = self.state();
        let known = state.keys.epoch;
        state.keys.epoch = Some(known.unwrap_or(epoch).max(epoch));
        (state.run, known)
    }

    /// Whether the replica has the lease now.
    pub(crate) fn hold(&self, name: &str, holder: usize, ttl: Duration) -> bool {
        let (now, mut state) = (Instant::now(), self.state());
        let other = |(owner, until): &(usize, Instant)| *owner != holder && *until > now;
        if state.leases.get(name).is_some_and(other) {
            return false;
        }
        state.leases.insert(name.to_owned(), (holder, now + ttl));
        true
    }

    pub(crate) fn give_back(&self, name: &str, holder: usize) {
        self.state().leases.retain(|lease, (owner, _)| lease != name || *owner != holder);
    }

    /// FLUSHALL.
    pub(crate) fn flush(&self) {
        let mut state = self.state();
        (state.keys, state.leases) = (Keys::default(), BTreeMap::new());
    }

    /// A new process that knows nothing.
    pub(crate) fn restart(&self) {
        self.flush();
        self.state().run += 1;
    }

    /// What a fail-over brings back later.
    pub(crate) fn remember(&self) {
        let mut state = self.state();
        state.copy = state.keys.clone();
    }

    /// Another process takes over with what it had.
    pub(crate) fn fail_over(&self) {
        let mut state = self.state();
        state.keys = state.copy.clone();
        state.run += 1;
    }

    /// Counts units that are not there, or hides some.
    pub(crate) fn lie(&self, product: ProductId, units: i64) {
        if let Some(entry) = self.state().keys.products.get_mut(&product) {
            entry.counters.stock += units;
        }
    }

    /// Knows more than the database: as if that had been set back.
    pub(crate) fn run_ahead(&self, product: ProductId) {
        if let Some(entry) = self.state().keys.products.get_mut(&product) {
            let version = entry.fence.version.get() + 1_000_000;
            entry.fence.version = ordersystem_shared_kernel::Version::new(version);
            entry.counters.stock += 1;
        }
    }

    pub(crate) fn forget(&self, product: ProductId) {
        self.state().keys.products.remove(&product);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let (now, mut state) = (Instant::now(), lock(&self.state));
        state.keys.products.retain(|_, entry| entry.until > now);
        state
    }
}

fn is_newer(known: Fence, new: Fence) -> bool {
    if seeded(Bug::ProjectionWithoutVersion) {
        return false;
    }
    if seeded(Bug::EqualVersionIgnored) {
        return known >= new;
    }
    if seeded(Bug::EpochIgnored) {
        return known.version > new.version;
    }
    known > new
}

fn counted(level: &StockLevel, before: Option<Entry>) -> Counters {
    let absolute = Counters { stock: level.available(), reserved: level.reserved };
    match before {
        // What the event said instead of what the store says.
        Some(Entry { counters, .. }) if seeded(Bug::DeltaProjection) => {
            let moved = level.reserved - counters.reserved;
            Counters { stock: counters.stock - moved, reserved: counters.reserved + moved }
        }
        _ => absolute,
    }
}
