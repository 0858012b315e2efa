//! `result.json` for programs, `report.md` with two pictures for people.

mod markdown;
mod svg;

use std::fs;
use std::path::{Path, PathBuf};

pub use self::markdown::{report, summary};
pub use self::svg::{Bar, bars};

use crate::result::{Loop, Results};
use crate::stats::Spread;

/// Writes everything into the folder; the path of the report.
///
/// # Errors
/// The folder cannot be written.
pub fn write(results: &Results, folder: &Path) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("result.json"), serde_json::to_string_pretty(results)?)?;
    fs::write(folder.join("rates.svg"), bars("Visits per second, closed loop", &rates(results)))?;
    fs::write(folder.join("p99.svg"), bars("p99 in ms, open loop", &latencies(results)))?;
    let path = folder.join("report.md");
    fs::write(&path, report(results))?;
    Ok(path)
}

fn rates(results: &Results) -> Vec<Bar> {
    bars_of(results, |pace| pace != Loop::Open, |run| run.rate)
}

fn latencies(results: &Results) -> Vec<Bar> {
    bars_of(results, |pace| pace == Loop::Open, |run| run.p99)
}

fn bars_of(
    results: &Results,
    wanted: impl Fn(Loop) -> bool,
    figure: impl Fn(&crate::result::Run) -> f64,
) -> Vec<Bar> {
    let series = results.series.iter().filter(|series| wanted(series.pace));
    let bars = series.filter_map(|series| {
        let spread: Spread = series.spread(&figure)?;
        let group = series.group.name();
        let label = if series.contender == group {
            format!("{} {group}", series.world)
        } else {
            format!("{} {group}: {}", series.world, series.contender)
        };
        Some(Bar { label, spread })
    });
    bars.collect()
}
