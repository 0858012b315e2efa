#![doc = include_str!("../README.md")]

pub mod args;
pub mod bench;
pub mod engines;
pub mod heap;
pub mod http;
pub mod load;
pub mod machine;
pub mod number;
pub mod outside;
pub mod process;
pub mod progress;
pub mod report;
pub mod result;
pub mod scenario;
pub mod server;
pub mod stats;
pub mod targets;
pub mod turn;

use std::io::{self, Write};
use std::process::ExitCode;

use args::{Cli, Command, Measure};
use bench::{Bench, Shown};
use engines::Engines;
use machine::Machine;
use result::{Parameters, Results};
use server::Subject;

/// 0 when everything could be measured and no invariant is broken, 1 otherwise.
pub fn run(cli: &Cli) -> ExitCode {
    let outcome = match &cli.command {
        Command::Run { server, settings, references, measure } => {
            args::subject(server, settings.clone()).and_then(|subject| {
                let machine = machine(&[&subject]);
                let shown = in_worlds(measure, |bench| bench.run(&subject, references))?;
                finish(measure, machine, shown)
            })
        }
        Command::Compare { before, after, server, measure } => {
            compare(before, after, server, measure)
        }
        Command::Url { url, measure } => {
            let machine = machine(&[]);
            bench::given(url, measure).and_then(|shown| finish(measure, machine, shown))
        }
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            say(&mut io::stderr(), &format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn compare(
    before: &str,
    after: &str,
    server: &std::path::Path,
    measure: &Measure,
) -> anyhow::Result<ExitCode> {
    let (a, b) = (args::side(before, server)?, args::side(after, server)?);
    let machine = machine(&[&a, &b]);
    let mut shown = in_worlds(measure, |bench| bench.compare(&a, &b))?;
    shown.notes.push(format!("A is {before}, B is {after}; the ratios are B ÷ A"));
    finish(measure, machine, shown)
}

fn in_worlds(measure: &Measure, bench: impl Fn(Bench<'_>) -> Shown) -> anyhow::Result<Shown> {
    let engines = Engines::of_environment();
    let mut all = Shown::default();
    for world in &measure.worlds {
        let shown = bench(Bench::new(*world, engines.as_ref(), measure)?);
        all.series.extend(shown.series);
        all.outside.extend(shown.outside);
        all.notes.extend(shown.notes);
        all.failures.extend(shown.failures);
    }
    Ok(all)
}

/// Looked at before anything is measured: afterwards its load would be ours.
fn machine(subjects: &[&Subject]) -> Machine {
    let mut tools: Vec<&str> =
        subjects.iter().filter_map(|subject| subject.binary.to_str()).collect();
    tools.dedup();
    tools.extend(["psql", "redis-server", "rustc"]);
    Machine::look(&tools)
}

fn finish(measure: &Measure, machine: Machine, shown: Shown) -> anyhow::Result<ExitCode> {
    let Shown { series, outside, mut notes, failures } = shown;
    notes.extend(failures.iter().map(|failure| format!("FAILED: {failure}")));
    let results = Results { machine, parameters: Parameters::of(measure), series, outside, notes };
    let written = report::write(&results, &measure.out)?;
    say(&mut io::stdout(), &report::summary(&results));
    say(&mut io::stderr(), &format!("report: {}", written.display()));
    for failure in &failures {
        say(&mut io::stderr(), &format!("FAILED: {failure}"));
    }
    Ok(if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn say(stream: &mut dyn Write, line: &str) {
    // Nothing is left to tell it to when the stream is gone.
    let _gone = writeln!(stream, "{line}");
}
