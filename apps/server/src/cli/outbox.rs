//! `outbox status`: how far the relay is behind.

use std::io;

use ordersystem_application::Backlog;
use ordersystem_shared_kernel::{Clock, Timestamp};
use serde_json::json;

use super::args::Shape;
use super::database;
use super::time::{clock_time, zoned_time};
use crate::clock::SystemClock;
use crate::config::Settings;
use crate::exit::Exit;
use crate::output::Output;

/// Prints how many events wait for the broker, and since when the oldest does.
pub(super) async fn status(
    shape: Shape,
    settings: &Settings,
    output: &mut Output<'_>,
) -> io::Result<Exit> {
    let store = match database::look(settings, output).await {
        Ok(store) => store,
        Err(exit) => return Ok(exit),
    };
    let backlog = store.backlog().await;
    store.close().await;
    let Ok(backlog) = backlog else {
        output.note("error: the database cannot be read; `ordersystem doctor` tells more");
        return Ok(Exit::Unavailable);
    };
    match shape {
        Shape::Json => output.data(for_programs(backlog, settings))?,
        Shape::Table => output.text(for_people(backlog, settings))?,
    }
    Ok(Exit::Ok)
}

fn for_people(backlog: Backlog, settings: &Settings) -> String {
    let oldest = backlog.oldest.map_or("–".to_owned(), |since| {
        format!("{}, {} s ago", clock_time(since, settings.timezone), age(since))
    });
    format!("pending  {}\noldest   {oldest}\n", backlog.pending)
}

fn for_programs(backlog: Backlog, settings: &Settings) -> serde_json::Value {
    json!({
        "pending": backlog.pending,
        "oldest": backlog.oldest.map(|since| zoned_time(since, settings.timezone)),
        "oldestAgeSeconds": backlog.oldest.map(age),
    })
}

fn age(since: Timestamp) -> u64 {
    SystemClock.now().since(since).as_secs()
}
