//! `/actuator`: what orchestrators and Spring's tools ask a server.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::future::join_all;
use ordersystem_application::{Backlog, Outbox, Store};
use ordersystem_shared_kernel::{Clock, OrderId, Timestamp};
use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::{Api, Services};
use crate::config::{DatabaseUrl, Settings, ShowDetails};
use crate::metrics::Metrics;
use crate::wiring::{Component, Probe};

/// What Spring's actuator calls its JSON.
const MEDIA_TYPE: &str = "application/vnd.spring-boot.actuator.v3+json";
/// Prometheus' text format.
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";
/// A store that takes longer is down for those who ask.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long a finding is handed out before the store is asked again.
const FRESH: Duration = Duration::from_secs(2);

/// What the actuator looks at.
pub(super) struct Actuator {
    store: Arc<dyn Store>,
    outbox: Arc<dyn Outbox>,
    probes: Vec<Probe>,
    clock: Arc<dyn Clock>,
    details: ShowDetails,
    info: Info,
    metrics: Metrics,
    draining: CancellationToken,
    /// Locked while the store is asked, so that many probes ask once.
    finding: Mutex<Option<(Instant, Finding)>>,
}

/// What was found when the engines were asked.
#[derive(Debug, Clone)]
struct Finding {
    store: Status,
    /// None when it was not asked for or could not be read.
    backlog: Option<Backlog>,
    /// Engines without which orders go on; empty when they were not asked.
    others: Vec<(Component, Status)>,
}

/// The words of Spring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Status {
    Up,
    Down,
    OutOfService,
}

impl Actuator {
    /// Watches these services; not ready any more once `draining` is cancelled.
    pub(super) fn new(
        services: &Services,
        settings: &Settings,
        draining: CancellationToken,
    ) -> Self {
        Self {
            store: services.store.clone(),
            outbox: services.outbox.clone(),
            probes: services.probes.clone(),
            clock: services.clock.clone(),
            details: settings.management.show_details,
            metrics: services.metrics.clone(),
            info: Info::of(settings, services.clock.now()),
            draining,
            finding: Mutex::default(),
        }
    }

    async fn finding(&self) -> Finding {
        let mut last = self.finding.lock().await;
        match &*last {
            Some((at, finding)) if at.elapsed() < FRESH => finding.clone(),
            _ => {
                let finding = self.ask().await;
                *last = Some((Instant::now(), finding.clone()));
                finding
            }
        }
    }

    async fn ask(&self) -> Finding {
        let (store, backlog) = self.ask_store().await;
        let others = match self.details {
            ShowDetails::Always => join_all(self.probes.iter().map(ask_other)).await,
            ShowDetails::Never => Vec::new(),
        };
        Finding { store, backlog, others }
    }

    async fn ask_store(&self) -> (Status, Option<Backlog>) {
        // No order has this number, which makes it the cheapest question.
        let asked = timeout(PATIENCE, self.store.order(OrderId::new(0))).await;
        if !matches!(asked, Ok(Ok(_))) {
            return (Status::Down, None);
        }
        let backlog = match self.details {
            ShowDetails::Always => {
                timeout(PATIENCE, self.outbox.backlog()).await.ok().and_then(Result::ok)
            }
            ShowDetails::Never => None,
        };
        (Status::Up, backlog)
    }

    async fn health(&self) -> Health {
        let finding = self.finding().await;
        let status = finding.store;
        let components = match self.details {
            ShowDetails::Never => None,
            ShowDetails::Always => Some(self.components(finding)),
        };
        Health { components, ..Health::of(status) }
    }

    /// By name, as Spring lists them.
    fn components(&self, finding: Finding) -> Components {
        let now = self.clock.now();
        let details = finding.backlog.map(|backlog| OutboxDetails {
            pending: backlog.pending,
            oldest_age_seconds: backlog.oldest.map(|oldest| now.since(oldest).as_secs()),
        });
        let outbox = if details.is_some() { Status::Up } else { Status::Down };
        let plain = |status| Health { details: None, ..Health::of(status) };
        let others =
            finding.others.iter().map(|(component, status)| (component.as_str(), plain(*status)));
        Components::from([
            ("db", plain(finding.store)),
            ("outbox", Health { details, ..Health::of(outbox) }),
            ("ping", plain(Status::Up)),
        ])
        .into_iter()
        .chain(others)
        .collect()
    }

