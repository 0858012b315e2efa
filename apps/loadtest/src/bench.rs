//! The plan: which contenders take turns in which scenario, at which pace.

use std::io;
use std::sync::Arc;

use anyhow::{Context, bail};

use crate::args::{Measure, Rate, Reference, WorldKind};
use crate::engines::Engines;
use crate::heap;
use crate::http;
use crate::load::{GRACE, Pace};
use crate::outside;
use crate::progress::Progress;
use crate::result::{Loop, Outside, Run, Series};
use crate::scenario::{Kind, NULL, Scenario, Stage};
use crate::server::{Subject, World};
use crate::turn::Turn;

/// Who takes part in a scenario.
#[derive(Debug, Clone)]
pub struct Contender {
    /// How reports call it.
    pub label: String,
    /// Which server.
    pub subject: Subject,
    /// What its clients do: the group's scenario, or a reference's.
    pub scenario: Scenario,
    /// Whether its latencies are of interest.
    pub latencies: Latencies,
}

/// Whether an open loop is made too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Latencies {
    /// Yes.
    Measured,
    /// The closed loop says enough.
    Skipped,
}

/// Everything that a world's measurements have shown.
#[derive(Debug, Default)]
pub struct Shown {
    /// By scenario and contender.
    pub series: Vec<Series>,
    /// By other tools.
    pub outside: Vec<Outside>,
    /// What could not be measured.
    pub notes: Vec<String>,
    /// What was wrong.
    pub failures: Vec<String>,
}

/// Measures contenders in one world.
#[derive(Debug)]
pub struct Bench<'a> {
    world: WorldKind,
    engines: Option<&'a Engines>,
    measure: &'a Measure,
    progress: Progress,
    shown: Shown,
}

/// A contender with what it keeps from one run to the next.
struct Place<'a> {
    contender: &'a Contender,
    kept: Option<(World, Option<Arc<Stage>>)>,
    runs: Vec<Run>,
}

impl<'a> Bench<'a> {
    /// In this world.
    ///
    /// # Errors
    /// The full world's engines are not named, or hold somebody's data.
    pub fn new(
        world: WorldKind,
        engines: Option<&'a Engines>,
        measure: &'a Measure,
    ) -> anyhow::Result<Self> {
        let engines = match world {
            WorldKind::Embedded => None,
            WorldKind::Full => {
                let engines = engines.context(
                    "the full world needs DATABASE_URL, REDIS_URL and KAFKA_BOOTSTRAP_SERVERS",
                )?;
                engines.check_redis_is_empty()?;
                Some(engines)
            }
        };
        let progress = Progress::of_process(1);
        Ok(Self { world, engines, measure, progress, shown: Shown::default() })
    }

    /// The scenarios of a server, each in turns with its references.
    #[must_use]
    pub fn run(mut self, subject: &Subject, references: &[Reference]) -> Shown {
        let null = references.contains(&Reference::Null) && self.has_null(subject);
        let one_by_one = references.contains(&Reference::OneByOne);
        let groups: Vec<_> = self
            .measure
            .chosen()
            .into_iter()
            .map(|scenario| (scenario, contenders(scenario, subject, null, one_by_one)))
            .collect();
        self.groups(&groups);
        self.outside(subject, references);
        self.finish()
    }

    /// The scenarios on both sides.
    #[must_use]
    pub fn compare(mut self, before: &Subject, after: &Subject) -> Shown {
        let side = |label: &str, subject: &Subject, scenario| Contender {
            label: label.to_owned(),
            subject: subject.clone(),
            scenario,
            latencies: Latencies::Measured,
        };
        let chosen = self.measure.chosen().into_iter();
        let groups: Vec<_> = chosen
            .map(|scenario| {
                (scenario, vec![side("A", before, scenario), side("B", after, scenario)])
            })
            .collect();
        self.groups(&groups);
        self.finish()
    }

    fn finish(self) -> Shown {
        self.progress.finish();
        self.shown
    }

