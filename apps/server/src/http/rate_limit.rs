//! Requests per second and client.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, web};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};

use super::Api;
use super::client;
use super::error::{ApiError, EdgeError};

/// After so many requests, clients that have gone quiet are forgotten.
const TIDY_EVERY: u32 = 8192;

/// The budgets of all clients.
pub(super) struct RateLimit {
    budgets: DefaultKeyedRateLimiter<IpAddr>,
    requests: AtomicU32,
}

impl RateLimit {
    /// Bursts of one second's worth are fine.
    pub(super) fn per_second(requests: NonZeroU32) -> Self {
        let budgets = DefaultKeyedRateLimiter::keyed(Quota::per_second(requests));
        Self { budgets, requests: AtomicU32::new(0) }
    }

    fn check(&self, client: IpAddr) -> Result<(), EdgeError> {
        if self.requests.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            self.budgets.retain_recent();
        }
        self.budgets.check_key(&client).map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX);
            EdgeError::RateLimited { seconds: seconds.saturating_add(1) }
        })
    }
}

/// Refuses who is too fast. Only calls of the API count: probes and pages stay reachable.
pub(super) async fn limit(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let limit = request.app_data::<web::Data<Api>>().and_then(|api| api.rate_limit.as_ref());
    let client = client::of(request.request());
    if let (Some(limit), Some(client), true) = (limit, client, request.path().starts_with("/api/"))
        && let Err(refusal) = limit.check(client)
    {
        return Ok(request.error_response(ApiError::from(refusal)));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}
