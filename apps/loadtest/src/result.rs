//! What was measured, as `result.json` keeps it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::machine::Machine;
use crate::scenario::Scenario;
use crate::stats::{Ratio, Spread};

/// Everything that one call of the program has measured.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Results {
    /// On what.
    pub machine: Machine,
    /// With which parameters.
    pub parameters: Parameters,
    /// By scenario and contender.
    pub series: Vec<Series>,
    /// What tools that are not ours say.
    pub outside: Vec<Outside>,
    /// What could not be measured, and why.
    pub notes: Vec<String>,
}

/// With which parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameters {
    /// Of the client.
    pub connections: usize,
    /// Of the client.
    pub threads: usize,
    /// Of each run.
    pub seconds: f64,
    /// Before them.
    pub warm_up_seconds: f64,
    /// Of each series.
    pub runs: u32,
    /// Before reads and lists.
    pub orders: u64,
    /// Behind relay and timers.
    pub heap: u64,
}

/// Whether a series shows what is possible, or how it feels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loop {
    /// As fast as it goes.
    Closed,
    /// At a rate that was fixed before.
    Open,
    /// A heap of work, until it is gone.
    Heap,
}

impl Loop {
    /// As in `result.json`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::Heap => "heap",
        }
    }
}

/// The runs of one contender in one scenario.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Series {
    /// `embedded`, `full` or `given`.
    pub world: String,
    /// What was to be measured; the contenders of a group took turns.
    pub group: Scenario,
    /// Who: the scenario's own name or a reference.
    pub contender: String,
    /// How.
    pub pace: Loop,
    /// What is counted.
    pub unit: String,
    /// In the order of their rounds.
    pub runs: Vec<Run>,
}

/// One run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// Visits per second.
    pub rate: f64,
    /// Calls per second, where a visit has several.
    pub calls: f64,
    /// Half of the visits took at most so many milliseconds.
    pub p50: f64,
    /// 99 of 100.
    pub p99: f64,
    /// 999 of 1,000.
    pub p999: f64,
    /// The slowest.
    pub max: f64,
    /// CPU time per visit in microseconds, by process.
    pub cpu_micros: BTreeMap<String, f64>,
    /// Of the server, before the load.
    pub resident_before: Option<u64>,
    /// And after it.
    pub resident_after: Option<u64>,
    /// From the server's start to its first 200, in milliseconds.
    pub start_up_millis: Option<f64>,
    /// Most events that were seen waiting for the broker.
    pub backlog: Option<u64>,
    /// How long the oldest of them waited, at most, in seconds.
    pub lag_seconds: Option<u64>,
    /// How long it took after the load until all were published, in seconds.
    pub drain_seconds: Option<f64>,
}

/// What a tool that is not ours says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outside {
    /// Which, and how it was called.
    pub name: String,
    /// What is counted.
    pub unit: String,
    /// Per second, in the order of the rounds.
    pub rates: Vec<f64>,
}

impl Series {
    /// A figure over all runs.
    pub fn spread(&self, figure: impl Fn(&Run) -> f64) -> Option<Spread> {
        Spread::of(self.runs.iter().map(figure))
    }

    /// Visits per second, in the order of the rounds.
    pub fn rates(&self) -> Vec<f64> {
        self.runs.iter().map(|run| run.rate).collect()
    }

    /// CPU time of a process per visit: the median.
    pub fn cpu(&self, process: &str) -> Option<f64> {
        let used = self.runs.iter().filter_map(|run| run.cpu_micros.get(process).copied());
        Spread::of(used).map(|spread| spread.median)
    }
}

impl Results {
    /// A closed series.
    pub fn closed(&self, world: &str, group: Scenario, contender: &str) -> Option<&Series> {
        self.series.iter().find(|series| {
            series.world == world
                && series.group == group
                && series.contender == contender
                && series.pace == Loop::Closed
        })
    }

    /// How a series compares to the reference that took turns with it.
    pub fn ratio(&self, series: &Series, reference: &str) -> Option<Ratio> {
        if series.contender == reference {
            return None;
        }
        let below = self.series.iter().find(|other| {
            other.world == series.world
                && other.group == series.group
                && other.pace == series.pace
                && other.contender == reference
        })?;
        Ratio::of(&series.rates(), &below.rates())
    }
}

impl Parameters {
    /// As they were given.
    pub fn of(measure: &crate::args::Measure) -> Self {
        Self {
            connections: measure.connections,
            threads: measure.threads,
            seconds: measure.seconds.as_secs_f64(),
            warm_up_seconds: measure.warm_up.as_secs_f64(),
            runs: measure.runs,
            orders: measure.orders,
            heap: measure.heap,
        }
    }
}
