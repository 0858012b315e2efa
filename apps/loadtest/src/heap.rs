//! Scenarios without visits: a heap of work is made, and the server is watched until it is gone.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::bail;

use crate::args::Measure;
use crate::http;
use crate::load::{self, Load, Pace, Until, Unwatched};
use crate::number::float;
use crate::process::{Watched, per_visit};
use crate::result::Run;
use crate::scenario::{Scenario, Stage};
use crate::server::{Server, Subject, World, wait_until};
use crate::turn::DRAIN;

/// An order tells of itself and of its stock.
const EVENTS_PER_ORDER: u64 = 2;

/// Long enough for the largest heap; it only ends a run that does not move any more.
const PATIENCE: Duration = Duration::from_secs(600);

/// Events per second from the database to the broker.
///
/// # Errors
/// Events are left, or an invariant is broken.
pub fn relay(subject: &Subject, world: &World, measure: &Measure) -> anyhow::Result<Run> {
    let run = if world.database().is_some() {
        relay_alone(subject, world, measure)?
    } else {
        relay_beside_orders(subject, world, measure)?
    };
    world.verify(subject)?;
    Ok(run)
}

/// Where parts may be started alone: nothing is published while the heap grows, and nothing else runs while it shrinks.
fn relay_alone(subject: &Subject, world: &World, measure: &Measure) -> anyhow::Result<Run> {
    let api = world.start(&subject.with("server.role=api"))?;
    visit(Scenario::Relay, &api, measure)?;
    api.stop()?;
    let events = world.backlog(subject)?;
    let begin = Instant::now();
    let relay = world.start(&subject.with("server.role=relay"))?;
    let gauge = Gauge::of(&relay, begin);
    world.drain(subject, PATIENCE)?;
    let run = gauge.run(events);
    relay.stop()?;
    Ok(run)
}

/// In one process everything runs: events per second while orders come, until the last is published.
fn relay_beside_orders(subject: &Subject, world: &World, measure: &Measure) -> anyhow::Result<Run> {
    let server = world.start(subject)?;
    let stage = stage(Scenario::Relay, &server)?;
    let gauge = Gauge::of(&server, Instant::now());
    visit_on(Scenario::Relay, &stage, &server, measure)?;
    world.drain(subject, PATIENCE)?;
    let run = gauge.run(measure.heap * EVENTS_PER_ORDER);
    server.stop()?;
    Ok(run)
}

/// Deliveries per second that ship because their time has come.
///
/// # Errors
/// Deliveries are left, or an invariant is broken.
pub fn timers(subject: &Subject, world: &World, measure: &Measure) -> anyhow::Result<Run> {
    let still = world.start(&subject.with("scheduler.delivery.enabled=false"))?;
    visit(Scenario::Timers, &still, measure)?;
    wait_until(PATIENCE, "every delivery is prepared", || none_is(&still, "PAYMENT_COMPLETED"))?;
    world.drain(subject, DRAIN)?;
    still.stop()?;
    let moving = subject
        .with("scheduler.delivery.ship-delay-seconds=0")
        .with("scheduler.delivery.delivery-delay-seconds=31536000");
    let begin = Instant::now();
    let server = world.start(&moving)?;
    let gauge = Gauge::of(&server, begin);
    wait_until(PATIENCE, "every delivery has shipped", || none_is(&server, "SHIPMENT_PREPARING"))?;
    let run = gauge.run(measure.heap);
    world.drain(subject, DRAIN)?;
    server.stop()?;
    world.verify(subject)?;
    Ok(run)
}

fn none_is(server: &Server, status: &str) -> anyhow::Result<bool> {
    let path = format!("/api/orders?limit=1&status={status}");
    match http::get(server.address(), &path, PATIENCE)? {
        (200, body) => Ok(http::number_of(&body, "orderId").is_none()),
        (status, _) => bail!("GET {path} was answered {status}"),
    }
}

fn stage(scenario: Scenario, server: &Server) -> anyhow::Result<Arc<Stage>> {
    Ok(Arc::new(Stage::set(server.address(), scenario.amounts(0))?))
}

fn visit(scenario: Scenario, server: &Server, measure: &Measure) -> anyhow::Result<()> {
    visit_on(scenario, &stage(scenario, server)?, server, measure)
}

/// Makes the heap.
fn visit_on(
    scenario: Scenario,
    stage: &Arc<Stage>,
    server: &Server,
    measure: &Measure,
) -> anyhow::Result<()> {
    let visitors = (0..measure.connections).map(|_| scenario.visitor(stage, 1)).collect();
    let load = Load {
        address: server.address(),
        threads: measure.threads,
        pace: Pace::Closed,
        until: Until::Visits(measure.heap),
    };
    let recording = load::run(&load, visitors, &mut Unwatched)?;
    match recording.first_failure() {
        None => Ok(()),
        Some(why) => bail!("{} failures, the first: {why}", recording.failures()),
    }
}

/// Time and CPU time since a moment.
struct Gauge {
    begin: Instant,
    watched: Watched,
    before: std::collections::BTreeMap<String, f64>,
    start_up: Duration,
}

impl Gauge {
    fn of(server: &Server, begin: Instant) -> Self {
        let watched = Watched::new(Some(server.pid()), server.engines());
        let before = watched.used();
        Self { begin, watched, before, start_up: server.start_up() }
    }

    fn run(&self, done: u64) -> Run {
        let rate = float(done) / self.begin.elapsed().as_secs_f64();
        Run {
            rate,
            calls: rate,
            cpu_micros: per_visit(&self.before, &self.watched.used(), done),
            start_up_millis: Some(self.start_up.as_secs_f64() * 1000.0),
            ..Run::default()
        }
    }
}
