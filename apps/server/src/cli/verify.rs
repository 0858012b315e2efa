//! `verify`: what the database itself can prove about orders, stock, money and events.

use std::io;

use ordersystem_invariants::{Finding, Holds};
use serde_json::json;

use super::args::{Demand, Shape};
use super::database;
use crate::config::Settings;
use crate::exit::Exit;
use crate::output::Output;

/// Prints one line per invariant; the exit code is the number of those that are broken.
pub(super) async fn run(
    demand: Demand,
    shape: Shape,
    settings: &Settings,
    output: &mut Output<'_>,
) -> io::Result<Exit> {
    let store = match database::look(settings, output).await {
        Ok(store) => store,
        Err(exit) => return Ok(exit),
    };
    let findings = store.verify().await;
    store.close().await;
    let Ok(findings) = findings else {
        output.note("error: the database cannot be read; `ordersystem doctor` tells more");
        return Ok(Exit::Unavailable);
    };
    match shape {
        Shape::Json => output.data(json!(findings.iter().map(for_programs).collect::<Vec<_>>()))?,
        Shape::Table => findings.iter().try_for_each(|finding| output.data(finding))?,
    }
    Ok(exit(demand, &findings))
}

fn exit(demand: Demand, findings: &[Finding]) -> Exit {
    let counts = |finding: &&Finding| match demand {
        Demand::Always => finding.is_a_bug(),
        Demand::AtRest => !finding.is_healthy(),
    };
    match u8::try_from(findings.iter().filter(counts).count()) {
        Ok(0) => Exit::Ok,
        count => Exit::Findings(count.unwrap_or(u8::MAX)),
    }
}

fn for_programs(finding: &Finding) -> serde_json::Value {
    let Finding { invariant, broken, first } = finding;
    json!({
        "invariant": invariant.id,
        "statement": invariant.statement,
        "holds": match invariant.holds { Holds::Always => "ALWAYS", Holds::AtRest => "AT_REST" },
        "broken": broken,
        "subject": invariant.subject.to_string(),
        "first": first,
    })
}

#[cfg(test)]
mod tests {
    use ordersystem_invariants::ALL;

    use super::*;

    fn finding(id: &str, broken: u64) -> Finding {
        let invariant = ALL.iter().find(|invariant| invariant.id == id);
        Finding {
            invariant: invariant.unwrap_or(&ALL[0]),
            broken,
            first: (broken > 0).then_some(7),
        }
    }

    #[test]
    fn the_exit_code_counts_what_is_demanded() {
        let findings = [finding("I1", 3), finding("I2", 0), finding("I9", 1), finding("I12", 5)];
        assert_eq!(exit(Demand::Always, &findings), Exit::Findings(2));
        assert_eq!(exit(Demand::AtRest, &findings), Exit::Findings(3));
        assert_eq!(exit(Demand::Always, &findings[3..]), Exit::Ok);
    }

    #[test]
    fn people_read_where_to_look() {
        let told = finding("I3", 2).to_string();
        let expected = "I3   BROKEN nothing is oversold: 0 <= held <= in stock: 2, first product 7";
        assert_eq!(told, expected);
        assert!(finding("I12", 1).to_string().starts_with("I12  late   no event waits"));
        assert!(finding("I8", 0).to_string().starts_with("I8   ok     each history"));
    }
}
