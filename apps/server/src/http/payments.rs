//! Asking for the money, hearing of it, giving it back, and looking at what happened.

use std::str::FromStr;

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use ordersystem_application::{Call, RefundOrderError};
use ordersystem_payment::{Attempt, Callback, GatewayOutcome, Payment, Refund, RefundError};
use ordersystem_shared_kernel::{Currency, Money, OrderId, Timestamp, TransactionId};
use serde::{Deserialize, Serialize};

use super::error::{ApiError, EdgeError};
use super::field::{Expected, FieldProblem};
use super::orders::{expected, load, order_id, unavailable};
use super::query::{self, Query};
use super::reason::check_reason;
use super::reply::Reply;
use super::{Api, body, idempotency, trace};

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

/// What a gateway says beside the outcome. An amount and its currency come together.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CallbackBody {
    /// As in the query.
    #[serde(default, deserialize_with = "body::present")]
    success: Option<bool>,
    #[serde(default, deserialize_with = "body::present")]
    transaction_id: Option<String>,
    #[serde(default, deserialize_with = "body::present")]
    amount: Option<i64>,
    #[serde(default, deserialize_with = "body::present")]
    currency: Option<String>,
    /// When it happened there. What counts here is when it was heard.
    #[serde(default, deserialize_with = "body::present")]
    occurred_at: Option<String>,
}

impl CallbackBody {
    fn callback(&self, outcome: GatewayOutcome) -> Result<Callback, ApiError> {
        let succeeded = outcome == GatewayOutcome::Success;
        if self.success.is_some_and(|success| success != succeeded) {
            return Err(ApiError::body(
                "/success",
                FieldProblem::none_of(&[if succeeded { "true" } else { "false" }]),
            ));
        }
        let transaction = parsed(self.transaction_id.as_deref(), "/transactionId", Expected::Uuid)?;
        parsed::<DateTime<Utc>>(self.occurred_at.as_deref(), "/occurredAt", Expected::Moment)?;
        let amount = self.amount()?;
        Ok(Callback { transaction: transaction.map(TransactionId::new), outcome, amount })
    }

    /// A signature is over the body alone: without these it would fit another outcome and another order too.
    fn is_complete(&self) -> Result<(), ApiError> {
        let missing = |pointer| Err(ApiError::body(pointer, FieldProblem::Missing));
        match (self.success, &self.transaction_id) {
            (Some(_), Some(_)) => Ok(()),
            (None, _) => missing("/success"),
            (_, None) => missing("/transactionId"),
        }
    }

    fn amount(&self) -> Result<Option<Money>, ApiError> {
        let currency = parsed(self.currency.as_deref(), "/currency", Expected::Currency)?;
        match (self.amount, currency) {
            (None, None) => Ok(None),
            (Some(amount), Some(currency)) => match Money::new(amount, currency) {
                Ok(amount) => Ok(Some(amount)),
                Err(_negative) => Err(ApiError::body("/amount", FieldProblem::Below { min: 0 })),
            },
            (None, Some(_)) => Err(ApiError::body("/amount", FieldProblem::Missing)),
            (Some(_), None) => Err(ApiError::body("/currency", FieldProblem::Missing)),
        }
    }
}

fn parsed<T: FromStr>(
    text: Option<&str>,
    pointer: &str,
    expected: Expected,
) -> Result<Option<T>, ApiError> {
    let wrong = |_| ApiError::body(pointer, FieldProblem::NotA(expected));
    text.map(str::parse).transpose().map_err(wrong)
}

/// `POST /api/orders/{orderId}/payment/complete?success=`: the gateway's callback.
pub(super) async fn complete(
    request: HttpRequest,
    payload: Payload,
    api: Data<Api>,
) -> Result<HttpResponse, ApiError> {
    let body = body::raw(payload, api.max_body).await?;
    let signed = api.gatekeeper.admit(&request, &body)?;
    let id = order_id(&request)?;
    let query = Query::of(&request, &["success"])?;
    let outcome = match query.required("success")? {
        "true" => GatewayOutcome::Success,
        "false" => GatewayOutcome::Failure,
        _ => return Err(ApiError::parameter("success", FieldProblem::NotA(Expected::Flag))),
    };
    let told: CallbackBody = body::optional(&request, &body)?.unwrap_or_default();
    let callback = told.callback(outcome)?;
    if let Some(signed) = signed {
        told.is_complete()?;
        let (receipt, trace) = (Some(signed.receipt()), trace::parent(&request));
        api.use_cases
            .settle_payment(id, callback, Call { receipt, trace, ..Call::default() })
            .await?;
        return Ok(Reply::ok(()).into_response());
    }
    let run = async |call: Call<'_, ()>| api.use_cases.settle_payment(id, callback, call).await;
    idempotency::command(&api, &request, &told, |()| Reply::ok(()), run).await
}

