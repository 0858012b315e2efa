//! Placing, following and cancelling orders.

use super::links::{AFTER_CANCELLATION, AFTER_ORDER, NEXT_ORDERS};
use super::samples::{NOTHING, ORDER_HISTORY, ORDER_LIST, ORDER_VIEW};
use super::schemas::Presence;
use super::table::{Answer, Body, Errors, Method, Operation, sample};

pub(super) const OPERATIONS: &[Operation] =
    &[CREATE_ORDER, CANCEL_ORDER, GET_ORDER, LIST_ORDERS, GET_ORDER_HISTORY];

const TAG: &str = "orders";

const CREATE_ORDER: Operation = Operation {
    method: Method::Post,
    path: "/api/orders",
    id: "createOrder",
    tag: TAG,
    summary: "Place an order",
    description: "Checks the stock, holds it and places the order, all or nothing. Send either one \
        product with its quantity, or `items` with 1 to 100 lines; the same product twice is added \
        up first. Names and unit prices are frozen into the lines. The hold ends after one hour \
        unless the payment succeeds.",
    parameters: &["IdempotencyKey"],
    body: Some(Body {
        presence: Presence::Always,
        description: "What is wanted: one product, or lines.",
        schema: "NewOrder",
        samples: &[
            sample("oneProduct", "Two units of product 1", r#"{"productId":1,"quantity":2}"#),
            sample(
                "lines",
                "Several products in one order",
                r#"{"items":[{"productId":1,"quantity":2},{"productId":3,"quantity":1}]}"#,
            ),
        ],
    }),
    answers: &[Answer::json(
        "201",
        "The order was placed and its stock is held.",
        "OrderEnvelope",
        &[
            sample(
                "oneProduct",
                "The answer to one product with its quantity",
                r#"{"success":true,"data":{"orderId":1,"productId":1,"quantity":2,"status":"CREATED"}}"#,
            ),
            sample(
                "lines",
                "The answer to lines",
                r#"{"success":true,"data":{"orderId":2,"items":[{"productId":1,"quantity":2},{"productId":3,"quantity":1}],"status":"CREATED"}}"#,
            ),
        ],
    )
    .with_headers(&["Idempotent-Replayed", "Location", "X-Request-Id"])
    .with_links(AFTER_ORDER)],
    refusals: &[
        "TOO_MANY_UNPAID_ORDERS",
        "INSUFFICIENT_STOCK",
        "PRODUCT_NOT_FOUND",
        "INVALID_QUANTITY",
        "EMPTY_ORDER",
        "TOO_MANY_LINES",
        "INVALID_TOTAL",
    ],
    errors: Errors::CommandWithBody,
};

const CANCEL_ORDER: Operation = Operation {
    method: Method::Delete,
    path: "/api/orders/{orderId}",
    id: "cancelOrder",
    tag: TAG,
    summary: "Cancel an order",
    description: "Gives the stock back; what was paid already is refunded. An order that is \
        cancelled already is answered with success again. From shipment on the answer is 400.",
    parameters: &["OrderId", "IdempotencyKey", "IfMatch"],
    body: None,
    answers: &[Answer::json("200", "The order is cancelled.", "EmptyEnvelope", NOTHING)
        .with_headers(&["Idempotent-Replayed", "X-Request-Id"])
        .with_links(AFTER_CANCELLATION)],
    refusals: &["ORDER_NOT_FOUND", "INVALID_STATUS_TRANSITION", "PRECONDITION_FAILED"],
    errors: Errors::Command,
};

const GET_ORDER: Operation = Operation {
    method: Method::Get,
    path: "/api/orders/{orderId}",
    id: "getOrder",
    tag: TAG,
    summary: "Look at one order",
    description: "Its lines with the names and prices of the moment it was placed, its total, its \
        status, and which statuses may come next.",
    parameters: &["OrderId", "IfNoneMatch"],
    body: None,
    answers: &[
        Answer::json("200", "The order.", "OrderViewEnvelope", ORDER_VIEW)
            .with_headers(&["ETag", "X-Request-Id"]),
        NOT_MODIFIED,
    ],
    refusals: &["ORDER_NOT_FOUND"],
    errors: Errors::Read,
};

const LIST_ORDERS: Operation = Operation {
    method: Method::Get,
    path: "/api/orders",
    id: "listOrders",
    tag: TAG,
    summary: "List orders, newest first",
    description: "Every filter that is given must hold. Follow `nextCursor` until it is null; \
        orders placed meanwhile do not move the pages.",
    parameters: &["Status", "ProductIdFilter", "CreatedFrom", "CreatedTo", "Limit", "Cursor"],
    body: None,
    answers: &[Answer::json("200", "One page of orders.", "OrderListEnvelope", ORDER_LIST)
        .with_links(NEXT_ORDERS)],
    refusals: &["INVALID_CURSOR"],
    errors: Errors::Read,
};

const GET_ORDER_HISTORY: Operation = Operation {
    method: Method::Get,
    path: "/api/orders/{orderId}/history",
    id: "getOrderHistory",
    tag: TAG,
    summary: "Every transition of an order",
    description: "In order, each with its time, its cause and the id of the event that was \
        published for it.",
    parameters: &["OrderId"],
    body: None,
    answers: &[Answer::json(
        "200",
        "The transitions, oldest first.",
        "OrderHistoryEnvelope",
        ORDER_HISTORY,
    )],
    refusals: &["ORDER_NOT_FOUND"],
    errors: Errors::Read,
};

pub(super) const NOT_MODIFIED: Answer =
    Answer::empty("304", "Nothing has changed since the version that `If-None-Match` names.")
        .with_headers(&["ETag", "X-Request-Id"]);