    fn groups(&mut self, groups: &[(Scenario, Vec<Contender>)]) {
        let loops = if self.measure.rate == Rate::None { 1 } else { 2 };
        let runs = |(scenario, contenders): &(Scenario, Vec<Contender>)| match scenario.kind() {
            Kind::Visits => contenders.len() * loops,
            Kind::Heap => contenders.len(),
        };
        let steps = groups.iter().map(runs).sum::<usize>();
        let steps = u64::try_from(steps).unwrap_or(1) * u64::from(self.measure.runs);
        self.progress = Progress::of_process(steps);
        for (scenario, contenders) in groups {
            if let Err(error) = self.group(*scenario, contenders) {
                let failure = format!("{} {}: {error:#}", self.world.name(), scenario.name());
                self.progress.note(&failure);
                self.shown.failures.push(failure);
            }
        }
    }

    /// First what is possible, then how it feels at half of that.
    fn group(&mut self, scenario: Scenario, contenders: &[Contender]) -> anyhow::Result<()> {
        if scenario.kind() == Kind::Heap {
            return self.rounds(scenario, contenders, Loop::Heap, Pace::Closed);
        }
        self.rounds(scenario, contenders, Loop::Closed, Pace::Closed)?;
        let Some(rate) = self.open_rate(scenario) else { return Ok(()) };
        let patient: Vec<_> = contenders
            .iter()
            .filter(|contender| contender.latencies == Latencies::Measured)
            .cloned()
            .collect();
        self.rounds(scenario, &patient, Loop::Open, Pace::Open(rate))
    }

    /// One rate for all contenders, or their latencies could not be compared: that of the slowest.
    fn open_rate(&self, scenario: Scenario) -> Option<f64> {
        match self.measure.rate {
            Rate::None => None,
            Rate::PerSecond(rate) => Some(rate),
            Rate::Half => {
                let of_group = self.shown.series.iter().filter(|series| {
                    series.group == scenario
                        && series.pace == Loop::Closed
                        && !["null", "one-by-one"].contains(&series.contender.as_str())
                });
                let medians = of_group.filter_map(|series| series.spread(|run| run.rate));
                medians.map(|spread| spread.median / 2.0).reduce(f64::min)
            }
        }
    }

    /// A B A B: whatever else the machine does meets all alike.
    fn rounds(
        &mut self,
        group: Scenario,
        contenders: &[Contender],
        pace_name: Loop,
        pace: Pace,
    ) -> anyhow::Result<()> {
        let mut places: Vec<_> = contenders
            .iter()
            .map(|contender| Place { contender, kept: None, runs: Vec::new() })
            .collect();
        for round in 0..self.measure.runs {
            for place in &mut places {
                let label = &place.contender.label;
                let runs = self.measure.runs;
                let what =
                    format!("{} {} {label} {}/{runs}", self.world.name(), group.name(), round + 1);
                self.progress.next(what);
                let run = self.turn(place, pace, round);
                place.runs.push(run.with_context(|| format!("{label}, round {}", round + 1))?);
            }
        }
        for Place { contender, runs, .. } in places {
            self.shown.series.push(Series {
                world: self.world.name().to_owned(),
                group,
                contender: contender.label.clone(),
                pace: pace_name,
                unit: contender.scenario.unit().to_owned(),
                runs,
            });
        }
        Ok(())
    }

    fn turn(&self, place: &mut Place<'_>, pace: Pace, round: u32) -> anyhow::Result<Run> {
        let Contender { subject, scenario, .. } = place.contender;
        let (world, mut stage) = match place.kept.take() {
            Some(kept) => kept,
            None => (World::create(self.engines)?, None),
        };
        let run = match scenario {
            Scenario::Relay => heap::relay(subject, &world, self.measure),
            Scenario::Timers => heap::timers(subject, &world, self.measure),
            _ => {
                let (measure, progress) = (self.measure, &self.progress);
                let turn = Turn { scenario: *scenario, pace, round, measure, progress };
                turn.on(subject, &world, &mut stage)
            }
        }?;
        if scenario.only_looks() {
            place.kept = Some((world, stage));
        }
        Ok(run)
    }

    /// Whether the server was built with its empty handler.
    fn has_null(&mut self, subject: &Subject) -> bool {
        match self.ask_for_null(subject) {
            Ok(true) => return true,
            Ok(false) => {
                let note = "no empty handler: the server was built without `load-reference`";
                self.shown.notes.push(format!("{}: {note}", self.world.name()));
            }
            Err(error) => self.shown.failures.push(format!("{}: {error:#}", self.world.name())),
        }
        false
    }

