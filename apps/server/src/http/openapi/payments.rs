//! Asking for money, hearing what became of it, and giving it back.

use super::links::{AFTER_PAYMENT, AFTER_PAYMENT_REQUEST, AFTER_REFUND};
use super::samples::{NOTHING, PAYMENT_VIEW, REFUND};
use super::schemas::Presence;
use super::table::{Answer, Body, Errors, Method, Operation, sample};

pub(super) const OPERATIONS: &[Operation] =
    &[REQUEST_PAYMENT, COMPLETE_PAYMENT, REFUND_ORDER, GET_PAYMENT];

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
        again changes nothing; a success for a cancelled order leaves it alone and owes one refund. \
        Another amount than the order's is recorded and refused, and the gateway is asked. A server \
        with `payment.webhook-secret` believes only callbacks signed after the Standard Webhooks \
        specification, each `webhook-id` once; their body must have `success` and `transactionId`, \
        because nothing else of the request is signed.",
    parameters: &[
        "OrderId",
        "PaymentSuccess",
        "IdempotencyKey",
        "WebhookId",
        "WebhookTimestamp",
        "WebhookSignature",
    ],
    body: Some(Body {
        presence: Presence::Sometimes,
        description: "What the gateway says beside the outcome.",
        schema: "PaymentCallback",
        samples: &[sample(
            "captured",
            "Which attempt, and how much",
            r#"{"transactionId":"5c2f6f0e-2f55-4c55-9a43-4f1f6f3d2b1a","amount":20000,"currency":"KRW","occurredAt":"2025-06-13T06:00:09Z"}"#,
        )],
    }),
    answers: &[Answer::json("200", "The outcome is recorded.", "EmptyEnvelope", NOTHING)
        .with_headers(&["Idempotent-Replayed", "X-Request-Id"])
        .with_links(AFTER_PAYMENT)],
    refusals: &[
        "ORDER_NOT_FOUND",
        "PAYMENT_NOT_REQUESTED",
        "PAYMENT_TRANSACTION_UNKNOWN",
        "PAYMENT_AMOUNT_MISMATCH",
        "INVALID_STATUS_TRANSITION",
        "WEBHOOK_SIGNATURE_INVALID",
    ],
    errors: Errors::CommandWithBody,
};

const REFUND_ORDER: Operation = Operation {
    method: Method::Post,
    path: "/api/orders/{orderId}/refunds",
    id: "refundOrder",
    tag: TAG,
    summary: "Give back a part of what was paid",
    description: "For operators: the order goes on, and the amount is asked of the gateway until it \
        went back. All refunds of an order together are never more than what was paid; cancelling \
        the order gives back the rest.",
    parameters: &["OrderId", "IdempotencyKey"],
    body: Some(Body {
        presence: Presence::Always,
        description: "How much, in the payment's currency, and why.",
        schema: "NewRefund",
        samples: &[sample(
            "partial",
            "A part of what was paid",
            r#"{"amount":5000,"reason":"a dent in the box"}"#,
        )],
    }),
    answers: &[Answer::json("201", "The refund is owed.", "RefundEnvelope", REFUND)
        .with_headers(&["Idempotent-Replayed", "Location", "X-Request-Id"])
        .with_links(AFTER_REFUND)],
    refusals: &[
        "ORDER_NOT_FOUND",
        "ORDER_NOT_PAID",
        "REFUND_ABOVE_CAPTURED",
        "INVALID_REFUND_AMOUNT",
    ],
    errors: Errors::CommandWithBody,
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
