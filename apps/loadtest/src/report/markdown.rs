//! The report for people.

use std::fmt::Write;

use super::svg::figure;
use crate::result::{Loop, Results, Run, Series};
use crate::stats::Spread;
use crate::targets::{Bound, verdicts};

/// Whose CPU time has a column.
const PROCESSES: [&str; 5] = ["server", "postgres", "redis", "kafka", "client"];

/// Everything, with the pictures beside it.
pub fn report(results: &Results) -> String {
    let parameters = &results.parameters;
    let mut text = format!(
        "# Measurements\n\n{}\n\n{} connections, runs of {} s after {} s of warm-up, medians of {}; \
         in brackets the least and the greatest. The contenders of a scenario took turns.\n\n",
        results.machine,
        parameters.connections,
        parameters.seconds,
        parameters.warm_up_seconds,
        parameters.runs,
    );
    section(&mut text, "Targets", targets(results));
    section(&mut text, "What is possible (closed loop)", rates(results));
    section(
        &mut text,
        "How long it takes (open loop, from the intended moment)",
        latencies(results),
    );
    section(&mut text, "Memory, start, publication", resources(results));
    section(&mut text, "Without our server", outside(results));
    text.push_str("![rates](rates.svg)\n\n![latencies](p99.svg)\n");
    let notes = results.notes.iter().map(|note| format!("- {note}")).collect::<Vec<_>>();
    if !notes.is_empty() {
        text.push_str(&format!("\n## Notes\n\n{}\n", notes.join("\n")));
    }
    text
}

/// A line per series, for the terminal.
pub fn summary(results: &Results) -> String {
    let lines = results.series.iter().map(|series| {
        let rate = shown(series.spread(|run| run.rate));
        let p99 = shown(series.spread(|run| run.p99));
        let (world, group, contender) = (&series.world, series.group.name(), &series.contender);
        let pace = series.pace.name();
        let rate = format!("{pace:<7} {rate} {}/s", series.unit);
        let latency = (series.pace != Loop::Heap).then(|| format!(", p99 {p99} ms"));
        format!("{world:<9} {group:<14} {contender:<14} {rate}{}", latency.unwrap_or_default())
    });
    let machine = std::iter::once(results.machine.to_string());
    machine.chain(lines).collect::<Vec<_>>().join("\n")
}

