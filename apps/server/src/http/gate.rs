//! How much is let in at once. Whoever is refused here costs next to nothing, and whoever is let in is answered soon.

use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};
use ordersystem_application::{Failure, OrderStepError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::ApiError;
use super::{Api, body};
use crate::config::HttpSettings;

/// The requests that are being answered.
pub(super) struct Gate {
    commands: Arc<Semaphore>,
    callbacks: Arc<Semaphore>,
    reads: Arc<Semaphore>,
}

/// What a request competes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lane {
    /// New work: the first to be refused.
    Command,
    /// What has become of somebody's money: never refused because of the others.
    Callback,
    /// Looking at things.
    Read,
    /// Probes and pages.
    Free,
}

impl Lane {
    fn of(method: &Method, path: &str) -> Self {
        let is_look = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        match path.strip_prefix("/api/") {
            None => Self::Free,
            Some(_) if is_look => Self::Read,
            Some(path) if is_callback(path) => Self::Callback,
            Some(_) => Self::Command,
        }
    }
}

/// The order's own callback, and whatever gateways call.
fn is_callback(path: &str) -> bool {
    path.ends_with("/payment/complete") || path.starts_with("payments/")
}

/// Held for as long as the request is alive, which a command is to its own end.
struct Admitted {
    _permit: OwnedSemaphorePermit,
}

impl Gate {
    pub(super) fn new(http: &HttpSettings) -> Self {
        let places = |most: usize| Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
        Self {
            commands: places(http.max_commands_in_flight.get()),
            callbacks: places(http.max_commands_in_flight.get()),
            reads: places(http.max_reads_in_flight.get()),
        }
    }

    fn enter(&self, lane: Lane) -> Result<Option<Admitted>, ApiError> {
        let places = match lane {
            Lane::Command => &self.commands,
            Lane::Callback => &self.callbacks,
            Lane::Read => &self.reads,
            Lane::Free => return Ok(None),
        };
        let permit = Arc::clone(places).try_acquire_owned();
        permit.map(|permit| Some(Admitted { _permit: permit })).map_err(|_full| overloaded())
    }
}

fn overloaded() -> ApiError {
    OrderStepError::from(Failure::Overloaded).into()
}

/// Waits for the body, which costs nothing but memory, then lets the request in or refuses it.
pub(super) async fn pass(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(api) = request.app_data::<web::Data<Api>>().cloned() else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let lane = Lane::of(request.method(), request.path());
    match admit(&api, lane, &mut request).await {
        Ok(admitted) => {
            if let Some(admitted) = admitted {
                request.extensions_mut().insert(admitted);
            }
            Ok(next.call(request).await?.map_into_boxed_body())
        }
        Err(refusal) => Ok(request.error_response(refusal)),
    }
}

async fn admit(
    api: &Api,
    lane: Lane,
    request: &mut ServiceRequest,
) -> Result<Option<Admitted>, ApiError> {
    if lane == Lane::Command && api.store.is_overloaded() {
        return Err(overloaded());
    }
    if !matches!(request.parts_mut().1, Payload::None) {
        let payload = request.take_payload();
        let whole = body::whole(request.head(), payload, &api.body_limits).await?;
        request.set_payload(whole.into());
    }
    api.gate.enter(lane)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_competes_with_whom() {
        for (method, path, lane) in [
            (Method::POST, "/api/orders", Lane::Command),
            (Method::DELETE, "/api/orders/1", Lane::Command),
            (Method::POST, "/api/orders/1/payment", Lane::Command),
            (Method::POST, "/api/orders/1/payment/complete", Lane::Callback),
            (Method::GET, "/api/orders", Lane::Read),
            (Method::OPTIONS, "/api/orders", Lane::Read),
            (Method::GET, "/actuator/health", Lane::Free),
            (Method::POST, "/actuator/health", Lane::Free),
            (Method::GET, "/", Lane::Free),
        ] {
            assert_eq!(Lane::of(&method, path), lane, "{method} {path}");
        }
    }
}
