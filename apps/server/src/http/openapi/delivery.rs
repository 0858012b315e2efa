//! Where the parcel is.

use super::links::AFTER_DELIVERY_STEP;
use super::orders::NOT_MODIFIED;
use super::samples::{DELIVERY, NOTHING};
use super::table::{Answer, Errors, Method, Operation};

pub(super) const OPERATIONS: &[Operation] = &[GET_DELIVERY, GET_TRACKING, CHANGE_DELIVERY_STATUS];

const TAG: &str = "delivery";

const GET_DELIVERY: Operation = Operation {
    method: Method::Get,
    path: "/api/delivery/{orderId}",
    id: "getDelivery",
    tag: TAG,
    summary: "Look at the delivery of an order",
    description: "An order has a delivery once it is paid. Times are local, without an offset. The \
        tracking number and the estimated arrival are given at shipment and never change.",
    parameters: &["OrderId", "IfNoneMatch"],
    body: None,
    answers: &[
        Answer::json("200", "The delivery.", "DeliveryEnvelope", DELIVERY).with_headers(&[
            "Content-Language",
            "ETag",
            "X-Request-Id",
        ]),
        NOT_MODIFIED,
    ],
    refusals: &["DELIVERY_NOT_FOUND"],
    errors: Errors::Read,
};

const GET_TRACKING: Operation = Operation {
    path: "/api/delivery/{orderId}/tracking",
    id: "getTracking",
    summary: "Track the parcel of an order",
    description: "The same answer as for the delivery, under the address that parcels are tracked at.",
    ..GET_DELIVERY
};

const CHANGE_DELIVERY_STATUS: Operation = Operation {
    method: Method::Patch,
    path: "/api/delivery/{orderId}/status",
    id: "changeDeliveryStatus",
    tag: TAG,
    summary: "Move a delivery on",
    description: "What the administrator does instead of waiting for the scheduler. A delivery that \
        has the status already is answered with success again.",
    parameters: &["OrderId", "NewDeliveryStatus", "IdempotencyKey", "IfMatch"],
    body: None,
    answers: &[Answer::json("200", "The delivery has the status.", "EmptyEnvelope", NOTHING)
        .with_headers(&["Idempotent-Replayed", "X-Request-Id"])
        .with_links(AFTER_DELIVERY_STEP)],
    refusals: &["DELIVERY_NOT_FOUND", "INVALID_DELIVERY_TRANSITION", "PRECONDITION_FAILED"],
    errors: Errors::Command,
};
