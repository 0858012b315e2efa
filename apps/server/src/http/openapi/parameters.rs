//! Parameters and headers that several calls share.

use ordersystem_order::OrderStatus;
use serde_json::{Value, json};
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn, ParameterStyle};
use utoipa::openapi::{RefOr, Required, Schema};

use super::schemas::{
    array_within, bounded, choice, flag, integer, matching, moment, order_status, quantity, text,
};

/// Each with the name under which operations refer to it.
pub(super) fn parameters() -> Vec<(&'static str, Parameter)> {
    [path(), list(), choices(), headers(), webhook_headers()].concat()
}

fn path() -> Vec<(&'static str, Parameter)> {
    vec![
        (
            "OrderId",
            required("orderId", ParameterIn::Path, "Number of the order.", integer(1), json!(1)),
        ),
        (
            "ProductId",
            required(
                "productId",
                ParameterIn::Path,
                "Number of the product.",
                integer(1),
                json!(1),
            ),
        ),
    ]
}

fn list() -> Vec<(&'static str, Parameter)> {
    vec![
        (
            "Limit",
            query(
                "limit",
                "How many items, 1 to 100; 20 when it is not given.",
                page_size(),
                json!(20),
            ),
        ),
        (
            "Cursor",
            query(
                "cursor",
                "The `nextCursor` of the page before.",
                matching("^[A-Za-z0-9_-]{22}$"),
                json!("kZ1mUq8c0xIAAAAAAAAAAg"),
            ),
        ),
        (
            "ProductIdFilter",
            query("productId", "Only orders with a line of this product.", integer(1), json!(1)),
        ),
        (
            "CreatedFrom",
            query(
                "createdFrom",
                "Only orders placed at this moment or later.",
                moment(),
                json!("2025-06-13T00:00:00Z"),
            ),
        ),
        (
            "CreatedTo",
            query(
                "createdTo",
                "Only orders placed before this moment.",
                moment(),
                json!("2025-06-14T00:00:00Z"),
            ),
        ),
        ("Status", statuses()),
    ]
}

/// `?status=CREATED,PAYMENT_REQUESTED`.
fn statuses() -> Parameter {
    let description = "Only orders in this status, or in one of these, parted by commas.";
    let schema = array_within(1, OrderStatus::ALL.len(), order_status());
    let example = json!(["CREATED", "PAYMENT_REQUESTED"]);
    parameter("status", ParameterIn::Query, description, schema, example)
        .style(Some(ParameterStyle::Form))
        .explode(Some(false))
        .required(Required::False)
        .build()
}

fn choices() -> Vec<(&'static str, Parameter)> {
    let at = ParameterIn::Query;
    vec![
        ("Quantity", required("quantity", at.clone(), "How many units.", quantity(), json!(5))),
        (
            "PaymentSuccess",
            required("success", at.clone(), "Whether the money was taken.", flag(), json!(true)),
        ),
        (
            "NewDeliveryStatus",
            required(
                "status",
                at,
                "Where the delivery shall be.",
                choice(&["SHIPPED", "DELIVERED"]),
                json!("SHIPPED"),
            ),
        ),
        (
            "From",
            query(
                "from",
                "`beginning` starts with the oldest event that is still kept; without it only new events are sent. A `Last-Event-ID` goes before it.",
                choice(&["beginning"]),
                json!("beginning"),
            ),
        ),
        (
            "Topic",
            query(
                "topic",
                "Only this topic.",
                choice(&["order-events", "inventory-events"]),
                json!("order-events"),
            ),
        ),
    ]
}

/// 1 to 255 visible ASCII characters, bare or as a string of RFC 8941.
const IDEMPOTENCY_KEY: &str = r#"^([!#-~][!-~]{0,254}|"([!#-\[\]-~]|\\["\\]){1,255}")$"#;

