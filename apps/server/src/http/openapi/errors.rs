//! The refusals: one example per code in both shapes, and which of them a call may answer.

use std::collections::BTreeMap;

use ordersystem_application::{
    DeliveryStepError, Failure, OrderStepError, PlaceOrderError, ProductStepError, RefundOrderError,
};
use ordersystem_delivery::{DeliveryStatus, DeliveryTransition};
use ordersystem_inventory::{ProductError, StockError};
use ordersystem_order::{BasketError, IllegalTransition, OrderStatus};
use ordersystem_payment::RefundError;
use ordersystem_shared_kernel::{
    Currency, InvalidQuantity, Money, OrderId, ProductId, TransactionId,
};
use serde_json::{Value, json};
use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::{Content, ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use uuid::Uuid;

use super::render::{schema_ref, with_header};
use super::table::{Errors, JSON, Operation};
use crate::http::catalogue::{CodeEntry, catalogue};
use crate::http::negotiate::Language;
use crate::http::text::{Say, no_payment};

const PROBLEM: &str = "application/problem+json";

/// What every call of the API may answer, whatever it does.
const ALWAYS: &[&str] =
    &["RATE_LIMITED", "OVERLOADED", "TOO_MANY_CONNECTIONS", "STORE_UNAVAILABLE", "INTERNAL_ERROR"];
const READ: &[&str] = &["INVALID_PARAMETER", "UNKNOWN_PARAMETER"];
const COMMAND: &[&str] = &[
    "INVALID_PARAMETER",
    "UNKNOWN_PARAMETER",
    "INVALID_IDEMPOTENCY_KEY",
    "IDEMPOTENCY_KEY_REUSED",
    "IDEMPOTENT_REQUEST_PROCESSING",
    "CONCURRENT_CHANGE",
    "OUTCOME_UNKNOWN",
];
const BODY: &[&str] = &[
    "MALFORMED_JSON",
    "INVALID_BODY",
    "UNSUPPORTED_MEDIA_TYPE",
    "PAYLOAD_TOO_LARGE",
    "REQUEST_TIMEOUT",
];

/// The codes that a call may answer, by status, in the order of the catalogue.
pub(super) fn by_status(operation: &Operation) -> BTreeMap<u16, Vec<&'static CodeEntry>> {
    let shared: &[&[&str]] = match operation.errors {
        Errors::Read => &[READ, ALWAYS],
        Errors::Command => &[COMMAND, ALWAYS],
        Errors::CommandWithBody => &[COMMAND, BODY, ALWAYS],
        Errors::None => &[],
    };
    let mut grouped = BTreeMap::<u16, Vec<&'static CodeEntry>>::new();
    for entry in catalogue() {
        let listed = |codes: &&[&str]| codes.contains(&entry.code);
        if listed(&operation.refusals) || shared.iter().any(listed) {
            grouped.entry(entry.status.as_u16()).or_default().push(entry);
        }
    }
    grouped
}

/// The parameters that every call of the API takes.
pub(super) const fn parameters(errors: Errors) -> &'static [&'static str] {
    match errors {
        Errors::Read | Errors::Command | Errors::CommandWithBody => {
            &["AcceptLanguage", "RequestId"]
        }
        Errors::None => &[],
    }
}

/// The answer with one status, whose codes are `refusals`.
pub(super) fn response(refusals: &[&CodeEntry]) -> Response {
    let lines = refusals.iter().map(|entry| {
        let (english, korean) = (entry.title(Language::English), entry.title(Language::Korean));
        format!("- `{}`: {english} ({korean})", entry.code)
    });
    let mut response = ResponseBuilder::new()
        .description(lines.collect::<Vec<_>>().join("\n"))
        .content(JSON, content("ErrorEnvelope", refusals, example_name))
        .content(PROBLEM, content("Problem", refusals, problem_name));
    for header in ["Content-Language", "X-Error-Code", "X-Request-Id"] {
        response = with_header(response, header);
    }
    if refusals.iter().any(|entry| entry.retry_after.is_some()) {
        response = with_header(response, "Retry-After");
    }
    response.build()
}

/// An example per code and shape, by the names that the answers refer to.
pub(super) fn examples() -> Vec<(String, Example)> {
    let both = |entry: &CodeEntry| {
        let korean = json!({ "success": false, "error": detail(entry, Language::Korean) });
        [
            (example_name(entry), example(entry, korean)),
            (problem_name(entry), example(entry, problem(entry))),
        ]
    };
    catalogue().iter().flat_map(both).collect()
}

fn example_name(entry: &CodeEntry) -> String {
    entry.code.to_owned()
}

fn problem_name(entry: &CodeEntry) -> String {
    format!("{}.problem", entry.code)
}

