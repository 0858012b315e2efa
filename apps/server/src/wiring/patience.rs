//! Waiting for engines that start beside the program, as they do in a container.

use std::time::Duration;

use ordersystem_adapter_sql::OpenError;
use tokio::time::{Instant, sleep};

use super::{Engines, Probe, WiringError};
use crate::config::Settings;

/// How long to wait between two tries.
const PAUSE: Duration = Duration::from_millis(500);

/// Opens what the settings name. With `server.wait-for-seconds` every engine must be there within that time; without, the
/// database must be there at once and the others may come later.
pub(super) async fn open(settings: &Settings) -> Result<Engines, WiringError> {
    let deadline = Instant::now() + settings.server.wait_for;
    let engines = loop {
        match Engines::open(settings).await {
            Err(error) if may_pass(&error) && Instant::now() < deadline => {
                tracing::info!("waiting for the database: {error}");
                sleep(PAUSE).await;
            }
            opened => break opened?,
        }
    };
    for probe in &engines.probes {
        if let Err(why) = wait_for(probe, deadline).await {
            let component = probe.component.as_str();
            if !settings.server.wait_for.is_zero() {
                return Err(WiringError::NotThere { component, why });
            }
            tracing::warn!("{component} is not there, orders go on without it: {why}");
        }
    }
    Ok(engines)
}

/// Whether the database may come, or lies about never coming: a wrong password and a starting server cannot be told
/// apart before the server says so.
const fn may_pass(error: &WiringError) -> bool {
    matches!(error, WiringError::Database(OpenError::CannotUse { .. }))
}

async fn wait_for(probe: &Probe, deadline: Instant) -> Result<(), String> {
    loop {
        match probe.check().await {
            Err(_) if Instant::now() < deadline => sleep(PAUSE).await,
            answer => return answer,
        }
    }
}
