//! Asking for the money, hearing of it, and looking at what happened.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use ordersystem_application::Call;
use ordersystem_payment::{Attempt, GatewayOutcome, Payment, Refund};
use ordersystem_shared_kernel::{Currency, OrderId, Timestamp, TransactionId};
use serde::Serialize;

use super::error::{ApiError, EdgeError};
use super::field::{Expected, FieldProblem};
use super::orders::{expected, load, order_id, unavailable};
use super::query::{self, Query};
use super::reply::Reply;
use super::{Api, idempotency};

/// `POST /api/orders/{orderId}/payment`.
pub(super) async fn request(
    request: HttpRequest,
    api: Data<Api>,
) -> Result<HttpResponse, ApiError> {
    query::none(&request)?;
    let id = order_id(&request)?;
    let reply = |()| Reply::accepted(format!("/api/orders/{id}/payment"));
    let run = async |call: Call<'_, ()>| {
        let expected = expected(&request, &api, id).await?;
        Ok::<_, ApiError>(api.use_cases.request_payment(id, Call { expected, ..call }).await?)
    };
    idempotency::command(&api, &request, &(), |&()| reply(()), run).await
}

/// `POST /api/orders/{orderId}/payment/complete?success=`: the gateway's callback.
pub(super) async fn complete(
    request: HttpRequest,
    api: Data<Api>,
) -> Result<HttpResponse, ApiError> {
    let id = order_id(&request)?;
    let query = Query::of(&request, &["success"])?;
    let outcome = match query.required("success")? {
        "true" => GatewayOutcome::Success,
        "false" => GatewayOutcome::Failure,
        _ => return Err(ApiError::parameter("success", FieldProblem::NotA(Expected::Flag))),
    };
    let run = async |call: Call<'_, ()>| api.use_cases.settle_payment(id, outcome, call).await;
    idempotency::command(&api, &request, &(), |()| Reply::ok(()), run).await
}

/// An order's payment with every attempt and everything owed back.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PaymentView {
    order_id: OrderId,
    amount: i64,
    currency: Currency,
    attempts: Vec<AttemptView>,
    refunds: Vec<RefundView>,
}

/// One try to take the money.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AttemptView {
    transaction_id: TransactionId,
    outcome: &'static str,
    requested_at: Timestamp,
    decided_at: Option<Timestamp>,
}

/// Money that goes back.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefundView {
    transaction_id: TransactionId,
    amount: i64,
    currency: Currency,
    reason: &'static str,
    state: &'static str,
    owed_since: Timestamp,
}

impl PaymentView {
    fn new(order_id: OrderId, payment: &Payment, refunds: &[Refund]) -> Self {
        Self {
            order_id,
            amount: payment.amount().amount(),
            currency: payment.amount().currency(),
            attempts: payment.attempts().iter().map(AttemptView::from).collect(),
            refunds: refunds.iter().map(RefundView::from).collect(),
        }
    }
}

impl From<&Attempt> for AttemptView {
    fn from(attempt: &Attempt) -> Self {
        Self {
            transaction_id: attempt.transaction,
            outcome: attempt.outcome.as_str(),
            requested_at: attempt.requested_at,
            decided_at: attempt.outcome.decided_at(),
        }
    }
}

impl From<&Refund> for RefundView {
    fn from(refund: &Refund) -> Self {
        Self {
            transaction_id: refund.transaction,
            amount: refund.amount.amount(),
            currency: refund.amount.currency(),
            reason: refund.reason.as_str(),
            state: refund.state.as_str(),
            owed_since: refund.owed_since,
        }
    }
}

/// `GET /api/orders/{orderId}/payment`. Without an ETag: refunds do not change the payment's version.
pub(super) async fn show(request: HttpRequest, api: Data<Api>) -> Result<HttpResponse, ApiError> {
    query::none(&request)?;
    let id = order_id(&request)?;
    load(&api, id).await?;
    let payment = api.store.payment(id).await.map_err(unavailable)?;
    let payment = payment.ok_or(EdgeError::PaymentNotFound(id))?;
    let refunds = api.reads.refunds(id).await.map_err(unavailable)?;
    Ok(Reply::ok(PaymentView::new(id, &payment, &refunds)).into_response())
}