fn content(schema: &str, refusals: &[&CodeEntry], name: fn(&CodeEntry) -> String) -> Content {
    let examples = refusals.iter().map(|entry| {
        let reference = Ref::new(format!("#/components/examples/{}", name(entry)));
        (entry.code, RefOr::<Example>::Ref(reference))
    });
    ContentBuilder::new().schema(Some(schema_ref(schema))).examples_from_iter(examples).build()
}

fn example(entry: &CodeEntry, value: Value) -> Example {
    ExampleBuilder::new().summary(entry.title(Language::English)).value(Some(value)).build()
}

fn problem(entry: &CodeEntry) -> Value {
    json!({
        "type": format!("/errors/{}", entry.code),
        "title": entry.title(Language::Korean),
        "status": entry.status.as_u16(),
        "detail": detail(entry, Language::Korean),
        "instance": "/api/orders",
        "code": entry.code,
        "requestId": "0197674c-8a6e-7c3e-9d1f-2b1d4a1c5e6f",
        "retryable": entry.retry_after.is_some(),
        "errors": [],
    })
}

/// The sentence as a client would read it; codes without details of their own say what they mean in general.
pub(in crate::http) fn detail(entry: &CodeEntry, language: Language) -> String {
    match typed(entry.code) {
        Some(error) => error.say(language),
        None if entry.code == "PAYMENT_NOT_FOUND" => no_payment(OrderId::new(7), language),
        None => entry.title(language).to_owned(),
    }
}

fn typed(code: &str) -> Option<Box<dyn Say>> {
    let (order, product) = (OrderId::new(7), ProductId::new(1));
    let transition = IllegalTransition { from: OrderStatus::Shipped, to: OrderStatus::Cancelled };
    let step = DeliveryTransition { from: DeliveryStatus::Delivered, to: DeliveryStatus::Shipped };
    let too_few = InvalidQuantity::TooSmall { requested: 0 };
    Some(match code {
        "ORDER_NOT_FOUND" => Box::new(OrderStepError::NotFound(order)),
        "INVALID_STATUS_TRANSITION" => Box::new(OrderStepError::Illegal(transition)),
        "PAYMENT_NOT_REQUESTED" => Box::new(OrderStepError::PaymentNotRequested(order)),
        "PAYMENT_TRANSACTION_UNKNOWN" => {
            let transaction = TransactionId::new(Uuid::from_u128(7));
            Box::new(OrderStepError::UnknownTransaction { order, transaction })
        }
        "PAYMENT_AMOUNT_MISMATCH" => Box::new(OrderStepError::AmountMismatch {
            order,
            expected: won(20_000),
            reported: won(1),
        }),
        "ORDER_NOT_PAID" => {
            Box::new(RefundOrderError::NotPaid { order, status: OrderStatus::Created })
        }
        "REFUND_ABOVE_CAPTURED" => {
            Box::new(RefundError::AboveCaptured { rest: won(5_000), wanted: won(20_000) })
        }
        "INVALID_REFUND_AMOUNT" => Box::new(RefundError::Nothing),
        "DELIVERY_NOT_FOUND" => Box::new(DeliveryStepError::NotFound(order)),
        "INVALID_DELIVERY_TRANSITION" => Box::new(DeliveryStepError::Illegal(step)),
        "PRODUCT_NOT_FOUND" => Box::new(ProductStepError::NotFound(ProductId::new(99))),
        "INVALID_PRODUCT_NAME" => Box::new(ProductStepError::Product(ProductError::InvalidName)),
        "INSUFFICIENT_STOCK" => Box::new(PlaceOrderError::OutOfStock(product)),
        "INVALID_QUANTITY" => Box::new(BasketError::Quantity(too_few)),
        "EMPTY_ORDER" => Box::new(BasketError::Empty),
        "TOO_MANY_LINES" => Box::new(BasketError::TooManyLines { requested: 101 }),
        "STOCK_BELOW_HELD" => Box::new(StockError::BelowHeld { product, held: 2 }),
        "HOLD_RESOLVED" => Box::new(StockError::NotHeld { product }),
        "STOCK_NOT_MANAGED" => Box::new(StockError::NotManaged { product: ProductId::new(3) }),
        "PRECONDITION_FAILED" => Box::new(Failure::Stale),
        "CONCURRENT_CHANGE" => Box::new(Failure::Contended),
        "OVERLOADED" => Box::new(Failure::Overloaded),
        "STORE_UNAVAILABLE" => Box::new(Failure::Unavailable),
        "OUTCOME_UNKNOWN" => Box::new(Failure::OutcomeUnknown),
        "INTERNAL_ERROR" => Box::new(Failure::Inconsistent("")),
        _ => return None,
    })
}

fn won(amount: i64) -> Money {
    Money::new(amount, Currency::KRW).unwrap_or(Money::zero(Currency::KRW))
}