/// Rows of cells.
struct Table {
    head: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

fn section(text: &mut String, title: &str, table: Table) {
    if table.rows.is_empty() {
        return;
    }
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head: Vec<String> = table.head.iter().map(|cell| (*cell).to_owned()).collect();
    let rule = vec!["---".to_owned(); head.len()];
    let rows: String = table.rows.iter().map(|row| line(row)).collect();
    // Writing into a String does not fail.
    let _infallible = write!(text, "## {title}\n\n{}{}{rows}\n", line(&head), line(&rule));
}

fn shown(spread: Option<Spread>) -> String {
    match spread {
        None => "–".to_owned(),
        Some(Spread { median, min, max }) if min == max => figure(median),
        Some(Spread { median, min, max }) => {
            format!("{} ({}–{})", figure(median), figure(min), figure(max))
        }
    }
}

fn names(series: &Series) -> Vec<String> {
    vec![series.world.clone(), series.group.name().to_owned(), series.contender.clone()]
}

fn targets(results: &Results) -> Table {
    let rows = verdicts(results).into_iter().map(|verdict| {
        let wanted = match verdict.wanted {
            Bound::Least(least) => format!("≥ {least}"),
            Bound::Most(most) => format!("≤ {most}"),
        };
        let met = if verdict.is_met() { "yes" } else { "**no**" }.to_owned();
        vec![verdict.world, verdict.what.to_owned(), figure(verdict.measured), wanted, met]
    });
    Table { head: vec!["world", "what", "measured", "wanted", "met"], rows: rows.collect() }
}

fn rates(results: &Results) -> Table {
    let closed = results.series.iter().filter(|series| series.pace != Loop::Open);
    let rows = closed.map(|series| {
        let rate = format!("{} {}/s", shown(series.spread(|run| run.rate)), series.unit);
        let cpu = PROCESSES.map(|process| series.cpu(process).map_or("–".to_owned(), figure));
        let mut row = names(series);
        row.extend([rate, ratios(results, series), cpu.join(" + ")]);
        row.push(shown(series.spread(|run| run.p99).filter(|_| series.pace == Loop::Closed)));
        row
    });
    let cpu = "CPU µs each: server + postgres + redis + kafka + client";
    let head = vec!["world", "scenario", "contender", "rate", "ratios", cpu, "p99 ms"];
    Table { head, rows: rows.collect() }
}

fn ratios(results: &Results, series: &Series) -> String {
    let ratios = ["null", "one-by-one", "A"].into_iter().filter_map(|reference| {
        let ratio = results.ratio(series, reference)?;
        let bounds = format!("{}–{}", figure(ratio.min), figure(ratio.max));
        Some(format!("÷ {reference} {} ({bounds})", figure(ratio.median)))
    });
    let ratios: Vec<String> = ratios.collect();
    if ratios.is_empty() { "–".to_owned() } else { ratios.join(", ") }
}

fn latencies(results: &Results) -> Table {
    let open = results.series.iter().filter(|series| series.pace == Loop::Open);
    let rows = open.map(|series| {
        let figures: [fn(&Run) -> f64; 5] =
            [|run| run.rate, |run| run.p50, |run| run.p99, |run| run.p999, |run| run.max];
        names(series)
            .into_iter()
            .chain(figures.map(|figure| shown(series.spread(figure))))
            .collect()
    });
    let head = vec!["world", "scenario", "contender", "per s", "p50 ms", "p99", "p99.9", "slowest"];
    Table { head, rows: rows.collect() }
}

fn resources(results: &Results) -> Table {
    let rows = results.series.iter().filter_map(|series| {
        let known = |figure: fn(&Run) -> Option<f64>| {
            shown(Spread::of(series.runs.iter().filter_map(figure)))
        };
        let megabytes = |bytes: u64| crate::number::float(bytes) / 1_000_000.0;
        series.runs.iter().find(|run| run.start_up_millis.is_some())?;
        let before =
            Spread::of(series.runs.iter().filter_map(|run| run.resident_before).map(megabytes));
        let after =
            Spread::of(series.runs.iter().filter_map(|run| run.resident_after).map(megabytes));
        let mut row = names(series);
        row.extend([
            series.pace.name().to_owned(),
            known(|run| run.start_up_millis),
            shown(before),
            shown(after),
            known(|run| run.backlog.map(crate::number::float)),
            known(|run| run.lag_seconds.map(crate::number::float)),
            known(|run| run.drain_seconds),
        ]);
        Some(row)
    });
    let head = vec![
        "world",
        "scenario",
        "contender",
        "loop",
        "start ms",
        "RSS before MB",
        "after",
        "most events waiting",
        "oldest s",
        "drained after s",
    ];
    Table { head, rows: rows.collect() }
}

fn outside(results: &Results) -> Table {
    let rows = results.outside.iter().map(|outside| {
        let rate = shown(Spread::of(outside.rates.iter().copied()));
        vec![outside.name.clone(), format!("{rate} {}/s", outside.unit)]
    });
    Table { head: vec!["what", "rate"], rows: rows.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Machine;
    use crate::result::{Outside, Parameters};
    use crate::scenario::Scenario;

    fn series(contender: &str, pace: Loop, rates: &[f64]) -> Series {
        let run = |rate: &f64| Run {
            rate: *rate,
            p99: 4.5,
            cpu_micros: [("server".to_owned(), 20.0), ("client".to_owned(), 5.0)].into(),
            start_up_millis: Some(16.0),
            lag_seconds: Some(0),
            ..Run::default()
        };
        Series {
            world: "embedded".to_owned(),
            group: Scenario::OrdersSpread,
            contender: contender.to_owned(),
            pace,
            unit: "orders".to_owned(),
            runs: rates.iter().map(run).collect(),
        }
    }

    fn results() -> Results {
        let machine = Machine {
            date: "2026-11-22T00:00:00Z".to_owned(),
            cores: 2,
            model: "CPU".to_owned(),
            memory: 24.0,
            kernel: "6".to_owned(),
            load: 0.1,
            versions: vec!["ordersystem 0.1.0".to_owned()],
            commit: None,
        };
        let parameters = Parameters {
            connections: 256,
            threads: 1,
            seconds: 5.0,
            warm_up_seconds: 2.0,
            runs: 3,
            orders: 0,
            heap: 0,
        };
        Results {
            machine,
            parameters,
            series: vec![
                series("orders-spread", Loop::Closed, &[25_000.0, 30_000.0, 26_000.0]),
                series("null", Loop::Closed, &[100_000.0, 100_000.0, 104_000.0]),
                series("orders-spread", Loop::Open, &[13_000.0]),
            ],
            outside: vec![Outside {
                name: "pgbench, one order per transaction, spread".to_owned(),
                unit: "orders".to_owned(),
                rates: vec![2_000.0],
            }],
            notes: vec!["a note".to_owned()],
        }
    }

    #[test]
    fn a_report_has_its_machine_ratios_and_verdicts() {
        let report = report(&results());
        for part in [
            "2 × CPU · 24 GiB · Linux 6 · load 0.10 · ordersystem 0.1.0",
            "| embedded | orders-spread | orders-spread | 26,000 (25,000–30,000) orders/s | \
             ÷ null 0.26 (0.25–0.30) | 20.0 + – + – + – + 5.00 | 4.50 |",
            "| embedded | orders ÷ empty handler | 0.26 | ≥ 0.4 | **no** |",
            "| embedded | p99 of orders at the open loop's rate, ms | 4.50 | ≤ 5 | yes |",
            "| pgbench, one order per transaction, spread | 2,000 orders/s |",
            "- a note",
        ] {
            assert!(report.contains(part), "no {part} in\n{report}");
        }
        assert!(!report.contains("orders ÷ pgbench"), "that is for real engines\n{report}");
    }

    #[test]
    fn a_comparison_names_b_by_a() {
        let mut results = results();
        results.series =
            vec![series("A", Loop::Closed, &[100.0]), series("B", Loop::Closed, &[150.0])];
        assert!(report(&results).contains("÷ A 1.50 (1.50–1.50)"));
    }

    #[test]
    fn results_survive_their_file() {
        let written = serde_json::to_string(&results()).unwrap();
        let read: Results = serde_json::from_str(&written).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), written);
        assert!(written.contains("\"cpuMicros\""), "{written}");
    }

    #[test]
    fn a_summary_has_a_line_per_series() {
        let summary = summary(&results());
        assert_eq!(summary.lines().count(), 4);
        assert!(summary.contains("orders-spread  closed  26,000"), "{summary}");
    }
}
