use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use ordersystem_adapter_sql::Database;
use ordersystem_application::StoreUnavailable;
use ordersystem_invariants::{Finding, Holds};
use ordersystem_shared_kernel::Clock;
use tokio::time::Instant;

use super::{Job, Turn};
use crate::metrics::Metrics;

/// Checks every invariant of the living database, shows the result as gauges and cries when one is broken.
pub struct Verification {
    database: Arc<dyn Database>,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
    last_micros: AtomicU64,
}

impl Verification {
    const USUALLY: Duration = Duration::from_secs(60);
    /// A look at a large database takes long: it works at most a twentieth of the time.
    const SHARE: u32 = 19;

    /// Shows what it finds in `metrics`.
    pub const fn new(database: Arc<dyn Database>, clock: Arc<dyn Clock>, metrics: Metrics) -> Self {
        Self { database, clock, metrics, last_micros: AtomicU64::new(0) }
    }
}

#[async_trait]
impl Job for Verification {
    fn name(&self) -> String {
        "verification of the database".to_owned()
    }

    fn pause(&self) -> Duration {
        let last = Duration::from_micros(self.last_micros.load(Ordering::Relaxed));
        Self::USUALLY.max(last.saturating_mul(Self::SHARE))
    }

    async fn turn(&self) -> Result<Turn, StoreUnavailable> {
        let started = Instant::now();
        let findings = self.database.verify().await?;
        let took = started.elapsed();
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.last_micros.store(micros, Ordering::Relaxed);
        self.metrics.verified(&findings, took, self.clock.now());
        findings.iter().filter(|finding| !finding.is_healthy()).for_each(tell);
        Ok(Turn::Done)
    }
}

fn tell(finding: &Finding) {
    match finding.invariant.holds {
        Holds::Always => tracing::error!("an invariant is broken: {finding}"),
        Holds::AtRest => tracing::warn!("something is late: {finding}"),
    }
}
