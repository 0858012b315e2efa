//! Looking at deliveries and moving them on by hand.

use actix_web::http::header::{CONTENT_LANGUAGE, HeaderValue, VARY};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use chrono_tz::Tz;
use ordersystem_application::{Call, DeliveryStepError};
use ordersystem_delivery::Delivery;
use ordersystem_order::Cause;
use ordersystem_shared_kernel::{Aggregate, DeliveryId, OrderId, Timestamp};
use serde::Serialize;

use super::error::{ApiError, EdgeError};
use super::field::FieldProblem;
use super::negotiate::Language;
use super::orders::order_id;
use super::query::{self, Query, shown};
use super::reply::Reply;
use super::text::delivery_message;
use super::{Api, etag, idempotency};

/// The delivery info of contract §2, key by key.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeliveryView {
    delivery_id: DeliveryId,
    order_id: OrderId,
    status: &'static str,
    tracking_number: Option<String>,
    courier_company: String,
    started_at: String,
    shipped_at: Option<String>,
    completed_at: Option<String>,
    estimated_arrival: Option<String>,
    last_status_message: &'static str,
}

impl DeliveryView {
    fn new(delivery: &Delivery, zone: &Tz, language: Language) -> Self {
        let shipment = delivery.shipment();
        Self {
            delivery_id: delivery.id(),
            order_id: delivery.order(),
            status: delivery.status().as_str(),
            tracking_number: shipment.map(|shipment| shipment.tracking.to_string()),
            courier_company: delivery.courier().to_owned(),
            started_at: local(delivery.started_at(), zone),
            shipped_at: shipment.map(|shipment| local(shipment.shipped_at, zone)),
            completed_at: delivery.completed_at().map(|at| local(at, zone)),
            estimated_arrival: shipment.map(|shipment| local(shipment.estimated_arrival, zone)),
            last_status_message: delivery_message(delivery.status(), language),
        }
    }
}

/// As on a clock in the shop's zone: seconds, no offset.
fn local(moment: Timestamp, zone: &Tz) -> String {
    moment.in_zone(zone).format("%Y-%m-%dT%H:%M:%S").to_string()
}

/// `GET /api/delivery/{orderId}` and `/tracking`.
pub(super) async fn show(request: HttpRequest, api: Data<Api>) -> Result<HttpResponse, ApiError> {
    query::none(&request)?;
    let delivery = load(&api, order_id(&request)?).await?;
    let language = Language::of(request.headers());
    let mut response = etag::answer(&request, delivery.version(), || {
        DeliveryView::new(&delivery, &api.zone, language)
    });
    let headers = response.headers_mut();
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    headers.append(VARY, HeaderValue::from_static("Accept-Language"));
    Ok(response)
}

async fn load(api: &Api, id: OrderId) -> Result<Delivery, ApiError> {
    let found = api.store.delivery(id).await.map_err(DeliveryStepError::from)?;
    Ok(found.ok_or(DeliveryStepError::NotFound(id))?)
}

/// What an administrator can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Ship,
    Deliver,
}

/// `PATCH /api/delivery/{orderId}/status?status=`.
pub(super) async fn advance(
    request: HttpRequest,
    api: Data<Api>,
) -> Result<HttpResponse, ApiError> {
    let id = order_id(&request)?;
    let query = Query::of(&request, &["status"])?;
    let step = match query.required("status")? {
        "SHIPPED" => Step::Ship,
        "DELIVERED" => Step::Deliver,
        other => return Err(no_step(other)),
    };
    let run = async |call: Call<'_, ()>| {
        let present = async || Ok(load(&api, id).await.ok().map(|delivery| delivery.version()));
        let expected = etag::expected(&request, present).await?;
        let call = Call { expected, ..call };
        let moved = match step {
            Step::Ship => api.use_cases.ship(id, Cause::Administrator, call).await,
            Step::Deliver => api.use_cases.deliver(id, Cause::Administrator, call).await,
        };
        moved.map_err(ApiError::from)
    };
    idempotency::command(&api, &request, &(), |()| Reply::ok(()), run).await
}

fn no_step(wanted: &str) -> ApiError {
    let error = EdgeError::NoSuchDeliveryStep { wanted: shown(wanted) };
    ApiError::from(error).with("/status", FieldProblem::none_of(&["SHIPPED", "DELIVERED"]))
}
