//! `reconcile`: compares the counters in Redis with the database, and sets them right when asked to.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use ordersystem_adapter_redis::Redis;
use ordersystem_adapter_sql::Database;

use super::args::Correction;
use super::database;
use crate::background::reconcile::{Drift, Reconcile};
use crate::config::Settings;
use crate::exit::Exit;
use crate::output::Output;
use crate::wiring::redis_config;

/// An order in flight holds units that the database does not know yet: what differs for longer is drift.
const FLIGHT: Duration = Duration::from_millis(500);

/// Prints one line per product whose counters are wrong; finds something unless it set all of them right.
pub(super) async fn run(
    correction: Correction,
    settings: &Settings,
    output: &mut Output<'_>,
) -> io::Result<Exit> {
    let redis = match redis(settings).await {
        Ok(redis) => redis,
        Err((reason, exit)) => {
            output.note(format_args!("error: {reason}"));
            return Ok(exit);
        }
    };
    let store = match database::look(settings, output).await {
        Ok(store) => store,
        Err(exit) => return Ok(exit),
    };
    let drifts = drifts(correction, &store, &redis).await;
    store.close().await;
    match drifts {
        Ok(drifts) => report(&drifts, correction, output),
        Err(reason) => {
            output.note(format_args!("error: {reason}; `ordersystem doctor` tells more"));
            Ok(Exit::Unavailable)
        }
    }
}

async fn redis(settings: &Settings) -> Result<Redis, (String, Exit)> {
    let Some(url) = &settings.redis.url else {
        let why = "without REDIS_URL the counters are inside of the server, which sets them right itself; \
                   `ordersystem inventory status` shows them";
        return Err((why.to_owned(), Exit::Usage));
    };
    let unavailable = |why: &dyn std::fmt::Display| {
        (
            format!("{url} does not answer: {why}; `ordersystem doctor` tells more"),
            Exit::Unavailable,
        )
    };
    let opened = Redis::open(&redis_config(url, &settings.redis)).await;
    let redis = opened.map_err(|error| unavailable(&error))?;
    redis.ping().await.map_err(|error| unavailable(&error))?;
    Ok(redis)
}

async fn drifts(
    correction: Correction,
    store: &Arc<dyn Database>,
    redis: &Redis,
) -> Result<Vec<Drift>, String> {
    let reconcile = Reconcile::new(store.clone(), Arc::new(redis.admission()));
    let drifts = match correction {
        Correction::None => reconcile.lasting_drifts(FLIGHT).await,
        Correction::Apply => reconcile.pass().await,
    };
    let drifts = drifts.map_err(|error| error.to_string())?;
    // A Redis that fell silent meanwhile looks like one that has lost every counter.
    redis.ping().await.map_err(|error| error.to_string())?;
    Ok(drifts)
}

fn report(drifts: &[Drift], correction: Correction, output: &mut Output<'_>) -> io::Result<Exit> {
    for drift in drifts {
        output.data(drift)?;
    }
    let count = drifts.len();
    match (correction, count) {
        (_, 0) => output.note("every counter is what the database says"),
        (Correction::None, _) => output.note(format_args!(
            "the counters of {count} products are wrong; `ordersystem reconcile --apply` sets them right"
        )),
        (Correction::Apply, _) => {
            output.note(format_args!("the counters of {count} products were set right"));
        }
    }
    let found = correction == Correction::None && count > 0;
    Ok(if found { Exit::Finding } else { Exit::Ok })
}
