//! What is wanted of the figures, each a ratio within one call of the program.

use crate::result::{Loop, Results, Series};
use crate::scenario::Scenario;

/// One wish, in one world.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// In which world.
    pub world: String,
    /// What is compared with what.
    pub what: &'static str,
    /// What it is.
    pub measured: f64,
    /// What it should be.
    pub wanted: Bound,
}

/// On which side it should be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// At least.
    Least(f64),
    /// At most.
    Most(f64),
}

impl Verdict {
    /// Whether it is as it should be.
    pub fn is_met(&self) -> bool {
        match self.wanted {
            Bound::Least(least) => self.measured >= least,
            Bound::Most(most) => self.measured <= most,
        }
    }
}

type Figure = fn(&Results, &str) -> Option<f64>;

/// What, how it is found, and what is wanted embedded and on real engines.
const TARGETS: &[(&str, Figure, Option<Bound>, Option<Bound>)] = &[
    (
        "orders ÷ empty handler",
        |results, world| to_null(results, world, Scenario::OrdersSpread),
        Some(Bound::Least(0.40)),
        Some(Bound::Least(0.25)),
    ),
    (
        "one hot product ÷ a thousand products",
        |results, world| {
            Some(
                rate(results, world, Scenario::OrdersHot)?
                    / rate(results, world, Scenario::OrdersSpread)?,
            )
        },
        Some(Bound::Least(0.9)),
        Some(Bound::Least(0.9)),
    ),
    (
        "sold-out refusals ÷ empty handler",
        |results, world| to_null(results, world, Scenario::SoldOut),
        Some(Bound::Least(0.6)),
        Some(Bound::Least(0.6)),
    ),
    (
        "orders ÷ pgbench, one order per transaction",
        |results, world| {
            let pgbench = results.outside.iter().find(|o| o.name.starts_with("pgbench, one"))?;
            let pgbench = crate::stats::Spread::of(pgbench.rates.iter().copied())?.median;
            Some(rate(results, world, Scenario::OrdersSpread)? / pgbench)
        },
        None,
        Some(Bound::Least(3.0)),
    ),
    (
        "whole checkouts ÷ orders",
        |results, world| {
            Some(
                rate(results, world, Scenario::Checkout)?
                    / rate(results, world, Scenario::OrdersSpread)?,
            )
        },
        Some(Bound::Least(0.25)),
        Some(Bound::Least(0.25)),
    ),
    (
        "reads ÷ empty handler",
        |results, world| to_null(results, world, Scenario::Reads),
        Some(Bound::Least(0.5)),
        Some(Bound::Least(0.5)),
    ),
    (
        "p99 of orders at the open loop's rate, ms",
        |results, world| {
            let series = open(results, world, Scenario::OrdersSpread)?;
            series.spread(|run| run.p99).map(|spread| spread.median)
        },
        Some(Bound::Most(5.0)),
        Some(Bound::Most(10.0)),
    ),
    (
        "greatest outbox lag at that rate, s",
        |results, world| {
            let series = open(results, world, Scenario::OrdersSpread)?;
            series.runs.iter().filter_map(|run| run.lag_seconds).max().map(crate::number::float)
        },
        Some(Bound::Most(1.0)),
        Some(Bound::Most(1.0)),
    ),
    (
        "start to first 200, ms",
        |results, world| {
            let closed =
                results.closed(world, Scenario::OrdersSpread, Scenario::OrdersSpread.name())?;
            crate::stats::Spread::of(closed.runs.iter().filter_map(|run| run.start_up_millis))
                .map(|spread| spread.median)
        },
        Some(Bound::Most(100.0)),
        None,
    ),
];

fn rate(results: &Results, world: &str, scenario: Scenario) -> Option<f64> {
    let series = results.closed(world, scenario, scenario.name())?;
    series.spread(|run| run.rate).map(|spread| spread.median)
}

fn to_null(results: &Results, world: &str, scenario: Scenario) -> Option<f64> {
    let series = results.closed(world, scenario, scenario.name())?;
    results.ratio(series, "null").map(|ratio| ratio.median)
}

fn open<'a>(results: &'a Results, world: &str, scenario: Scenario) -> Option<&'a Series> {
    results.series.iter().find(|series| {
        series.world == world && series.contender == scenario.name() && series.pace == Loop::Open
    })
}

/// Every target that these results can be held against.
pub fn verdicts(results: &Results) -> Vec<Verdict> {
    let worlds = ["embedded", "full"];
    let all = TARGETS.iter().flat_map(|(what, figure, embedded, full)| {
        worlds.into_iter().zip([embedded, full]).filter_map(|(world, wanted)| {
            let measured = figure(results, world).filter(|figure| figure.is_finite())?;
            Some(Verdict { world: world.to_owned(), what, measured, wanted: (*wanted)? })
        })
    });
    all.collect()
}
