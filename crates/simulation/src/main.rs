//! `sim`: runs seeds and says which of them break a rule.
//!
//! ```text
//! sim [--seeds A..B] [--jobs N] [--operations N]
//! sim --seed N [--trace] [--operations N]
//! ```

use std::io::{self, Write};
use std::ops::Range;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use ordersystem_simulation::{Order, run, spread};

/// Lines of the trace that a failing run shows.
const LAST: usize = 200;

struct Arguments {
    seeds: Range<u64>,
    jobs: u64,
    operations: u64,
    seed: Option<u64>,
    whole_trace: bool,
}

fn main() -> io::Result<ExitCode> {
    let Some(arguments) = arguments(std::env::args().skip(1)) else {
        writeln!(
            io::stderr(),
            "sim [--seeds A..B] [--jobs N] [--operations N] | sim --seed N [--trace] [--operations N]"
        )?;
        return Ok(ExitCode::from(2));
    };
    let broken = match arguments.seed {
        Some(seed) => one(&arguments, seed)?,
        None => many(&arguments)?,
    };
    Ok(ExitCode::from(u8::from(broken > 0)))
}

fn arguments(mut given: impl Iterator<Item = String>) -> Option<Arguments> {
    let mut arguments =
        Arguments { seeds: 0..2_000, jobs: 1, operations: 500, seed: None, whole_trace: false };
    while let Some(name) = given.next() {
        if name == "--trace" {
            arguments.whole_trace = true;
            continue;
        }
        let value = given.next()?;
        match name.as_str() {
            "--seeds" => {
                let (first, end) = value.split_once("..")?;
                arguments.seeds = first.parse().ok()?..end.parse().ok()?;
            }
            "--seed" => arguments.seed = Some(value.parse().ok()?),
            "--jobs" => arguments.jobs = value.parse().ok()?,
            "--operations" => arguments.operations = value.parse().ok()?,
            _ => return None,
        }
    }
    Some(arguments)
}

/// One seed with its trace; says how many rules it broke.
fn one(arguments: &Arguments, seed: u64) -> io::Result<usize> {
    let keep = if arguments.whole_trace { usize::MAX } else { LAST };
    let report = run(Order { seed, operations: arguments.operations, keep })?;
    writeln!(io::stdout(), "{report}")?;
    Ok(report.broken.len())
}

/// Many seeds without traces; those that break a rule run once more with one. Says how many they are.
fn many(arguments: &Arguments) -> io::Result<usize> {
    let (began, broken) = (Instant::now(), Mutex::new(Vec::new()));
    spread(arguments.jobs, arguments.seeds.clone(), |seed| {
        let order = Order { seed, operations: arguments.operations, keep: 0 };
        if run(order)?.broken.is_empty() {
            return Ok(());
        }
        broken.lock().unwrap_or_else(PoisonError::into_inner).push(seed);
        writeln!(io::stdout(), "{}", run(Order { keep: LAST, ..order })?)
    })?;
    let mut broken = broken.into_inner().unwrap_or_else(PoisonError::into_inner);
    broken.sort_unstable();
    let (seeds, time) = (arguments.seeds.clone().count(), began.elapsed());
    writeln!(io::stdout(), "{seeds} seeds in {time:.1?}, broken: {} {broken:?}", broken.len())?;
    Ok(broken.len())
}