/// A part of what was taken, in minor units of its currency, and why it goes back.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RefundBody {
    amount: i64,
    reason: String,
}

/// `POST /api/orders/{orderId}/refunds`.
pub(super) async fn refund(
    request: HttpRequest,
    payload: Payload,
    api: Data<Api>,
) -> Result<HttpResponse, ApiError> {
    query::none(&request)?;
    let id = order_id(&request)?;
    let wanted: RefundBody = body::json(&request, payload, api.max_body).await?;
    check_reason(&wanted.reason)?;
    let (amount, reason) = (wanted.amount, wanted.reason.clone());
    let reply = |refund: &Refund| {
        Reply::created(format!("/api/orders/{id}/payment"), RefundView::from(refund))
    };
    let run = async |call: Call<'_, Refund>| {
        let refunded = api.use_cases.refund_order(id, amount, reason, call).await;
        refunded.map_err(|error| match error {
            RefundOrderError::Refund(RefundError::Nothing) => {
                ApiError::from(error).with("/amount", FieldProblem::Below { min: 1 })
            }
            error => error.into(),
        })
    };
    idempotency::command(&api, &request, &wanted, reply, run).await
}

/// An order's payment with every attempt and everything that goes back.
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
    reported_amount: Option<i64>,
    reported_currency: Option<Currency>,
    requested_at: Timestamp,
    decided_at: Option<Timestamp>,
}

/// Money that goes back.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefundView {
    number: u32,
    transaction_id: TransactionId,
    amount: i64,
    currency: Currency,
    reason: &'static str,
    note: Option<String>,
    state: &'static str,
    refusal: Option<String>,
    tries: u32,
    owed_since: Timestamp,
    done_at: Option<Timestamp>,
}

impl PaymentView {
    fn new(order_id: OrderId, payment: &Payment) -> Self {
        Self {
            order_id,
            amount: payment.amount().amount(),
            currency: payment.amount().currency(),
            attempts: payment.attempts().iter().map(AttemptView::from).collect(),
            refunds: payment.refunds().iter().map(RefundView::from).collect(),
        }
    }
}

impl From<&Attempt> for AttemptView {
    fn from(attempt: &Attempt) -> Self {
        let reported = attempt.outcome.reported();
        Self {
            transaction_id: attempt.transaction,
            outcome: attempt.outcome.as_str(),
            reported_amount: reported.map(Money::amount),
            reported_currency: reported.map(Money::currency),
            requested_at: attempt.requested_at,
            decided_at: attempt.outcome.decided_at(),
        }
    }
}

impl From<&Refund> for RefundView {
    fn from(refund: &Refund) -> Self {
        Self {
            number: refund.number,
            transaction_id: refund.transaction,
            amount: refund.amount.amount(),
            currency: refund.amount.currency(),
            reason: refund.reason.as_str(),
            note: refund.reason.note().map(str::to_owned),
            state: refund.state.as_str(),
            refusal: refund.state.refusal().map(str::to_owned),
            tries: refund.state.retry().map_or(0, |retry| retry.tries),
            owed_since: refund.owed_since,
            done_at: refund.state.done_at(),
        }
    }
}

/// `GET /api/orders/{orderId}/payment`.
pub(super) async fn show(request: HttpRequest, api: Data<Api>) -> Result<HttpResponse, ApiError> {
    query::none(&request)?;
    let id = order_id(&request)?;
    load(&api, id).await?;
    let payment = api.store.payment(id).await.map_err(unavailable)?;
    let payment = payment.ok_or(EdgeError::PaymentNotFound(id))?;
    Ok(Reply::ok(PaymentView::new(id, &payment)).into_response())
}
