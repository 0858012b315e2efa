//! What `/actuator/prometheus` shows. Each process has a recorder of its own and none is global: several servers in one
//! test keep their numbers apart.

use std::sync::Arc;
use std::time::Duration;

use metrics::{Key, Label, Level, Metadata, Recorder as _};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use ordersystem_application::Backlog;
use ordersystem_invariants::{Finding, Holds};
use ordersystem_shared_kernel::Timestamp;

const METADATA: Metadata<'static> =
    Metadata::new(module_path!(), Level::INFO, Some(module_path!()));

/// Gauges by their names in Prometheus. Clones are the same numbers.
#[derive(Clone)]
pub struct Metrics {
    recorder: Arc<PrometheusRecorder>,
    page: PrometheusHandle,
}

impl Default for Metrics {
    fn default() -> Self {
        let recorder = PrometheusBuilder::new().build_recorder();
        let metrics = Self { page: recorder.handle(), recorder: Arc::new(recorder) };
        metrics.describe();
        metrics
    }
}

impl Metrics {
    const BROKEN: &'static str = "ordersystem_invariant_broken";
    const SECONDS: &'static str = "ordersystem_verification_seconds";
    const AT: &'static str = "ordersystem_verification_timestamp_seconds";
    const PENDING: &'static str = "ordersystem_outbox_pending";
    const AGE: &'static str = "ordersystem_outbox_oldest_age_seconds";

    fn describe(&self) {
        let texts = [
            (Self::BROKEN, "Orders, products or messages that break an invariant; 0 is healthy"),
            (Self::SECONDS, "How long the last verification of the database took"),
            (Self::AT, "When the database was last verified by this process"),
            (Self::PENDING, "Events that wait for the broker"),
            (Self::AGE, "For how long the oldest of them waits; 0 when none does"),
        ];
        for (name, text) in texts {
            self.recorder.describe_gauge(name.into(), None, text.into());
        }
    }

    /// What a verification found, how long it took and when it was.
    pub fn verified(&self, findings: &[Finding], took: Duration, at: Timestamp) {
        for Finding { invariant, broken, .. } in findings {
            let holds = match invariant.holds {
                Holds::Always => "always",
                Holds::AtRest => "at rest",
            };
            let labels = vec![
                Label::from_static_parts("invariant", invariant.id),
                Label::from_static_parts("holds", holds),
            ];
            self.set(Key::from_parts(Self::BROKEN, labels), number(*broken));
        }
        self.set(Key::from_static_name(Self::SECONDS), took.as_secs_f64());
        let since_1970 = at.since(Timestamp::EPOCH).as_secs_f64();
        self.set(Key::from_static_name(Self::AT), since_1970);
    }

    /// How far the relay is behind.
    pub fn backlog(&self, backlog: Backlog, now: Timestamp) {
        let pending = u64::try_from(backlog.pending).unwrap_or_default();
        self.set(Key::from_static_name(Self::PENDING), number(pending));
        let age = backlog.oldest.map_or(Duration::ZERO, |oldest| now.since(oldest));
        self.set(Key::from_static_name(Self::AGE), age.as_secs_f64());
    }

    fn set(&self, key: Key, value: f64) {
        self.recorder.register_gauge(&key, &METADATA).set(value);
    }

    /// The page in Prometheus' text format.
    pub fn page(&self) -> String {
        self.page.render()
    }
}

/// Exact up to 2³², far beyond what anybody reads off a gauge.
fn number(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
