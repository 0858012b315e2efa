//! Which path takes which method. Every path answers every other method with 405 and `Allow`.

use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::guard::{Any, Get, Head};
use actix_web::http::Method;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, Handler, HttpRequest, HttpResponse, Resource, Responder};

use super::detached::Detached;
use super::error::{ApiError, EdgeError};
use super::{
    actuator, deliveries, error_pages, events, inventory, landing, openapi, orders, pages,
    payments, products,
};
use crate::config::Role;

/// Every path of a process with this role. One without the API still tells how it is.
pub(super) fn of(role: Role) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        if role.runs(Role::Api) {
            api(config);
            surroundings(config);
        }
        health(config);
    }
}

fn api(config: &mut ServiceConfig) {
    config
        .service(At::path("/api/orders").get(orders::list).post(orders::place))
        .service(At::path("/api/orders/{orderId}").get(orders::show).delete(orders::cancel))
        .service(At::path("/api/orders/{orderId}/history").get(orders::history))
        .service(
            At::path("/api/orders/{orderId}/payment").get(payments::show).post(payments::request),
        )
        .service(At::path("/api/orders/{orderId}/payment/complete").post(payments::complete))
        .service(At::path("/api/orders/{orderId}/refunds").post(payments::refund))
        .service(At::path("/api/delivery/{orderId}").get(deliveries::show))
        .service(At::path("/api/delivery/{orderId}/tracking").get(deliveries::show))
        .service(At::path("/api/delivery/{orderId}/status").patch(deliveries::advance))
        .service(At::path("/api/inventory").get(inventory::list))
        .service(At::path("/api/inventory/{productId}/status").get(inventory::status))
        .service(At::path("/api/inventory/{productId}/sync").post(inventory::sync))
        .service(At::path("/api/inventory/{productId}/available").get(inventory::available))
        .service(At::path("/api/products").get(products::list).post(products::create))
        .service(At::path("/api/products/{productId}").get(products::show).patch(products::change))
        .service(At::path("/api/products/{productId}/stock").post(products::adjust))
        .service(At::path("/api/events/stream").get(events::stream_events));
}

/// For orchestrators.
fn health(config: &mut ServiceConfig) {
    config
        .service(At::path("/actuator").get(actuator::links))
        .service(At::path("/actuator/health").get(actuator::health))
        .service(At::path("/actuator/health/liveness").get(actuator::liveness))
        .service(At::path("/actuator/health/readiness").get(actuator::readiness))
        .service(At::path("/actuator/info").get(actuator::info))
        .service(At::path("/actuator/prometheus").get(actuator::prometheus));
}

/// What stands beside the API, for developers and for people with a browser.
fn surroundings(config: &mut ServiceConfig) {
    config
        .service(At::path("/v3/api-docs").get(openapi::api_docs))
        .service(At::path("/swagger-ui.html").get(openapi::to_ui))
        .service(At::path("/swagger-ui").get(openapi::to_ui))
        .service(At::path("/swagger-ui/{file:.*}").get(openapi::ui))
        .service(At::path("/").get(landing::landing))
        .service(At::path("/errors").get(error_pages::list))
        .service(At::path("/errors/{code}").get(error_pages::show))
        .service(At::path("/pages.css").get(pages::style))
        .service(At::path("/favicon.svg").get(pages::icon))
        .service(At::path("/favicon.ico").get(pages::icon));
}

/// The answer of every path that nobody serves.
pub(super) async fn nothing_here() -> Result<HttpResponse, ApiError> {
    std::future::ready(Err(EdgeError::PathNotFound.into())).await
}

/// One path with its methods.
pub(super) struct At {
    resource: Resource,
    allow: String,
}

impl At {
    /// A path without methods yet.
    pub(super) fn path(path: &str) -> Self {
        Self { resource: web::resource(path.to_owned()), allow: String::new() }
    }

    /// Answers GET, and HEAD without the body.
    pub(super) fn get<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let route = web::route().guard(Any(Get()).or(Head())).to(handler);
        Self { resource: self.resource.route(route), allow: self.allow + "GET, HEAD, " }
    }

    /// Answers POST.
    pub(super) fn post<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args, Output = Result<HttpResponse, ApiError>>,
        Args: FromRequest + 'static,
    {
        self.on(Method::POST, handler)
    }

    /// Answers PATCH.
    pub(super) fn patch<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args, Output = Result<HttpResponse, ApiError>>,
        Args: FromRequest + 'static,
    {
        self.on(Method::PATCH, handler)
    }

    /// Answers DELETE.
    pub(super) fn delete<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args, Output = Result<HttpResponse, ApiError>>,
        Args: FromRequest + 'static,
    {
        self.on(Method::DELETE, handler)
    }

    /// Everything but reading is a command.
    fn on<F, Args>(self, method: Method, handler: F) -> Self
    where
        F: Handler<Args, Output = Result<HttpResponse, ApiError>>,
        Args: FromRequest + 'static,
    {
        let allow = format!("{}{method}, ", self.allow);
        Self { resource: self.resource.route(web::method(method).to(Detached(handler))), allow }
    }
}

impl HttpServiceFactory for At {
    fn register(self, config: &mut AppService) {
        let allow = HeaderValue::try_from(self.allow + "OPTIONS")
            .unwrap_or_else(|_| HeaderValue::from_static("OPTIONS"));
        let other =
            move |request: HttpRequest| std::future::ready(other_method(&request, allow.clone()));
        self.resource.default_service(web::to(other)).register(config);
    }
}

fn other_method(request: &HttpRequest, allow: HeaderValue) -> Result<HttpResponse, ApiError> {
    if request.method() == Method::OPTIONS {
        return Ok(HttpResponse::NoContent().insert_header((ALLOW, allow)).finish());
    }
    Err(EdgeError::MethodNotAllowed { allow }.into())
}
