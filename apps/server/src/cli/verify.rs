//! `verify`: what the database itself can prove about orders, stock and money.

use std::io;

use super::database;
use crate::config::Settings;
use crate::exit::Exit;
use crate::output::Output;

/// Prints one line per invariant; finds something when one is broken.
pub(super) async fn run(settings: &Settings, output: &mut Output<'_>) -> io::Result<Exit> {
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
    let mut exit = Exit::Ok;
    for finding in &findings {
        let verdict = match finding.broken {
            0 => "ok".to_owned(),
            rows => format!("BROKEN ({rows})"),
        };
        output
            .data(format_args!("{:<4} {verdict:<11} {}", finding.invariant, finding.statement))?;
        if finding.broken != 0 {
            exit = Exit::Finding;
        }
    }
    Ok(exit)
}
