//! Every error code there is, one line each: the only place that maps an error to a status.

use actix_web::http::StatusCode;

use super::negotiate::Language;

/// What is published about one error code.
#[derive(Debug, Clone, Copy)]
pub struct CodeEntry {
    /// Stable; also the last part of `/errors/{code}` and the value of `X-Error-Code`.
    pub code: &'static str,
    /// The status of the answer.
    pub status: StatusCode,
    /// Seconds after which the same request may succeed; none when a retry is pointless.
    pub retry_after: Option<u32>,
    korean: &'static str,
    english: &'static str,
}

impl CodeEntry {
    /// What the code means in general.
    pub const fn title(&self, language: Language) -> &'static str {
        language.pick(self.korean, self.english)
    }
}

/// All codes, for the pages that explain them.
pub fn catalogue() -> &'static [CodeEntry] {
    CATALOGUE
}

/// The line of a code. A code without a line is a defect of ours and is answered as one.
pub(super) fn entry(code: &str) -> &'static CodeEntry {
    CATALOGUE.iter().find(|entry| entry.code == code).unwrap_or(&INTERNAL_ERROR)
}

const fn never(
    status: StatusCode,
    code: &'static str,
    korean: &'static str,
    english: &'static str,
) -> CodeEntry {
    CodeEntry { code, status, retry_after: None, korean, english }
}

const fn after(
    seconds: u32,
    status: StatusCode,
    code: &'static str,
    korean: &'static str,
    english: &'static str,
) -> CodeEntry {
    CodeEntry { code, status, retry_after: Some(seconds), korean, english }
}

const BAD: StatusCode = StatusCode::BAD_REQUEST;
const ABSENT: StatusCode = StatusCode::NOT_FOUND;
const DOWN: StatusCode = StatusCode::SERVICE_UNAVAILABLE;

const INTERNAL_ERROR: CodeEntry = never(
    StatusCode::INTERNAL_SERVER_ERROR,
    "INTERNAL_ERROR",
    "서버 내부 오류",
    "A defect of the server",
);

