//! What to say about each error code beyond its title; a test holds it against the catalogue.

/// One explanation in both languages.
#[derive(Debug)]
pub(super) struct Advice {
    code: &'static str,
    pub(super) korean: Texts,
    pub(super) english: Texts,
}

/// Sentences that are HTML as they stand.
#[derive(Debug)]
pub(super) struct Texts {
    pub(super) cause: &'static str,
    pub(super) remedy: &'static str,
}

/// The explanation of a code; of a defect when there is none.
pub(super) fn advice(code: &str) -> &'static Advice {
    ADVICE.iter().find(|advice| advice.code == code).unwrap_or(&INTERNAL_ERROR)
}

const fn about(code: &'static str, korean: Texts, english: Texts) -> Advice {
    Advice { code, korean, english }
}

const fn texts(cause: &'static str, remedy: &'static str) -> Texts {
    Texts { cause, remedy }
}

const INTERNAL_ERROR: Advice = about(
    "INTERNAL_ERROR",
    texts("서버의 결함입니다.", "X-Request-Id 와 함께 운영자에게 알려 주세요."),
    texts("A defect of the server.", "Tell the operator, with the X-Request-Id."),
);

#[rustfmt::skip]
static ADVICE: &[Advice] = &[
    about(
        "ORDER_NOT_FOUND",
        texts("이 번호의 주문이 없습니다.", "주문 번호를 확인하세요. 주문 목록은 /api/orders 에 있습니다."),
        texts("No order has this number.", "Check the number; /api/orders lists all orders."),
    ),
    about(
        "INVALID_STATUS_TRANSITION",
        texts("주문의 현재 상태에서는 이 단계로 갈 수 없습니다.", "GET /api/orders/{orderId} 의 nextStatuses 에서 가능한 다음 상태를 확인하세요."),
        texts("The order cannot go there from its present status.", "GET /api/orders/{orderId} says in nextStatuses what may come next."),
    ),
    about(
        "INVALID_QUANTITY",
        texts("수량이 1보다 작거나 허용 범위를 넘습니다.", "1 이상의 정수를 보내세요."),
        texts("The quantity is below 1 or beyond what can be ordered.", "Send an integer of at least 1."),
    ),
    about(
        "EMPTY_ORDER",
        texts("items 가 비어 있습니다.", "주문 항목을 하나 이상 보내세요."),
        texts("items is empty.", "Send at least one line."),
    ),
    about(
        "TOO_MANY_LINES",
        texts("한 주문의 항목은 100개까지입니다.", "주문을 나누어 보내세요."),
        texts("One order has at most 100 lines.", "Split the order."),
    ),
    about(
        "INVALID_TOTAL",
        texts("통화가 섞였거나 합계가 표현할 수 있는 범위를 넘습니다.", "통화별로 주문을 나누거나 수량을 줄이세요."),
        texts("The lines mix currencies, or their total is too large to be expressed.", "Order per currency, or order less."),
    ),
    about(
        "TOO_MANY_UNPAID_ORDERS",
        texts("결제하지 않은 주문이 허용된 수만큼 있습니다.", "기다리는 주문을 결제하거나 취소하세요. 예약이 만료되어도 자리가 납니다."),
        texts("As many orders of this client are unpaid as may be.", "Pay or cancel one of them; a place also comes free when its hold runs out."),
    ),
    about(
        "PAYMENT_NOT_REQUESTED",
        texts("결제를 요청하지 않은 주문에 결제 결과가 도착했습니다.", "먼저 POST /api/orders/{orderId}/payment 로 결제를 요청하세요."),
        texts("The outcome of a payment arrived that nobody had requested.", "Request it first with POST /api/orders/{orderId}/payment."),
    ),
    about(
        "PAYMENT_TRANSACTION_UNKNOWN",
        texts("결제 결과의 transactionId 가 이 주문의 결제 시도가 아닙니다.", "GET /api/orders/{orderId}/payment 에서 transactionId 를 확인하세요."),
        texts("The callback names a transaction that is not an attempt of this order's payment.", "Look up the attempts with GET /api/orders/{orderId}/payment."),
    ),
    about(
        "PAYMENT_AMOUNT_MISMATCH",
        texts("결제 결과의 금액이나 통화가 주문 합계와 다릅니다. 기록만 하고 주문은 바꾸지 않습니다.", "게이트웨이에 실제 결제 내용을 확인하세요. 다른 금액이 결제되었다면 전액 환불됩니다."),
        texts("The callback reports another amount or currency than the order's total. It is recorded and changes nothing.", "Look at the gateway's books: what it took in another amount goes back in full."),
    ),
    about(
        "ORDER_NOT_PAID",
        texts("결제가 완료되지 않았거나 이미 취소된 주문입니다.", "주문 상태를 확인하세요. 취소된 주문은 자동으로 환불됩니다."),
        texts("The order's money was not taken, or the order was cancelled.", "Look at the order. A cancelled one is refunded by itself."),
    ),
    about(
        "REFUND_ABOVE_CAPTURED",
        texts("결제 금액에서 이미 환불한 금액을 뺀 것보다 많습니다.", "GET /api/orders/{orderId}/payment 에서 남은 금액을 확인하세요."),
        texts("It is more than what was taken and is not refunded yet.", "Look at the refunds with GET /api/orders/{orderId}/payment."),
    ),
    about(
        "INVALID_REFUND_AMOUNT",
        texts("환불 금액이 1보다 작습니다.", "1 이상의 금액을 보내세요."),
        texts("The amount is below 1.", "Send an amount of at least 1."),
    ),
    about(
        "PAYMENT_NOT_FOUND",
        texts("아직 결제를 요청하지 않은 주문입니다.", "결제를 요청한 뒤에 조회하세요."),
        texts("The order's payment was not requested yet.", "Look again after it was requested."),
    ),
    about(
        "WEBHOOK_SIGNATURE_INVALID",
        texts("이 서버는 서명된 결제 통보만 받습니다. 서명이 없거나, 맞지 않거나, 5분 넘게 지났습니다.", "webhook-id, webhook-timestamp, webhook-signature 헤더를 Standard Webhooks 규격대로 보내고, 비밀 키와 시계를 확인하세요."),
        texts("This server takes signed payment callbacks only. The signature is missing, does not fit, or is more than five minutes old.", "Send webhook-id, webhook-timestamp and webhook-signature after the Standard Webhooks specification; check the secret and the clock."),
    ),
    about(
        "DELIVERY_NOT_FOUND",
        texts("주문이 없거나 아직 결제가 끝나지 않아 배송이 만들어지지 않았습니다.", "주문 상태를 확인하세요. 배송은 결제 완료 직후에 만들어집니다."),
        texts("There is no such order, or it is not paid yet.", "Look at the order; its delivery appears right after the payment."),
    ),
    about(
        "INVALID_DELIVERY_TRANSITION",
        texts("배송의 현재 상태에서는 이 단계로 갈 수 없습니다.", "배송은 SHIPMENT_PREPARING, SHIPPED, DELIVERED 순서로만 진행됩니다."),
        texts("The delivery cannot go there from its present status.", "Deliveries go from SHIPMENT_PREPARING to SHIPPED to DELIVERED."),
    ),
    about(
        "PRODUCT_NOT_FOUND",
        texts("이 번호의 상품이 없습니다.", "상품 번호를 확인하세요. 상품 목록은 /api/products 에 있습니다."),
        texts("No product has this number.", "Check the number; /api/products lists all products."),
    ),
    about(
        "INVALID_PRODUCT_NAME",
        texts("상품명이 비었거나 200자를 넘거나 출력할 수 없는 문자가 있습니다.", "1~200자의 이름을 보내세요."),
        texts("The name is empty, longer than 200 characters, or has characters that cannot be printed.", "Send a name of 1 to 200 characters."),
    ),
    about(
        "INSUFFICIENT_STOCK",
        texts("판매할 수 있는 재고가 요청한 수량보다 적습니다.", "수량을 줄이거나 재고가 들어온 뒤에 주문하세요. 예약이 만료되면 재고가 돌아옵니다."),
        texts("Fewer units can be sold than were asked for.", "Order less, or later: stock comes back when unpaid orders expire."),
    ),
    about(
        "STOCK_BELOW_HELD",
        texts("주문에 예약된 재고까지 줄이려고 했습니다.", "예약된 수량(reservedStock)보다 많이 남도록 조정하세요."),
        texts("The adjustment would take units that are held for orders.", "Leave at least as many units as are held (reservedStock)."),
    ),
    about(
        "STOCK_NOT_MANAGED",
        texts("재고를 관리하지 않는 상품입니다.", "이 상품은 재고를 조정할 수 없고 조정할 필요도 없습니다."),
        texts("The stock of this product is not counted.", "There is nothing to adjust; it never runs out."),
    ),
    about(
        "STOCK_OVERFLOW",
        texts("재고 수량이 표현할 수 있는 범위를 넘습니다.", "더 작은 값을 보내세요."),
        texts("The stock level would be beyond what can be stored.", "Send a smaller number."),
    ),
    about(
        "HOLD_RESOLVED",
        texts("예약이 다른 요청으로 이미 처리되었습니다.", "주문 상태를 다시 조회하세요."),
        texts("Another request has resolved the hold.", "Look at the order again."),
    ),
    about(
        "MALFORMED_JSON",
        texts("요청 본문이 올바른 JSON이 아닙니다.", "오류 문장에 적힌 줄과 열을 확인하세요."),
        texts("The body is not JSON.", "Look at the line and column that the message names."),
    ),
    about(
        "INVALID_BODY",
        texts("본문의 필드가 없거나, 이름을 알 수 없거나, 형식이 다릅니다.", "오류 문장에 적힌 위치(JSON Pointer)의 값을 고치세요."),
        texts("A field of the body is missing, unknown, or of another type.", "Correct the value at the place (JSON Pointer) that the message names."),
    ),
    about(
        "INVALID_PARAMETER",
        texts("경로나 쿼리의 값이 허용되지 않습니다.", "오류 문장에 적힌 매개변수의 값을 고치세요."),
        texts("A value in the path or the query is not accepted.", "Correct the parameter that the message names."),
    ),
    about(
        "UNKNOWN_PARAMETER",
        texts("이 경로는 그런 쿼리 매개변수를 받지 않습니다.", "이름의 철자를 확인하세요. 가장 비슷한 이름이 오류 문장에 있습니다."),
        texts("The path does not take this query parameter.", "Check the spelling; the message names the nearest known one."),
    ),
    about(
        "INVALID_CURSOR",
        texts("커서가 이 목록이나 이 필터의 것이 아닙니다.", "커서 없이 첫 페이지부터 다시 조회하세요."),
        texts("The cursor belongs to another list or another filter.", "Begin again with the first page, without a cursor."),
    ),
    about(
        "BAD_REQUEST",
        texts("요청을 해석할 수 없습니다.", "HTTP 요청의 형식을 확인하세요."),
        texts("The request cannot be understood.", "Check how the HTTP request is formed."),
    ),
    about(
        "PATH_NOT_FOUND",
        texts("이 경로에는 아무것도 없습니다.", "경로를 확인하세요. 모든 경로는 /swagger-ui.html 에 있습니다."),
        texts("Nothing is served at this path.", "Check the path; /swagger-ui.html lists them all."),
    ),
    about(
        "METHOD_NOT_ALLOWED",
        texts("이 경로는 그 메서드를 받지 않습니다.", "Allow 헤더에 적힌 메서드를 사용하세요."),
        texts("The path does not take this method.", "Use one of the methods in the Allow header."),
    ),
    about(
        "REQUEST_TIMEOUT",
        texts("요청 본문이 제때 도착하지 않았습니다.", "네트워크를 확인하고 다시 보내세요."),
        texts("The body did not arrive in time.", "Check the network and send it again."),
    ),
    about(
        "PAYLOAD_TOO_LARGE",
        texts("본문이 허용된 크기(기본 16 KiB)보다 큽니다.", "더 작은 요청으로 나누세요."),
        texts("The body is larger than allowed (16 KiB by default).", "Split the request."),
    ),
    about(
        "UNSUPPORTED_MEDIA_TYPE",
        texts("본문의 Content-Type 이 application/json 이 아닙니다.", "Content-Type: application/json 헤더를 보내세요."),
        texts("The body is not declared as application/json.", "Send the header Content-Type: application/json."),
    ),
    about(
        "RATE_LIMITED",
        texts("허용된 것보다 많은 요청을 보냈습니다.", "Retry-After 헤더만큼 기다리고 요청 속도를 줄이세요."),
        texts("More requests were sent than are allowed.", "Wait as long as Retry-After says, and slow down."),
    ),
    about(
        "PRECONDITION_FAILED",
        texts("If-Match 의 버전 이후에 자원이 변경되었습니다.", "다시 조회해서 새 ETag 로 요청하세요."),
        texts("The resource has changed since the version in If-Match.", "Read it again and use its new ETag."),
    ),
    about(
        "INVALID_IDEMPOTENCY_KEY",
        texts("Idempotency-Key 가 비었거나 255자를 넘거나 보이지 않는 문자가 있습니다.", "UUID 같은 1~255자의 ASCII 값을 보내세요."),
        texts("The Idempotency-Key is empty, longer than 255 characters, or has invisible ones.", "Send 1 to 255 visible ASCII characters, such as a UUID."),
    ),
    about(
        "IDEMPOTENCY_KEY_REUSED",
        texts("같은 키로 내용이 다른 요청을 이미 처리했습니다.", "요청마다 새 키를 만드세요. 같은 키는 같은 요청의 재시도에만 사용합니다."),
        texts("Another request was handled under the same key.", "Make a new key for each request; repeat a key only with the same request."),
    ),
    about(
        "IDEMPOTENT_REQUEST_PROCESSING",
        texts("같은 키의 요청을 지금 처리하고 있습니다.", "잠시 뒤에 같은 키로 다시 보내면 첫 번째 응답을 받습니다."),
        texts("A request with the same key is being handled.", "Send it again soon with the same key to get the first answer."),
    ),
    about(
        "CONCURRENT_CHANGE",
        texts("같은 대상을 바꾸는 요청이 계속 먼저 처리되었습니다.", "잠시 뒤에 다시 보내세요."),
        texts("Other changes of the same thing kept being faster.", "Send it again soon."),
    ),
    about(
        "OVERLOADED",
        texts("처리할 수 있는 것보다 많은 요청이 기다리고 있습니다.", "잠시 뒤에 다시 보내세요. 반복되면 서버를 늘리세요."),
        texts("More is waiting than can be handled soon.", "Send it again soon; if that keeps happening, add servers."),
    ),
    about(
        "TOO_MANY_CONNECTIONS",
        texts("서버 전체 또는 이 클라이언트의 연결이 허용된 수만큼 열려 있습니다.", "연결을 재사용하고, 잠시 후 다시 연결하세요. 프록시 뒤에 있다면 운영자가 http.trusted-proxies 에 프록시를 적어야 합니다."),
        texts("As many connections are open as the server, or this client, may have.", "Reuse connections, and try again in a moment. Behind a proxy, the operator has to name it in http.trusted-proxies."),
    ),
    about(
        "STORE_UNAVAILABLE",
        texts("데이터베이스에 연결할 수 없습니다. 아무것도 변경되지 않았습니다.", "잠시 뒤에 다시 보내세요. 운영자는 /actuator/health 와 로그를 확인하세요."),
        texts("The database cannot be reached. Nothing was changed.", "Send it again soon. Operators look at /actuator/health and the log."),
    ),
    about(
        "BROKER_UNAVAILABLE",
        texts("메시지 브로커에 연결할 수 없습니다. 주문은 계속 처리되고, 이벤트는 아웃박스에서 기다립니다.", "잠시 뒤에 스트림을 다시 여세요. 운영자는 /actuator/health 를 확인하세요."),
        texts("The message broker cannot be reached. Orders go on; their events wait in the outbox.", "Open the stream again soon. Operators look at /actuator/health."),
    ),
    about(
        "OUTCOME_UNKNOWN",
        texts("데이터베이스가 제때 답하지 않았거나 연결이 끊겨 반영 여부를 알 수 없습니다.", "같은 Idempotency-Key 로 다시 보내세요. 이미 반영되었다면 첫 번째 응답을 받습니다."),
        texts("The database did not confirm the commit in time, or the connection to it broke.", "Send it again with the same Idempotency-Key; if it took effect, the first answer comes back."),
    ),
    INTERNAL_ERROR,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::catalogue::catalogue;

    #[test]
    fn every_code_is_explained_in_the_order_of_the_catalogue() {
        let explained: Vec<_> = ADVICE.iter().map(|advice| advice.code).collect();
        let codes: Vec<_> = catalogue().iter().map(|entry| entry.code).collect();
        assert_eq!(explained, codes);
    }

    #[test]
    fn what_is_said_needs_no_escaping() {
        for Advice { korean, english, .. } in ADVICE {
            for text in [korean.cause, korean.remedy, english.cause, english.remedy] {
                assert!(!text.contains(['<', '>', '&']) && text.ends_with('.'), "{text}");
            }
        }
    }
}
