//! What runs beside the requests. Every part owns its state, may be repeated at will, and stops by a token; one
//! supervisor keeps all of them running and waits for them at the end.

mod backoff;
pub mod consumers;
pub mod lease;
pub mod reconcile;
pub mod relay;
pub mod supervisor;
pub mod timers;

use std::sync::Arc;

use backoff::Backoff;
use consumers::{Consumer, OrderEvents, StockEvents};
use lease::Alone;
use reconcile::{Reconcile, Reconciler};
use relay::Relay;
use supervisor::Part;
use timers::{
    Charges, Deliveries, Holds, Purge, Refunds, Replay, Statistics, Step, StepDelay, Timer,
    UnpreparedOrders, Verification,
};

use crate::config::{Role, Settings};
use crate::wiring::{Engines, World};

/// The parts of one process.
pub fn parts(world: &World, settings: &Settings) -> Vec<Arc<dyn Part>> {
    let role = settings.server.role;
    let mut parts: Vec<Arc<dyn Part>> = Vec::new();
    if role.runs(Role::Relay) {
        parts.extend(relays(world));
    }
    if role.runs(Role::Consumer) {
        parts.extend(consumers(world));
    }
    if role.runs(Role::Scheduler) {
        parts.extend(delivery_timers(world, settings));
        parts.extend(timers(world, settings));
        parts.extend(money(world));
        parts.extend(verification(world));
    }
    // Counters may be those of this process alone: whoever admits orders looks after them.
    if role.runs(Role::Api) || role.runs(Role::Scheduler) {
        parts.push(reconciler(world));
    }
    parts
}

fn relays(world: &World) -> [Arc<dyn Part>; 2] {
    let Engines { outbox, broker, dead_letters, ids, lease, .. } = &world.engines;
    [
        Arc::new(Relay::new(outbox.clone(), broker.clone(), ids.uuid())),
        Arc::new(Timer::new(Replay::new(dead_letters.clone(), broker.clone()), lease.clone())),
    ]
}

fn consumers(world: &World) -> [Arc<dyn Part>; 2] {
    let orders = OrderEvents::new(world.use_cases.clone(), world.engines.clock.clone());
    let stock = StockEvents::new(world.use_cases.clone(), world.engines.clock.clone());
    [
        Arc::new(Consumer::new(orders, &world.engines)),
        Arc::new(Consumer::new(stock, &world.engines)),
    ]
}

/// The timers that the setting `scheduler.delivery.enabled` turns off, which leaves every step to the administrator.
fn delivery_timers(world: &World, settings: &Settings) -> Vec<Arc<dyn Part>> {
    let delays = &settings.scheduler.delivery;
    if !delays.enabled {
        return Vec::new();
    }
    let steps = [(Step::Ship, delays.ship_delay), (Step::Deliver, delays.delivery_delay)];
    let timer = |(step, delay)| -> Arc<dyn Part> {
        let delay = StepDelay { step, delay };
        let (use_cases, due) = (world.use_cases.clone(), world.engines.due.clone());
        Arc::new(Timer::new(Deliveries::new(use_cases, due, delay), world.engines.lease.clone()))
    };
    steps.into_iter().map(timer).collect()
}

fn timers(world: &World, settings: &Settings) -> [Arc<dyn Part>; 4] {
    let Engines { due, clock, outbox, lease, .. } = &world.engines;
    let (use_cases, poll) = (&world.use_cases, settings.inventory.expiry_poll);
    let statistics = Statistics::new(due.clone(), clock.clone(), settings.timezone);
    [
        Arc::new(Timer::new(Holds::new(use_cases.clone(), due.clone(), poll), lease.clone())),
        Arc::new(Timer::new(UnpreparedOrders::new(use_cases.clone(), due.clone()), lease.clone())),
        Arc::new(Timer::new(statistics, lease.clone())),
        Arc::new(Timer::new(Purge::new(outbox.clone()), lease.clone())),
    ]
}

/// Without a lease: every process that waits for the money of its own orders asks for it itself, and the rows are claimed.
fn money(world: &World) -> Vec<Arc<dyn Part>> {
    let (use_cases, due) = (&world.use_cases, &world.engines.due);
    let refunds = Refunds::new(use_cases.clone(), due.clone());
    let mut parts: Vec<Arc<dyn Part>> = vec![Arc::new(Timer::new(refunds, Arc::new(Alone)))];
    // Where callbacks are all there is, nobody can be asked.
    if world.engines.gateway.is_some() {
        let charges = Charges::new(use_cases.clone(), due.clone());
        parts.push(Arc::new(Timer::new(charges, Arc::new(Alone))));
    }
    parts
}

/// A store in RAM is checked by the tests that use it.
fn verification(world: &World) -> Option<Arc<dyn Part>> {
    let Engines { database, clock, lease, .. } = &world.engines;
    let job = Verification::new(database.clone()?, clock.clone(), world.metrics.clone());
    Some(Arc::new(Timer::new(job, lease.clone())))
}

fn reconciler(world: &World) -> Arc<dyn Part> {
    let reconcile = Reconcile::of(&world.engines);
    Arc::new(Reconciler::new(reconcile, world.use_cases.clone(), world.engines.clock.clone()))
}
