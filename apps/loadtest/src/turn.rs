//! One run of one contender: a server of its own, the load, the check of the database afterwards.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::bail;

use crate::args::Measure;
use crate::http;
use crate::load::{self, Load, Pace, Until, Watch};
use crate::number::float;
use crate::process::{Watched, per_visit, resident_bytes};
use crate::progress::Progress;
use crate::result::Run;
use crate::scenario::{Scenario, Stage};
use crate::server::{Backlog, Server, Subject, World, backlog_of};

/// How long the relay may need for what a load has left.
pub(crate) const DRAIN: Duration = Duration::from_secs(120);

/// How often the backlog is asked for: /actuator/health remembers it as long.
const LOOK: Duration = Duration::from_secs(2);

/// How one run is made.
#[derive(Debug, Clone, Copy)]
pub struct Turn<'a> {
    /// What clients do.
    pub scenario: Scenario,
    /// How fast.
    pub pace: Pace,
    /// Tells the runs apart.
    pub round: u32,
    /// Connections and times.
    pub measure: &'a Measure,
    /// Who waits.
    pub progress: &'a Progress,
}

impl Turn<'_> {
    /// Starts the server, loads it, and checks everything afterwards.
    ///
    /// # Errors
    /// A wrong answer, a broken invariant, events that are not published.
    pub fn on(
        &self,
        subject: &Subject,
        world: &World,
        stage: &mut Option<Arc<Stage>>,
    ) -> anyhow::Result<Run> {
        let server = world.start(subject)?;
        let mut run = self.against(server.address(), Some(&server), stage)?;
        run.start_up_millis = Some(server.start_up().as_secs_f64() * 1000.0);
        run.drain_seconds = Some(world.drain(subject, DRAIN)?.as_secs_f64());
        server.stop()?;
        world.verify(subject)?;
        Ok(run)
    }

    /// Loads what listens at the address.
    ///
    /// # Errors
    /// A wrong answer, or none.
    pub fn against(
        &self,
        address: SocketAddr,
        server: Option<&Server>,
        stage: &mut Option<Arc<Stage>>,
    ) -> anyhow::Result<Run> {
        let stage = match stage {
            Some(stage) => stage.clone(),
            None => {
                let amounts = self.scenario.amounts(self.measure.orders);
                stage.insert(Arc::new(Stage::set(address, amounts)?)).clone()
            }
        };
        let visitors = (0..self.measure.connections)
            .map(|number| self.scenario.visitor(&stage, seed(self.round, number)))
            .collect();
        let (warm_up, measured) = (self.measure.warm_up, self.measure.seconds);
        let load = Load {
            address,
            threads: self.measure.threads,
            pace: self.pace,
            until: Until::Time { warm_up, measured },
        };
        let mut meter = Meter::new(address, server, self.progress);
        let recording = load::run(&load, visitors, &mut meter)?;
        if let Some(why) = recording.first_failure() {
            bail!("{} failures, the first: {why}", recording.failures());
        }
        if recording.visits() == 0 {
            bail!("not one visit was finished");
        }
        let calls = recording.rate() * float(recording.calls()) / float(recording.visits());
        Ok(Run {
            rate: recording.rate(),
            calls,
            p50: recording.percentile(50.0),
            p99: recording.percentile(99.0),
            p999: recording.percentile(99.9),
            max: recording.slowest(),
            ..meter.seen(recording.visits())
        })
    }
}

fn seed(round: u32, connection: usize) -> u64 {
    let connection = u64::try_from(connection).unwrap_or(0);
    u64::from(round) * 1_000_003 + connection
}

/// Looks at the server while it is loaded.
struct Meter<'a> {
    address: SocketAddr,
    progress: &'a Progress,
    watched: Watched,
    pid: Option<u32>,
    before: BTreeMap<String, f64>,
    after: BTreeMap<String, f64>,
    resident_before: Option<u64>,
    resident_after: Option<u64>,
    last_look: Instant,
    worst: Option<Backlog>,
}

impl<'a> Meter<'a> {
    fn new(address: SocketAddr, server: Option<&Server>, progress: &'a Progress) -> Self {
        let pid = server.map(Server::pid);
        let watched = Watched::new(pid, server.map_or_else(Vec::new, Server::engines));
        Self {
            address,
            progress,
            watched,
            pid,
            before: BTreeMap::new(),
            after: BTreeMap::new(),
            resident_before: pid.and_then(resident_bytes),
            resident_after: None,
            last_look: Instant::now(),
            worst: None,
        }
    }

    fn look_at_backlog(&mut self) {
        self.last_look = Instant::now();
        let answer = http::get(self.address, "/actuator/health", LOOK).ok();
        let Some(now) = answer.and_then(|(_, body)| backlog_of(&body)) else { return };
        let worst = self.worst.unwrap_or(now);
        self.worst = Some(Backlog {
            pending: worst.pending.max(now.pending),
            oldest_age_seconds: worst.oldest_age_seconds.max(now.oldest_age_seconds),
        });
    }

    fn seen(self, visits: u64) -> Run {
        Run {
            cpu_micros: per_visit(&self.before, &self.after, visits),
            resident_before: self.resident_before,
            resident_after: self.resident_after,
            backlog: self.worst.map(|worst| worst.pending),
            lag_seconds: self.worst.map(|worst| worst.oldest_age_seconds.unwrap_or(0)),
            ..Run::default()
        }
    }
}

impl Watch for Meter<'_> {
    fn begin(&mut self) {
        self.before = self.watched.used();
    }

    fn tick(&mut self, progress: f64) {
        self.progress.within(progress);
        if self.last_look.elapsed() >= LOOK {
            self.look_at_backlog();
        }
    }

    fn end(&mut self) {
        self.after = self.watched.used();
        self.resident_after = self.pid.and_then(resident_bytes);
        self.look_at_backlog();
    }
}