    fn ask_for_null(&self, subject: &Subject) -> anyhow::Result<bool> {
        let server = World::create(self.engines)?;
        let server = (server.start(subject)?, server);
        let request = http::request("POST", NULL, Some(r#"{"productId":1,"quantity":1}"#));
        let (status, _) = http::ask(server.0.address(), &request, GRACE)?;
        server.0.stop()?;
        Ok(status == 201)
    }

    fn outside(&mut self, subject: &Subject, references: &[Reference]) {
        let Some(engines) = self.engines else { return };
        if references.contains(&Reference::Pgbench) {
            let measured = outside::pgbench(subject, engines, self.measure);
            self.keep("pgbench", measured);
        }
        if references.contains(&Reference::Redis) {
            let measured = outside::redis_benchmark(&engines.redis, self.measure);
            self.keep("redis-benchmark", measured);
        }
    }

    /// A tool that is not there is no failure of ours; one whose script does not fit the tables any more is.
    fn keep(&mut self, tool: &str, measured: anyhow::Result<Vec<Outside>>) {
        match measured {
            Ok(outside) => self.shown.outside.extend(outside),
            Err(error) if is_not_there(&error) => self.shown.notes.push(format!("{error:#}")),
            Err(error) => self.shown.failures.push(format!("{tool}: {error:#}")),
        }
    }
}

fn is_not_there(error: &anyhow::Error) -> bool {
    let cause = error.root_cause().downcast_ref::<io::Error>();
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::NotFound)
}

fn contenders(
    scenario: Scenario,
    subject: &Subject,
    null: bool,
    one_by_one: bool,
) -> Vec<Contender> {
    let reference = |label: &str, subject, scenario| Contender {
        label: label.to_owned(),
        subject,
        scenario,
        latencies: Latencies::Skipped,
    };
    let mut contenders = vec![Contender {
        latencies: Latencies::Measured,
        ..reference(scenario.name(), subject.clone(), scenario)
    }];
    if null && scenario != Scenario::Null && scenario.kind() == Kind::Visits {
        contenders.push(reference("null", subject.clone(), Scenario::Null));
    }
    if one_by_one && scenario.places_orders_only() {
        let alone = subject.with("store.group-commit-max=1");
        contenders.push(reference("one-by-one", alone, scenario));
    }
    contenders
}

/// Loads a server that runs already.
///
/// # Errors
/// It is not there.
pub fn given(url: &str, measure: &Measure) -> anyhow::Result<Shown> {
    let address = crate::args::address(url)?;
    let mut shown = Shown::default();
    shown.notes.push(format!(
        "{url} runs for itself: its processes were not watched, nor its database checked"
    ));
    let mut progress = Progress::of_process(u64::try_from(measure.chosen().len()).unwrap_or(1));
    for scenario in measure.chosen() {
        if scenario.kind() == Kind::Heap {
            shown.notes.push(format!("{} needs a server of its own", scenario.name()));
            continue;
        }
        progress.next(scenario.name().to_owned());
        if let Err(error) = given_scenario(address, scenario, measure, &progress, &mut shown) {
            shown.failures.push(format!("{}: {error:#}", scenario.name()));
        }
    }
    progress.finish();
    if shown.series.is_empty() {
        bail!("nothing was measured: {}", shown.failures.join("; "));
    }
    Ok(shown)
}

fn given_scenario(
    address: std::net::SocketAddr,
    scenario: Scenario,
    measure: &Measure,
    progress: &Progress,
    shown: &mut Shown,
) -> anyhow::Result<()> {
    let mut stage = None;
    let mut series = |pace_name, pace| {
        let mut runs = Vec::new();
        for round in 0..measure.runs {
            let turn = Turn { scenario, pace, round, measure, progress };
            runs.push(turn.against(address, None, &mut stage)?);
        }
        anyhow::Ok(Series {
            world: "given".to_owned(),
            group: scenario,
            contender: scenario.name().to_owned(),
            pace: pace_name,
            unit: scenario.unit().to_owned(),
            runs,
        })
    };
    let closed = series(Loop::Closed, Pace::Closed)?;
    let rate = match measure.rate {
        Rate::None => None,
        Rate::PerSecond(rate) => Some(rate),
        Rate::Half => closed.spread(|run| run.rate).map(|spread| spread.median / 2.0),
    };
    shown.series.push(closed);
    if let Some(rate) = rate {
        shown.series.push(series(Loop::Open, Pace::Open(rate))?);
    }
    Ok(())
}