/// As the Standard Webhooks specification wants them.
fn webhook_headers() -> Vec<(&'static str, Parameter)> {
    let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    vec![
        (
            "WebhookId",
            header(
                "webhook-id",
                "The same at every attempt to deliver the callback; its effect happens once.",
                text(),
                "msg_0197674c8a6e7c3e9d1f2b1d4a1c5e6f",
            ),
        ),
        (
            "WebhookTimestamp",
            header(
                "webhook-timestamp",
                "Seconds since 1970, at most five minutes from now.",
                text(),
                "1749794391",
            ),
        ),
        (
            "WebhookSignature",
            header(
                "webhook-signature",
                "`v1,` and the Base64 of the HMAC-SHA256 of `id.timestamp.body`; several are parted by blanks.",
                text(),
                signature,
            ),
        ),
    ]
}

fn headers() -> Vec<(&'static str, Parameter)> {
    vec![
        (
            "AcceptLanguage",
            header("Accept-Language", "`en` for English texts; Korean otherwise.", text(), "en"),
        ),
        (
            "RequestId",
            header(
                "X-Request-Id",
                "Comes back with the answer and stands in the log; made up when it is missing.",
                text(),
                "7c9a1f0e-support-42",
            ),
        ),
        (
            "IdempotencyKey",
            header(
                "Idempotency-Key",
                "Makes the effect happen at most once: the same key with the same request is answered again as the first time, for 24 hours.",
                matching(IDEMPOTENCY_KEY),
                "0b6a4f4e-6f1a-4b7e-9d0a-5f1c2e3d4c5b",
            ),
        ),
        (
            "IfMatch",
            header(
                "If-Match",
                "Refuse with 412 unless the resource still has this `ETag`.",
                text(),
                "\"v1\"",
            ),
        ),
        (
            "IfNoneMatch",
            header(
                "If-None-Match",
                "Answer 304 when the resource still has this `ETag`.",
                text(),
                "\"v1\"",
            ),
        ),
        (
            "LastEventId",
            header(
                "Last-Event-ID",
                "The `id` of the last event that arrived; the stream continues behind it.",
                text(),
                "42",
            ),
        ),
    ]
}

/// Headers of answers, by name.
pub(super) fn answer_headers() -> Vec<(&'static str, Header)> {
    vec![
        (
            "X-Request-Id",
            answer(
                "Names the request in the log; on refusals, and when the request brought one.",
                text(),
                "0197674c-8a6e-7c3e-9d1f-2b1d4a1c5e6f",
            ),
        ),
        (
            "X-Error-Code",
            answer(
                "What went wrong, for programs; stable. Explained at `/errors/{code}`.",
                text(),
                "INSUFFICIENT_STOCK",
            ),
        ),
        ("Content-Language", answer("The language of the texts.", choice(&["ko", "en"]), "ko")),
        ("Retry-After", answer("After how many seconds a retry makes sense.", integer(1), 1)),
        (
            "ETag",
            answer(
                "The version of the resource, for `If-Match` and `If-None-Match`.",
                text(),
                "\"v1\"",
            ),
        ),
        ("Location", answer("Where to look at what the call made.", text(), "/api/orders/1")),
        (
            "Idempotent-Replayed",
            answer(
                "`true` when this answer was given before and is only repeated.",
                choice(&["true"]),
                "true",
            ),
        ),
    ]
}

fn page_size() -> RefOr<Schema> {
    bounded(1, 100, 20)
}

fn required(
    name: &str,
    place: ParameterIn,
    description: &str,
    schema: RefOr<Schema>,
    example: Value,
) -> Parameter {
    parameter(name, place, description, schema, example).required(Required::True).build()
}

fn query(name: &str, description: &str, schema: RefOr<Schema>, example: Value) -> Parameter {
    let built = parameter(name, ParameterIn::Query, description, schema, example);
    built.required(Required::False).build()
}

fn header(name: &str, description: &str, schema: RefOr<Schema>, example: &str) -> Parameter {
    let built = parameter(name, ParameterIn::Header, description, schema, json!(example));
    built.required(Required::False).build()
}

fn parameter(
    name: &str,
    place: ParameterIn,
    description: &str,
    schema: RefOr<Schema>,
    example: Value,
) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .description(Some(description))
        .schema(Some(schema))
        .example(Some(example))
}

fn answer(description: &str, schema: RefOr<Schema>, example: impl Into<Value>) -> Header {
    HeaderBuilder::new()
        .description(Some(description))
        .schema(Some(schema))
        .example(Some(example.into()))
        .build()
}
