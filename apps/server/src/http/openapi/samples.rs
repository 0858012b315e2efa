//! Bodies that more than one operation shows, exactly as they are sent.

use super::table::{Sample, sample};

pub(super) const NOTHING: &[Sample] =
    &[sample("done", "It was done", r#"{"success":true,"data":null}"#)];

pub(super) const DELIVERY: &[Sample] = &[
    sample(
        "preparing",
        "Waiting for its carrier",
        r#"{"success":true,"data":{"deliveryId":1,"orderId":1,"status":"SHIPMENT_PREPARING","trackingNumber":null,"courierCompany":"CJ대한통운","startedAt":"2025-06-13T14:00:00","shippedAt":null,"completedAt":null,"estimatedArrival":null,"lastStatusMessage":"배송 준비 중입니다"}}"#,
    ),
    sample(
        "shipped",
        "On its way",
        r#"{"success":true,"data":{"deliveryId":1,"orderId":1,"status":"SHIPPED","trackingNumber":"TRACK-1-98765","courierCompany":"CJ대한통운","startedAt":"2025-06-13T14:00:00","shippedAt":"2025-06-13T14:30:00","completedAt":null,"estimatedArrival":"2025-06-14T18:00:00","lastStatusMessage":"상품이 배송 중입니다"}}"#,
    ),
    sample(
        "delivered",
        "Arrived",
        r#"{"success":true,"data":{"deliveryId":1,"orderId":1,"status":"DELIVERED","trackingNumber":"TRACK-1-98765","courierCompany":"CJ대한통운","startedAt":"2025-06-13T14:00:00","shippedAt":"2025-06-13T14:30:00","completedAt":"2025-06-13T16:30:00","estimatedArrival":"2025-06-14T18:00:00","lastStatusMessage":"배송이 완료되었습니다"}}"#,
    ),
];

pub(super) const STOCK_STATUS: &[Sample] = &[
    sample(
        "managed",
        "Two units are held for an order",
        r#"{"success":true,"data":{"productId":1,"databaseStock":50,"redisStock":48,"reservedStock":2}}"#,
    ),
    sample(
        "unlimited",
        "The stock is not managed",
        r#"{"success":true,"data":{"productId":3,"databaseStock":0,"redisStock":null,"reservedStock":0,"unlimited":true}}"#,
    ),
];

pub(super) const STOCK_LIST: &[Sample] = &[sample(
    "firstPage",
    "Everything on one page",
    r#"{"success":true,"data":{"items":[{"productId":1,"databaseStock":50,"redisStock":48,"reservedStock":2},{"productId":3,"databaseStock":0,"redisStock":null,"reservedStock":0,"unlimited":true}],"nextCursor":null}}"#,
)];

pub(super) const ORDER_VIEW: &[Sample] = &[sample(
    "created",
    "Just placed",
    r#"{"success":true,"data":{"orderId":1,"lines":[{"productId":1,"name":"Sample Product A","unitPrice":10000,"quantity":2,"amount":20000}],"total":20000,"currency":"KRW","status":"CREATED","nextStatuses":["PAYMENT_REQUESTED","CANCELLED"],"createdAt":"2025-06-13T05:59:51.092293Z","updatedAt":"2025-06-13T05:59:51.092293Z","version":1}}"#,
)];

pub(super) const ORDER_LIST: &[Sample] = &[sample(
    "firstPage",
    "There is another page",
    r#"{"success":true,"data":{"items":[{"orderId":2,"status":"SHIPPED","total":5000,"currency":"KRW","lines":1,"createdAt":"2025-06-13T06:10:00Z","updatedAt":"2025-06-13T06:40:00.5Z"}],"nextCursor":"kZ1mUq8c0xIAAAAAAAAAAg"}}"#,
)];

pub(super) const ORDER_HISTORY: &[Sample] = &[sample(
    "paid",
    "Ordered and asked to pay",
    r#"{"success":true,"data":{"items":[{"version":1,"from":null,"to":"CREATED","cause":"CUSTOMER","timestamp":"2025-06-13T05:59:51.092293Z","eventId":"0197674c-8a6e-7c3e-9d1f-2b1d4a1c5e6f"},{"version":2,"from":"CREATED","to":"PAYMENT_REQUESTED","cause":"CUSTOMER","timestamp":"2025-06-13T06:00:03.5Z","eventId":"0197674c-b9d2-7a11-8f00-6a2f9e3b7c10"}],"nextCursor":null}}"#,
)];

pub(super) const PAYMENT_VIEW: &[Sample] = &[
    sample(
        "pending",
        "The gateway has not answered yet",
        r#"{"success":true,"data":{"orderId":1,"amount":20000,"currency":"KRW","attempts":[{"transactionId":"5c2f6f0e-2f55-4c55-9a43-4f1f6f3d2b1a","outcome":"PENDING","reportedAmount":null,"reportedCurrency":null,"requestedAt":"2025-06-13T06:00:03.5Z","decidedAt":null}],"refunds":[]}}"#,
    ),
    sample(
        "refundOwed",
        "Cancelled after it was paid",
        r#"{"success":true,"data":{"orderId":1,"amount":20000,"currency":"KRW","attempts":[{"transactionId":"5c2f6f0e-2f55-4c55-9a43-4f1f6f3d2b1a","outcome":"CAPTURED","reportedAmount":20000,"reportedCurrency":"KRW","requestedAt":"2025-06-13T06:00:03.5Z","decidedAt":"2025-06-13T06:00:09Z"}],"refunds":[{"number":1,"transactionId":"5c2f6f0e-2f55-4c55-9a43-4f1f6f3d2b1a","amount":20000,"currency":"KRW","reason":"ORDER_CANCELLED","note":null,"state":"PENDING","refusal":null,"tries":0,"owedSince":"2025-06-13T06:05:00Z","doneAt":null}]}}"#,
    ),
];

pub(super) const REFUND: &[Sample] = &[sample(
    "partial",
    "A part of what was paid",
    r#"{"success":true,"data":{"number":1,"transactionId":"5c2f6f0e-2f55-4c55-9a43-4f1f6f3d2b1a","amount":5000,"currency":"KRW","reason":"OPERATOR","note":"a dent in the box","state":"PENDING","refusal":null,"tries":0,"owedSince":"2025-06-13T06:05:00Z","doneAt":null}}"#,
)];

pub(super) const PRODUCT: &[Sample] = &[sample(
    "managed",
    "A product with a counted stock",
    r#"{"success":true,"data":{"productId":1,"name":"Sample Product A","price":10000,"currency":"KRW","unlimited":false,"version":1}}"#,
)];

pub(super) const PRODUCT_LIST: &[Sample] = &[sample(
    "samples",
    "The sample products",
    r#"{"success":true,"data":{"items":[{"productId":1,"name":"Sample Product A","price":10000,"currency":"KRW","unlimited":false,"version":1},{"productId":2,"name":"Sample Product B","price":20000,"currency":"KRW","unlimited":false,"version":1},{"productId":3,"name":"Sample Product C (무제한)","price":5000,"currency":"KRW","unlimited":true,"version":1}],"nextCursor":null}}"#,
)];
