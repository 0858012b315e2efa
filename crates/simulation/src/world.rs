//! What all replicas share: the engines, the time, the dice, the faults, and the book of what happened.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ordersystem_adapter_memory::{MemoryBroker, MemoryStore, SequentialIds};
use ordersystem_application::{CommitError, Committed, Store, UnitOfWork};
use ordersystem_shared_kernel::{Bug, EventId, ProductId, seeded};
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::checks;
use crate::clock::VirtualClock;
use crate::counter_server::CounterServer;
use crate::gateway_server::GatewayServer;
use crate::injection::Injection;
use crate::leases::RelayLeases;
use crate::locks::Locks;
use crate::plan::{Engine, Plan};
use crate::rng::Rng;
use crate::trace::Trace;
use crate::withheld::{self, Claims};

/// The engines and everything else outside of the replicas.
pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) clock: VirtualClock,
    pub(crate) ids: SequentialIds,
    pub(crate) store: MemoryStore,
    pub(crate) broker: MemoryBroker,
    /// Wakes whoever reads the topics, in the order in which they began to wait.
    pub(crate) appended: Notify,
    pub(crate) counters: CounterServer,
    pub(crate) gateway: GatewayServer,
    pub(crate) locks: Locks,
    pub(crate) relays: RelayLeases,
    pub(crate) injection: Injection,
    pub(crate) faults: Mutex<Faults>,
    /// What was sold out when: each level of each product since its commit.
    pub(crate) available: Mutex<BTreeMap<ProductId, Vec<(i64, i64)>>>,
    /// Poison that was put into the topics, by its value.
    pub(crate) poison: Mutex<BTreeSet<Vec<u8>>>,
    /// Events that a seeded bug keeps from the relay.
    pub(crate) withheld: Mutex<BTreeSet<EventId>>,
    pub(crate) claims: Claims,
    rng: Mutex<Rng>,
    trace: Mutex<Trace>,
    broken: Mutex<BTreeSet<String>>,
    commits: Mutex<u64>,
}

/// Which links are cut, and whether anything may go wrong at all.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// By engine: for one replica, or for all.
    pub(crate) cut: BTreeMap<(Engine, Option<usize>), Cut>,
    /// Whether single calls may fail.
    pub(crate) random: bool,
}

/// How a link that is cut behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// It says so at once.
    Refuses,
    /// It says nothing.
    Hangs,
}

/// More than any run publishes.
const RETENTION: usize = 1_000_000;
/// Rules over all rows are checked after so many commits.
const AUDIT_EVERY: u64 = 100;

impl World {
    /// Empty engines; `keep` lines of the trace stay readable.
    pub(crate) fn new(plan: Plan, rng: Rng, keep: usize) -> Arc<Self> {
        let clock = VirtualClock::start();
        Arc::new(Self {
            plan,
            clock,
            ids: SequentialIds::default(),
            store: MemoryStore::new(Arc::new(clock)),
            broker: MemoryBroker::new(RETENTION),
            appended: Notify::new(),
            counters: CounterServer::default(),
            gateway: GatewayServer::default(),
            locks: Locks::default(),
            relays: RelayLeases::default(),
            injection: Injection::default(),
            faults: Mutex::default(),
            available: Mutex::default(),
            poison: Mutex::default(),
            withheld: Mutex::default(),
            claims: Claims::default(),
            rng: Mutex::new(rng),
            trace: Mutex::new(Trace::new(keep)),
            broken: Mutex::default(),
            commits: Mutex::default(),
        })
    }

    pub(crate) fn rng(&self) -> MutexGuard<'_, Rng> {
        lock(&self.rng)
    }

    pub(crate) fn tell(&self, line: fmt::Arguments<'_>) {
        lock(&self.trace).tell(self.clock.micros(), line);
    }

    pub(crate) fn trace(&self) -> MutexGuard<'_, Trace> {
        lock(&self.trace)
    }

    /// Notes that something is not as it must be.
    pub(crate) fn broken(&self, what: String) {
        self.tell(format_args!("BROKEN {what}"));
        lock(&self.broken).insert(what);
    }

    pub(crate) fn take_broken(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.broken)).into_iter().collect()
    }

    /// Nothing goes wrong any more.
    pub(crate) fn heal(&self) {
        *lock(&self.faults) = Faults::default();
        self.tell(format_args!("all faults end"));
    }

    pub(crate) fn cut(&self, engine: Engine, replica: Option<usize>, how: Cut) {
        lock(&self.faults).cut.insert((engine, replica), how);
        self.tell(format_args!("{engine:?} {how:?} for {replica:?}"));
    }

    pub(crate) fn mend(&self, engine: Engine, replica: Option<usize>) {
        lock(&self.faults).cut.remove(&(engine, replica));
        self.tell(format_args!("{engine:?} answers {replica:?} again"));
    }

    /// How the link of a replica to an engine is cut, if it is.
    pub(crate) fn is_cut(&self, engine: Engine, replica: usize) -> Option<Cut> {
        let faults = lock(&self.faults);
        let both = [(engine, None), (engine, Some(replica))];
        both.iter().find_map(|link| faults.cut.get(link)).copied()
    }

    /// Commits as a database does: row locks in a fixed order, the flush, then everything at once.
    pub(crate) async fn commit(&self, unit: UnitOfWork) -> Result<Committed, CommitError> {
        let rows = unit.stock.iter().map(|movement| movement.product);
        let locked = self.locks.take(rows).await;
        if locked.is_deadlocked() {
            self.broken("no deadlocks: units wait for each other's rows".to_owned());
            return Err(CommitError::Unavailable);
        }
        sleep(Duration::from_millis(1)).await;
        lock(&self.withheld).append(&mut withheld::events(&unit));
        let committed = if seeded(Bug::CommitCancellable) && !unit.stock.is_empty() {
            self.commit_in_two(unit).await
        } else {
            self.store.commit(unit).await
        };
        if let Ok(committed) = &committed {
            self.observe(committed);
        }
        committed
    }

    /// A transaction that whoever waits for it can leave in the middle.
    async fn commit_in_two(&self, mut unit: UnitOfWork) -> Result<Committed, CommitError> {
        let stock = std::mem::take(&mut unit.stock);
        self.store.commit(unit).await?;
        sleep(Duration::from_millis(1)).await;
        self.store.commit(UnitOfWork { stock, ..UnitOfWork::default() }).await
    }

    fn observe(&self, committed: &Committed) {
        let now = self.clock.micros();
        for level in &committed.levels {
            lock(&self.available).entry(level.product).or_default().push((now, level.available()));
        }
        let mut commits = lock(&self.commits);
        *commits += 1;
        if commits.is_multiple_of(AUDIT_EVERY) {
            self.audit();
        }
    }

    /// The rules over all rows that hold at any time.
    pub(crate) fn audit(&self) {
        for rule in self.store.audit().into_iter().chain(checks::inbox(self)) {
            self.broken(rule);
        }
    }

    pub(crate) fn micros(&self) -> i64 {
        self.clock.micros()
    }
}

/// A lock that no panic poisons: a run that panics is over anyway.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
