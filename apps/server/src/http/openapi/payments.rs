//! Asking for money and hearing what became of it.

use super::links::{AFTER_PAYMENT, AFTER_PAYMENT_REQUEST};
use super::samples::{NOTHING, PAYMENT_VIEW};
use super::table::{Answer, Errors, Method, Operation};

pub(super) const OPERATIONS: &[Operation] = &[REQUEST_PAYMENT, COMPLETE_PAYMENT, GET_PAYMENT];

const TAG: &str = "payments";

const REQUEST_PAYMENT: Operation = Operation {
    method: Method::Post,
    path: "/api/orders/{orderId}/payment",
    id: "requestPayment",
    tag: TAG,
    summary: "Request the payment of an order",
    description: "The order waits for the gateway afterwards. Asking again while it waits is \
        answered with 202 again and asks nobody a second time.",
    parameters: &["OrderId", "IdempotencyKey", "IfMatch"],
    body: None,
    answers: &[Answer::json("202", "The payment is requested.", "EmptyEnvelope", NOTHING)
        .with_headers(&["Idempotent-Replayed", "Location", "X-Request-Id"])
        .with_links(AFTER_PAYMENT_REQUEST)],
    refusals: &["ORDER_NOT_FOUND", "INVALID_STATUS_TRANSITION", "PRECONDITION_FAILED"],
    errors: Errors::Command,
};

const COMPLETE_PAYMENT: Operation = Operation {
    method: Method::Post,
    path: "/api/orders/{orderId}/payment/complete",
    id: "completePayment",
    tag: TAG,
    summary: "Report the outcome of a payment",
    description: "What the payment gateway calls back. Success takes the stock out of the database \
        and starts the shipment; failure cancels the order and gives the stock back. The answer \
        says that the outcome was recorded, so a recorded failure is 200 too. The same outcome \
        again changes nothing; a success for a cancelled order leaves it alone and owes one refund.",
    parameters: &["OrderId", "PaymentSuccess", "IdempotencyKey"],
    body: None,
    answers: &[Answer::json("200", "The outcome is recorded.", "EmptyEnvelope", NOTHING)
        .with_headers(&["Idempotent-Replayed", "X-Request-Id"])
        .with_links(AFTER_PAYMENT)],
    refusals: &["ORDER_NOT_FOUND", "PAYMENT_NOT_REQUESTED", "INVALID_STATUS_TRANSITION"],
    errors: Errors::Command,
};

const GET_PAYMENT: Operation = Operation {
    method: Method::Get,
    path: "/api/orders/{orderId}/payment",
    id: "getPayment",
    tag: TAG,
    summary: "Look at the payment of an order",
    description: "What is to be paid, what became of it, and what is or was owed back.",
    parameters: &["OrderId"],
    body: None,
    answers: &[Answer::json("200", "The payment.", "PaymentEnvelope", PAYMENT_VIEW)],
    refusals: &["ORDER_NOT_FOUND", "PAYMENT_NOT_FOUND"],
    errors: Errors::Read,
};
