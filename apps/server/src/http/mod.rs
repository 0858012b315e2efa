//! The HTTP surface of contract §2 and §7. Nothing outside this folder knows a status code, a header or a sentence.

mod actuator;
mod body;
mod catalogue;
mod client;
mod connection;
mod cors;
mod deliveries;
mod detached;
mod edge;
mod envelope;
mod error;
mod error_advice;
mod error_pages;
mod etag;
mod events;
mod field;
mod gate;
mod idempotency;
mod inventory;
mod landing;
#[cfg(feature = "load-reference")]
mod load_reference;
mod negotiate;
pub mod openapi;
mod orders;
mod page;
mod pages;
mod payments;
mod products;
mod query;
mod rate_limit;
mod reason;
mod reply;
mod routes;
mod text;
mod trace;
mod turned_away;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use actix_web::middleware::{Condition, from_fn};
use actix_web::web::{self, ServiceConfig};
use chrono_tz::Tz;
use ordersystem_application::{EventBroker, Outbox, Reads, Store, UseCases};
use ordersystem_shared_kernel::{Clock, Ids};
use tokio_util::sync::CancellationToken;

use self::actuator::Actuator;
use self::body::BodyLimits;
pub use self::catalogue::{CodeEntry, catalogue};
pub use self::connection::server;
use self::events::EventStreams;
use self::gate::Gate;
pub use self::negotiate::Language;
use self::turned_away::TurnedAway;
use crate::config::{CorsOrigins, Network, OrderSettings, Role, Settings};
use crate::metrics::Metrics;
use crate::wiring::Probe;

/// What the API answers from.
#[derive(Clone)]
pub struct Services {
    /// Everything that changes something.
    pub use_cases: UseCases,
    /// Single things to look at.
    pub store: Arc<dyn Store>,
    /// Lists to look at.
    pub reads: Arc<dyn Reads>,
    /// How far the publication is behind.
    pub outbox: Arc<dyn Outbox>,
    /// What event streams read.
    pub broker: Arc<dyn EventBroker>,
    /// Engines without which orders go on, for health.
    pub probes: Vec<Probe>,
    /// Since when the process runs.
    pub clock: Arc<dyn Clock>,
    /// Ids of requests that bring none.
    pub ids: Arc<dyn Ids>,
    /// What Prometheus is shown.
    pub metrics: Metrics,
}

/// The API of one process; all workers share it.
pub struct Api {
    use_cases: UseCases,
    store: Arc<dyn Store>,
    reads: Arc<dyn Reads>,
    ids: Arc<dyn Ids>,
    zone: Tz,
    max_body: usize,
    body_limits: BodyLimits,
    gate: Gate,
    turned_away: TurnedAway,
    command_timeout: Duration,
    trusted_proxies: Vec<Network>,
    orders: OrderSettings,
    origins: CorsOrigins,
    rate_limit: Option<rate_limit::RateLimit>,
    in_flight: idempotency::InFlight,
    gatekeeper: webhook::Gatekeeper,
    role: Role,
    streams: EventStreams,
    actuator: Actuator,
}

impl Api {
    /// An API over these services within these limits. Once `draining` is cancelled, event streams end and the server
    /// is no longer ready.
    pub fn new(services: Services, settings: &Settings, draining: CancellationToken) -> Arc<Self> {
        let actuator = Actuator::new(&services, settings, draining.clone());
        let Services { use_cases, store, reads, broker, ids, clock, .. } = services;
        let secrets = settings.payment.webhook_secrets.clone();
        let http = &settings.http;
        Arc::new(Self {
            use_cases,
            store,
            reads,
            ids,
            zone: settings.timezone,
            max_body: http.max_body_bytes,
            body_limits: http.into(),
            gate: Gate::new(http),
            turned_away: TurnedAway::default(),
            command_timeout: http.command_timeout,
            trusted_proxies: http.trusted_proxies.clone(),
            orders: settings.orders,
            origins: http.cors_allowed_origins.clone(),
            rate_limit: http.rate_limit_per_second.map(rate_limit::RateLimit::per_second),
            streams: EventStreams::new(broker, settings.kafka.topics.clone(), draining),
            actuator,
            in_flight: idempotency::InFlight::default(),
            gatekeeper: webhook::Gatekeeper::new(secrets, clock),
            role: settings.server.role,
        })
    }
}

/// Adds everything to an application. Must come last: it answers every path, unknown ones with 404.
pub fn configure(api: Arc<Api>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        let limit = Condition::new(api.rate_limit.is_some(), from_fn(rate_limit::limit));
        let scope = web::scope("")
            .wrap(from_fn(gate::pass))
            .wrap(limit)
            .wrap(cors::cors(&api.origins))
            .wrap(from_fn(edge::edge))
            .configure(routes::of(api.role))
            .default_service(web::to(routes::nothing_here));
        #[cfg(feature = "load-reference")]
        config.service(load_reference::null());
        config.app_data(web::Data::from(api)).service(scope);
    }
}
