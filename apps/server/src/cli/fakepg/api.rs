use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ordersystem_adapter_gateway::wire::{
    self, Cancel, CancelBody, Confirm, PaymentBody, Refusal, Status,
};
use ordersystem_adapter_gateway::{Entry, GivenBack, TestCode, Trouble, Verdict};
use ordersystem_payment::{Charge, ChargeState, RefundOrder};
use ordersystem_shared_kernel::{Clock, Currency, Money, Timestamp, TransactionId};
use serde::de::DeserializeOwned;
use tokio::time::sleep;
use uuid::Uuid;

use super::{Desk, ledger};
use crate::clock::SystemClock;

/// As the original calls it, and shorter.
const TEST_CODE: [&str; 2] = ["TossPayments-Test-Code", "X-Test-Code"];
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/v1/payments/confirm", web::post().to(confirm))
        .route("/v1/payments/{key}", web::get().to(show))
        .route("/v1/payments/{key}/cancel", web::post().to(cancel))
        .route("/ledger", web::get().to(ledger::show));
}

/// Why a call is not answered with a payment.
enum Refused {
    Trouble(Trouble),
    With(StatusCode, &'static str, &'static str),
}

impl From<Trouble> for Refused {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

type Answered<T> = Result<T, Refused>;

async fn confirm(desk: Data<Desk>, request: HttpRequest, body: Bytes) -> HttpResponse {
    answer(&desk, charge(&desk, &request, &body)).await
}

async fn show(desk: Data<Desk>, request: HttpRequest, key: Path<String>) -> HttpResponse {
    let found = allowed(&desk, &request).and_then(|()| find(&desk, &key));
    answer(&desk, found.map(|(_, entry)| entry)).await
}

async fn cancel(
    desk: Data<Desk>,
    request: HttpRequest,
    key: Path<String>,
    body: Bytes,
) -> HttpResponse {
    answer(&desk, refund(&desk, &request, &key, &body)).await
}

fn charge(desk: &Desk, request: &HttpRequest, body: &[u8]) -> Answered<Entry> {
    allowed(desk, request)?;
    let confirm: Confirm = parsed(body)?;
    let charge = asked(&confirm).ok_or(BAD)?;
    if let Some(code) = test_code(request)? {
        let delay = Duration::from_millis(desk.habits.delay_ms);
        desk.gateway.plan(charge.transaction, code.plan(&charge, delay));
    }
    let known = desk.gateway.find(charge.transaction)?;
    let taken = known.is_some_and(|entry| entry.taken(SystemClock.now()).amount() > 0);
    if taken && request.headers().get(IDEMPOTENCY_KEY).is_none() {
        return Err(Trouble::Refused { code: "ALREADY_PROCESSED_PAYMENT" }.into());
    }
    let entry = desk.gateway.take(&charge);
    desk.news.notify_one();
    let entry = entry?;
    match (entry.state(SystemClock.now()), entry.plan.verdict) {
        // The original answers a refused card with the refusal; later look-ups show the payment.
        (ChargeState::Failed, Verdict::Fail { code }) => {
            Err(Refused::With(StatusCode::FORBIDDEN, code, REJECTED))
        }
        _ => Ok(entry),
    }
}

fn refund(desk: &Desk, request: &HttpRequest, key: &str, body: &[u8]) -> Answered<Entry> {
    allowed(desk, request)?;
    let cancel: Cancel = parsed(body)?;
    let (transaction, entry) = find(desk, key)?;
    let order = RefundOrder {
        order: entry.charge.order,
        transaction,
        number: refund_number(request, &entry).ok_or(BAD)?,
        amount: refund_amount(&cancel, &entry).ok_or(BAD)?,
    };
    desk.gateway.give_back(&order)?;
    find(desk, key).map(|(_, entry)| entry)
}

/// Without a key it is one more refund, as it is for the original.
fn refund_number(request: &HttpRequest, entry: &Entry) -> Option<u32> {
    match request.headers().get(IDEMPOTENCY_KEY) {
        Some(key) => wire::refund_number(entry.charge.transaction, key.to_str().ok()?),
        None => entry.refunds.iter().map(|refund| refund.number).max().unwrap_or(0).checked_add(1),
    }
}

fn refund_amount(cancel: &Cancel, entry: &Entry) -> Option<Money> {
    let left = entry.taken(SystemClock.now()).amount() - entry.given_back().amount();
    let amount = cancel.cancel_amount.unwrap_or(left);
    Money::new(amount, entry.charge.amount.currency()).ok()
}

fn find(desk: &Desk, key: &str) -> Answered<(TransactionId, Entry)> {
    let transaction = transaction(key);
    let entry = match transaction {
        Some(transaction) => desk.gateway.find(transaction)?,
        None => None,
    };
    transaction.zip(entry).ok_or(Refused::With(
        StatusCode::NOT_FOUND,
        "NOT_FOUND_PAYMENT",
        "존재하지 않는 결제 입니다.",
    ))
}

const REJECTED: &str = "결제가 거절되었습니다";
const BAD: Refused =
    Refused::With(StatusCode::BAD_REQUEST, "INVALID_REQUEST", "잘못된 요청입니다.");

fn parsed<T: DeserializeOwned>(body: &[u8]) -> Answered<T> {
    serde_json::from_slice(body).map_err(|_not_this_shape| BAD)
}

fn asked(confirm: &Confirm) -> Option<Charge> {
    let currency = confirm.currency.unwrap_or(Currency::KRW);
    Some(Charge {
        order: wire::order_of(&confirm.order_id)?,
        transaction: transaction(&confirm.payment_key)?,
        amount: Money::new(confirm.amount, currency).ok()?,
        requested_at: SystemClock.now(),
    })
}

fn transaction(key: &str) -> Option<TransactionId> {
    Uuid::parse_str(key).ok().map(TransactionId::new)
}

fn test_code(request: &HttpRequest) -> Answered<Option<TestCode>> {
    let given = TEST_CODE.iter().find_map(|name| request.headers().get(*name));
    let parse = |text: &str| text.parse::<TestCode>().ok();
    given.map(|code| code.to_str().ok().and_then(parse).ok_or(BAD)).transpose()
}

fn allowed(desk: &Desk, request: &HttpRequest) -> Answered<()> {
    let Some(key) = &desk.habits.secret_key else { return Ok(()) };
    let expected = format!("Basic {}", STANDARD.encode(format!("{key}:")));
    let given = request.headers().get("Authorization").map(|value| value.as_bytes());
    if given == Some(expected.as_bytes()) {
        Ok(())
    } else {
        let message = "인증되지 않은 시크릿 키 입니다.";
        Err(Refused::With(StatusCode::UNAUTHORIZED, "UNAUTHORIZED_KEY", message))
    }
}

async fn answer(desk: &Desk, answered: Answered<Entry>) -> HttpResponse {
    match answered {
        Ok(entry) => HttpResponse::Ok().json(payment(&entry, SystemClock.now())),
        Err(Refused::Trouble(Trouble::Silence)) => {
            sleep(Duration::from_millis(desk.habits.hang_ms)).await;
            HttpResponse::GatewayTimeout().finish()
        }
        Err(Refused::Trouble(Trouble::NoService)) => {
            let message = "일시적인 오류가 발생했습니다. 잠시 후 다시 시도해주세요.";
            refusal(StatusCode::BAD_REQUEST, "PROVIDER_ERROR", message)
        }
        Err(Refused::Trouble(Trouble::Refused { code })) => {
            refusal(StatusCode::BAD_REQUEST, code, "처리할 수 없습니다")
        }
        Err(Refused::With(status, code, message)) => refusal(status, code, message),
    }
}

fn refusal(status: StatusCode, code: &str, message: &str) -> HttpResponse {
    let body = Refusal { code: code.to_owned(), message: message.to_owned() };
    HttpResponse::build(status).json(body)
}

fn payment(entry: &Entry, now: Timestamp) -> PaymentBody {
    let taken = entry.taken(now).amount();
    let left = taken - entry.given_back().amount();
    let (status, approved) = match (entry.state(now), entry.plan.verdict) {
        (ChargeState::Captured { .. }, _) if left == taken => (Status::Done, true),
        (ChargeState::Captured { .. }, _) if left == 0 => (Status::Canceled, true),
        (ChargeState::Captured { .. }, _) => (Status::PartialCanceled, true),
        (ChargeState::Failed, _) => (Status::Aborted, false),
        (_, Verdict::Never) => (Status::WaitingForDeposit, false),
        _ => (Status::InProgress, false),
    };
    PaymentBody {
        payment_key: entry.charge.transaction.to_string(),
        order_id: wire::order_name(entry.charge.order),
        status,
        currency: entry.charge.amount.currency(),
        total_amount: if approved { taken } else { entry.charge.amount.amount() },
        balance_amount: left,
        approved_at: entry.decided_at().filter(|_| approved),
        cancels: (!entry.refunds.is_empty()).then(|| cancels(entry)),
        failure: failure(entry, status),
    }
}

fn cancels(entry: &Entry) -> Vec<CancelBody> {
    let cancel = |refund: &GivenBack| CancelBody {
        cancel_amount: refund.amount.amount(),
        cancel_reason: wire::refund_reason(refund.number),
        canceled_at: refund.at,
    };
    entry.refunds.iter().map(cancel).collect()
}

fn failure(entry: &Entry, status: Status) -> Option<Refusal> {
    match entry.plan.verdict {
        Verdict::Fail { code } if status == Status::Aborted => {
            Some(Refusal { code: code.to_owned(), message: REJECTED.to_owned() })
        }
        _ => None,
    }
}
