//! What the engines can do without our server: the same rows by pgbench, the same script by redis-benchmark.

use std::fs;
use std::process::Command;

use anyhow::{Context, bail};
use tempfile::TempDir;

use crate::args::Measure;
use crate::engines::{Engines, Redis, address_of, output};
use crate::number::size;
use crate::result::Outside;
use crate::scenario::{Scenario, Stage};
use crate::server::{Subject, World};

/// The rows of one order, statement by statement.
const ONE: &str = include_str!("../pgbench/one.sql");
/// The rows of many, one statement for all.
const BATCH: &str = include_str!("../pgbench/batch.sql");
/// The script that admits orders, as the server sends it.
const ADMIT: &str = include_str!("../../../crates/adapter-redis/src/lua/admit.lua");

/// How orders are written.
#[derive(Debug, Clone, Copy)]
struct Case {
    name: &'static str,
    script: &'static str,
    clients: u32,
    orders: u32,
    products: Products,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Products {
    Spread,
    Hot,
}

const CASES: [Case; 4] = [
    Case {
        name: "pgbench, one order per transaction, spread",
        script: ONE,
        clients: 16,
        orders: 1,
        products: Products::Spread,
    },
    Case {
        name: "pgbench, one order per transaction, hot",
        script: ONE,
        clients: 16,
        orders: 1,
        products: Products::Hot,
    },
    Case {
        name: "pgbench, 128 orders per transaction, spread",
        script: BATCH,
        clients: 2,
        orders: 128,
        products: Products::Spread,
    },
    Case {
        name: "pgbench, 128 orders per transaction, hot",
        script: BATCH,
        clients: 2,
        orders: 128,
        products: Products::Hot,
    },
];

/// Orders per second into the tables of this server, without it.
///
/// # Errors
/// There is no pgbench, or the tables have changed and its scripts have not.
pub fn pgbench(
    subject: &Subject,
    engines: &Engines,
    measure: &Measure,
) -> anyhow::Result<Vec<Outside>> {
    let world = World::create(Some(engines))?;
    let server = world.start(subject)?;
    let stage = Stage::set(server.address(), Scenario::OrdersSpread.amounts(0))?;
    server.stop()?;
    let url = world.database().context("a database in PostgreSQL")?.url();
    let (low, high) = bounds(stage.products())?;
    let folder = TempDir::with_prefix("loadtest-")?;
    let mut shown: Vec<Outside> = CASES.iter().map(|case| outside(case.name)).collect();
    for _ in 0..measure.runs {
        for (case, shown) in CASES.iter().zip(&mut shown) {
            let script = folder.path().join("script.sql");
            fs::write(&script, case.script)?;
            let high = if case.products == Products::Hot { low } else { high };
            let mut command = Command::new("pgbench");
            command
                .args(["--no-vacuum", "--protocol=prepared", "--jobs=2"])
                .arg(format!("--client={}", case.clients))
                .arg(format!("--time={}", measure.seconds.as_secs().max(1)))
                .arg(format!("--define=low={low}"))
                .arg(format!("--define=high={high}"))
                .arg(format!("--define=orders={}", case.orders))
                .arg("--file")
                .arg(&script)
                .arg(&url);
            let said = output(&mut command)?;
            shown.rates.push(transactions(&said)? * f64::from(case.orders));
        }
    }
    Ok(shown)
}

fn outside(name: impl Into<String>) -> Outside {
    Outside { name: name.into(), unit: "orders".to_owned(), rates: Vec::new() }
}

fn bounds(products: &[u64]) -> anyhow::Result<(u64, u64)> {
    let (low, high) = (products.iter().min(), products.iter().max());
    let (low, high) = (*low.context("no products")?, *high.context("no products")?);
    if size(products.len()) < 1.0 + crate::number::float(high - low) {
        bail!("the products have no numbers in a row");
    }
    Ok((low, high))
}

/// Of pgbench's line `tps = 1234.5 (…)`.
fn transactions(said: &str) -> anyhow::Result<f64> {
    let failed = said.lines().find_map(|line| line.strip_prefix("number of failed transactions: "));
    if failed.is_some_and(|failed| !failed.starts_with("0 ")) {
        bail!("transactions failed: {said}");
    }
    let rate = said.lines().find_map(|line| line.strip_prefix("tps = "));
    let rate = rate.and_then(|rate| rate.split(' ').next()?.parse().ok());
    rate.with_context(|| format!("pgbench says no tps: {said}"))
}

/// Baskets of one call, connections, and calls that are sent before the first is answered.
const ADMISSIONS: [(usize, u32, u32); 3] = [(1, 16, 1), (1, 16, 16), (32, 2, 1)];

/// Admissions per second by Redis alone.
///
/// # Errors
/// There is no redis-benchmark, or the script has changed and this has not.
pub fn redis_benchmark(url: &str, measure: &Measure) -> anyhow::Result<Vec<Outside>> {
    let mut redis = Redis::connect(url)?;
    for (key, value) in [("stock:1", "1000000000000"), ("reserved:1", "0"), ("inv:ver:1", "1:1")] {
        redis.ask(&["SET", key, value])?;
    }
    let script = redis.ask(&["SCRIPT", "LOAD", ADMIT])?;
    let (host, port) = address_of(url).and_then(|at| at.rsplit_once(':')).context("no address")?;
    let mut shown: Vec<Outside> = ADMISSIONS
        .iter()
        .map(|(baskets, connections, pipeline)| {
            outside(format!(
                "redis-benchmark, {baskets} per call, {connections} connections, pipeline {pipeline}"
            ))
        })
        .collect();
    // It counts calls, not seconds: as many as a fast Redis answers in the time of a run.
    let calls = (measure.seconds.as_secs_f64() * 20_000.0).to_string();
    for _ in 0..measure.runs {
        for ((baskets, connections, pipeline), shown) in ADMISSIONS.iter().zip(&mut shown) {
            let mut command = Command::new("redis-benchmark");
            command.args(["-h", host, "-p", port, "-n", &calls, "--csv"]);
            command.args(["-c", &connections.to_string(), "-P", &pipeline.to_string()]);
            command.args(["EVALSHA", &script, "3", "stock:1", "reserved:1", "inv:ver:1"]);
            command.args(["1", "1", "1"].repeat(*baskets));
            shown.rates.push(calls_per_second(&output(&mut command)?)? * size(*baskets));
        }
    }
    let held = redis.ask(&["GET", "reserved:1"])?;
    redis.ask(&["FLUSHALL"])?;
    if held == "0" {
        bail!("the script has held nothing");
    }
    Ok(shown)
}

/// Of the last line of `--csv`: "name","rps",….
fn calls_per_second(said: &str) -> anyhow::Result<f64> {
    let line = said.lines().rfind(|line| line.starts_with('"')).unwrap_or_default();
    let rate = line.rsplit_once("\",\"").map_or("", |_| line).split("\",\"").nth(1);
    let rate = rate.map(|rate| rate.trim_matches('"')).and_then(|rate| rate.parse().ok());
    rate.with_context(|| format!("redis-benchmark says no rate: {said}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_of_pgbench_is_read() {
        let said = "number of failed transactions: 0 (0.000%)\nlatency average = 1 ms\n\
                    tps = 1928.25 (without initial connection time)\n";
        assert_eq!(transactions(said).unwrap(), 1928.25);
        assert!(transactions("pgbench: error").is_err());
        assert!(transactions(&said.replace(": 0 ", ": 3 ")).is_err());
    }

    #[test]
    fn the_rate_of_redis_benchmark_is_read() {
        let said =
            "\"test\",\"rps\",\"avg_latency_ms\"\n\"EVALSHA x \"\"1\"\"\",\"21000.50\",\"0.5\"\n";
        assert_eq!(calls_per_second(said).unwrap(), 21_000.5);
        assert!(calls_per_second("").is_err());
        assert!(calls_per_second("\"test\",\"rps\"\n").is_err());
    }

    #[test]
    fn numbers_in_a_row_have_bounds() {
        assert_eq!(bounds(&[5, 4, 6]).unwrap(), (4, 6));
        assert!(bounds(&[4, 6]).is_err());
        assert!(bounds(&[]).is_err());
    }
}