    async fn readiness(&self) -> Status {
        if self.draining.is_cancelled() {
            return Status::OutOfService;
        }
        self.finding().await.store
    }
}

/// `/actuator`.
pub(super) async fn links(request: HttpRequest) -> HttpResponse {
    let connection = request.connection_info();
    let base = format!("{}://{}/actuator", connection.scheme(), connection.host());
    let fixed = |path: &str| Link { href: format!("{base}{path}"), templated: false };
    let links = Links {
        own: fixed(""),
        health: fixed("/health"),
        health_path: Link { href: format!("{base}/health/{{*path}}"), templated: true },
        info: fixed("/info"),
        prometheus: fixed("/prometheus"),
    };
    HttpResponse::Ok().content_type(MEDIA_TYPE).json(Index { links })
}

/// `/actuator/health`.
pub(super) async fn health(api: Data<Api>) -> HttpResponse {
    answer(api.actuator.health().await)
}

/// `/actuator/health/liveness`: whoever reads the answer knows it already.
pub(super) async fn liveness() -> HttpResponse {
    answer(Health::of(Status::Up))
}

/// `/actuator/health/readiness`.
pub(super) async fn readiness(api: Data<Api>) -> HttpResponse {
    answer(Health::of(api.actuator.readiness().await))
}

/// `/actuator/info`.
pub(super) async fn info(api: Data<Api>) -> HttpResponse {
    HttpResponse::Ok().content_type(MEDIA_TYPE).json(&api.actuator.info)
}

/// `/actuator/prometheus`. The backlog is as fresh as the page; a store that does not answer leaves its last number.
pub(super) async fn prometheus(api: Data<Api>) -> HttpResponse {
    let actuator = &api.actuator;
    if let Ok(Ok(backlog)) = timeout(PATIENCE, actuator.outbox.backlog()).await {
        actuator.metrics.backlog(backlog, actuator.clock.now());
    }
    HttpResponse::Ok().content_type(METRICS).body(actuator.metrics.page())
}

async fn ask_other(probe: &Probe) -> (Component, Status) {
    match probe.check().await {
        Ok(()) => (probe.component, Status::Up),
        Err(why) => {
            tracing::debug!("{} does not answer: {why}", probe.component.as_str());
            (probe.component, Status::Down)
        }
    }
}

fn answer(health: Health) -> HttpResponse {
    let mut response = match health.status {
        Status::Up => HttpResponse::Ok(),
        Status::Down | Status::OutOfService => HttpResponse::ServiceUnavailable(),
    };
    response.content_type(MEDIA_TYPE).json(health)
}

#[derive(Serialize)]
struct Health {
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    components: Option<Components>,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<OutboxDetails>,
}

impl Health {
    const fn of(status: Status) -> Self {
        Self { status, components: None, details: None }
    }
}

/// The parts by name.
type Components = BTreeMap<&'static str, Health>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OutboxDetails {
    pending: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest_age_seconds: Option<u64>,
}

#[derive(Serialize)]
struct Index {
    #[serde(rename = "_links")]
    links: Links,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Links {
    #[serde(rename = "self")]
    own: Link,
    health: Link,
    health_path: Link,
    info: Link,
    prometheus: Link,
}

#[derive(Serialize)]
struct Link {
    href: String,
    templated: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Info {
    app: App,
    engines: Engines,
    started_at: Timestamp,
}

#[derive(Serialize)]
struct App {
    name: &'static str,
    version: &'static str,
}

/// Where each kind of thing lives.
#[derive(Serialize)]
struct Engines {
    orders: &'static str,
    stock: &'static str,
    events: &'static str,
}

impl Info {
    fn of(settings: &Settings, started_at: Timestamp) -> Self {
        let orders = match settings.database.url {
            DatabaseUrl::SqliteFile(_) => "sqlite",
            DatabaseUrl::SqliteMemory => "sqlite in memory",
            DatabaseUrl::Postgres(_) => "postgresql",
        };
        let stock = if settings.redis.url.is_some() { "redis" } else { "in process" };
        let kafka = settings.kafka.bootstrap_servers.is_some();
        let events = if kafka { "kafka" } else { "in process" };
        Self {
            app: App { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") },
            engines: Engines { orders, stock, events },
            started_at,
        }
    }
}