#[rustfmt::skip]
static CATALOGUE: &[CodeEntry] = &[
    // orders
    never(ABSENT, "ORDER_NOT_FOUND", "주문이 없습니다", "There is no such order"),
    never(BAD, "INVALID_STATUS_TRANSITION", "현재 주문 상태에서 할 수 없는 작업입니다", "The order's state does not allow this"),
    never(BAD, "INVALID_QUANTITY", "주문할 수 없는 수량입니다", "Nobody can order this quantity"),
    never(BAD, "EMPTY_ORDER", "주문 항목이 없습니다", "The order has no line"),
    never(BAD, "TOO_MANY_LINES", "주문 항목이 너무 많습니다", "The order has too many lines"),
    never(BAD, "INVALID_TOTAL", "합계를 계산할 수 없습니다", "The total cannot be expressed"),
    after(60, StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_UNPAID_ORDERS", "결제하지 않은 주문이 너무 많습니다", "Too many orders are unpaid"),
    // payments
    never(BAD, "PAYMENT_NOT_REQUESTED", "결제가 요청되지 않은 주문입니다", "The order's payment was never requested"),
    never(StatusCode::UNPROCESSABLE_ENTITY, "PAYMENT_TRANSACTION_UNKNOWN", "알 수 없는 결제 거래입니다", "The payment has no such attempt"),
    never(StatusCode::UNPROCESSABLE_ENTITY, "PAYMENT_AMOUNT_MISMATCH", "결제 금액이 주문 금액과 다릅니다", "The reported amount is not what is to be paid"),
    never(BAD, "ORDER_NOT_PAID", "결제가 완료된 주문이 아닙니다", "The order is not paid"),
    never(BAD, "REFUND_ABOVE_CAPTURED", "환불 가능 금액을 초과했습니다", "More than what can be refunded"),
    never(BAD, "INVALID_REFUND_AMOUNT", "환불 금액은 최소 1 이상이어야 합니다", "A refund is at least 1"),
    never(ABSENT, "PAYMENT_NOT_FOUND", "결제 정보가 없습니다", "The order has no payment"),
    never(StatusCode::UNAUTHORIZED, "WEBHOOK_SIGNATURE_INVALID", "결제 통보의 서명이 올바르지 않습니다", "The payment callback is not signed as it must be"),
    // deliveries
    never(ABSENT, "DELIVERY_NOT_FOUND", "배송 정보가 없습니다", "The order has no delivery"),
    never(BAD, "INVALID_DELIVERY_TRANSITION", "현재 배송 상태에서 할 수 없는 작업입니다", "The delivery's state does not allow this"),
    // products and stock
    never(ABSENT, "PRODUCT_NOT_FOUND", "상품이 없습니다", "There is no such product"),
    never(BAD, "INVALID_PRODUCT_NAME", "사용할 수 없는 상품명입니다", "No product can have this name"),
    never(BAD, "INSUFFICIENT_STOCK", "재고가 부족합니다", "Not enough units can be sold"),
    never(BAD, "STOCK_BELOW_HELD", "예약된 재고는 뺄 수 없습니다", "Held units cannot be removed"),
    never(BAD, "STOCK_NOT_MANAGED", "재고를 관리하지 않는 상품입니다", "The product's stock is not managed"),
    never(BAD, "STOCK_OVERFLOW", "표현할 수 없는 재고 수량입니다", "The stock level does not fit"),
    never(StatusCode::CONFLICT, "HOLD_RESOLVED", "이미 처리된 예약입니다", "The hold was resolved before"),
    // the request itself
    never(BAD, "MALFORMED_JSON", "본문이 JSON이 아닙니다", "The body is not JSON"),
    never(BAD, "INVALID_BODY", "본문의 값이 올바르지 않습니다", "The body does not have the expected fields"),
    never(BAD, "INVALID_PARAMETER", "요청 매개변수가 올바르지 않습니다", "A parameter has no acceptable value"),
    never(BAD, "UNKNOWN_PARAMETER", "알 수 없는 요청 매개변수입니다", "There is no such parameter"),
    never(BAD, "INVALID_CURSOR", "사용할 수 없는 커서입니다", "The cursor does not belong to this list"),
    never(BAD, "BAD_REQUEST", "올바르지 않은 요청입니다", "The request is not understood"),
    never(ABSENT, "PATH_NOT_FOUND", "없는 경로입니다", "There is nothing at this path"),
    never(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "허용되지 않는 메서드입니다", "The path does not take this method"),
    after(1, StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT", "본문이 제때 도착하지 않았습니다", "The body did not arrive in time"),
    never(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", "본문이 너무 큽니다", "The body is too large"),
    never(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", "본문은 application/json 이어야 합니다", "The body must be application/json"),
    after(1, StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", "요청이 너무 많습니다", "Too many requests"),
    // preconditions and repeats
    never(StatusCode::PRECONDITION_FAILED, "PRECONDITION_FAILED", "그 사이에 변경되었습니다", "The resource has changed meanwhile"),
    never(BAD, "INVALID_IDEMPOTENCY_KEY", "사용할 수 없는 Idempotency-Key입니다", "The Idempotency-Key cannot be used"),
    never(StatusCode::UNPROCESSABLE_ENTITY, "IDEMPOTENCY_KEY_REUSED", "다른 요청에 사용된 Idempotency-Key입니다", "The Idempotency-Key belongs to another request"),
    after(1, StatusCode::CONFLICT, "IDEMPOTENT_REQUEST_PROCESSING", "같은 요청을 처리하고 있습니다", "The same request is being handled"),
    // the server
    after(1, DOWN, "CONCURRENT_CHANGE", "동시 변경이 많아 처리하지 못했습니다", "Others kept being faster"),
    after(1, DOWN, "OVERLOADED", "요청이 많아 처리하지 못했습니다", "More is waiting than can be handled soon"),
    after(1, DOWN, "TOO_MANY_CONNECTIONS", "연결이 너무 많습니다", "Too many connections are open"),
    after(2, DOWN, "STORE_UNAVAILABLE", "저장소를 사용할 수 없습니다", "The store is not available"),
    after(2, DOWN, "BROKER_UNAVAILABLE", "메시지 브로커를 사용할 수 없습니다", "The message broker is not available"),
    after(2, DOWN, "OUTCOME_UNKNOWN", "처리 결과를 확인하지 못했습니다", "The outcome is not known"),
    INTERNAL_ERROR,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_code_that_changes_is_a_visible_change() {
        let lines: Vec<_> = catalogue()
            .iter()
            .map(|entry| {
                let retry = entry.retry_after.map_or("-".to_owned(), |after| format!("{after}s"));
                format!("{} {} {retry}", entry.code, entry.status.as_u16())
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn no_code_has_two_lines() {
        let codes: BTreeSet<_> = catalogue().iter().map(|entry| entry.code).collect();
        assert_eq!(codes.len(), catalogue().len());
    }

    #[test]
    fn a_code_without_a_line_is_a_defect() {
        assert_eq!(entry("REPLAYED").code, "INTERNAL_ERROR");
    }
}
