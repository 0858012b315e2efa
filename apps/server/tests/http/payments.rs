//! What gateways report, and what operators give back.

use serde_json::json;

use crate::support::{World, json};

const COMPLETE: &str = "/api/orders/1/payment/complete?success=true";
const REFUNDS: &str = "/api/orders/1/refunds";

/// The code of the refusal and where in the body it lies.
macro_rules! refusal {
    ($client:expr, $uri:expr, $body:expr) => {{
        let request = json("POST", $uri, $body);
        let request = request.insert_header(("accept", "application/problem+json"));
        let answer = $client.send(request).await;
        let problem = answer.json();
        let pointer = problem["errors"][0]["pointer"].as_str().unwrap_or_default().to_owned();
        (answer.status, problem["code"].as_str().unwrap_or_default().to_owned(), pointer)
    }};
}

macro_rules! requested {
    ($client:expr) => {{
        $client.order(2).await;
        assert_eq!($client.call("POST", "/api/orders/1/payment").await.status, 202);
    }};
}

#[actix_web::test]
async fn a_callback_may_say_more() {
    let world = World::new().await;
    let client = world.client().await;
    requested!(client);
    for (body, status, code, pointer) in [
        (r#"{"paid":true}"#, 400, "INVALID_BODY", "/paid"),
        (r#"{"transactionId":"7"}"#, 400, "INVALID_BODY", "/transactionId"),
        (r#"{"transactionId":7}"#, 400, "INVALID_BODY", "/transactionId"),
        (r#"{"transactionId":null}"#, 400, "INVALID_BODY", "/transactionId"),
        (r#"{"amount":20000}"#, 400, "INVALID_BODY", "/currency"),
        (r#"{"currency":"KRW"}"#, 400, "INVALID_BODY", "/amount"),
        (r#"{"amount":20000,"currency":"won"}"#, 400, "INVALID_BODY", "/currency"),
        (r#"{"amount":-1,"currency":"KRW"}"#, 400, "INVALID_BODY", "/amount"),
        (r#"{"amount":1e99,"currency":"KRW"}"#, 400, "INVALID_BODY", "/amount"),
        (r#"{"occurredAt":"yesterday"}"#, 400, "INVALID_BODY", "/occurredAt"),
        (r#"{"success":false}"#, 400, "INVALID_BODY", "/success"),
        ("[]", 400, "INVALID_BODY", ""),
        ("{", 400, "MALFORMED_JSON", ""),
        (
            r#"{"transactionId":"5c2f6f0e-2f55-4c55-9a43-4f1f6f3d2b1a"}"#,
            422,
            "PAYMENT_TRANSACTION_UNKNOWN",
            "",
        ),
    ] {
        let expected = (status, code.to_owned(), pointer.to_owned());
        assert_eq!(refusal!(client, COMPLETE, body), expected, "{body}");
    }
    let large = format!(r#"{{"transactionId":"{}"}}"#, "7".repeat(17_000));
    assert_eq!(refusal!(client, COMPLETE, &large).0, 413);
    let form = json("POST", COMPLETE, "{}");
    let form = form.insert_header(("content-type", "application/x-www-form-urlencoded"));
    assert_eq!(client.send(form).await.status, 415);
    let payment = client.call("GET", "/api/orders/1/payment").await.json();
    let attempt = &payment["data"]["attempts"][0];
    assert_eq!(attempt["outcome"], "PENDING", "{payment}");
    let told = json!({
        "transactionId": attempt["transactionId"],
        "amount": 20_000,
        "currency": "KRW",
        "occurredAt": "2025-06-13T15:00:00+09:00",
        "success": true,
    });
    assert_eq!(client.json("POST", COMPLETE, &told.to_string()).await.status, 200);
    let order = client.call("GET", "/api/orders/1").await.json();
    assert_eq!(order["data"]["status"], "PAYMENT_COMPLETED");
}

#[actix_web::test]
async fn another_amount_is_recorded_and_refused() {
    let world = World::new().await;
    let client = world.client().await;
    requested!(client);
    for body in [r#"{"amount":1,"currency":"KRW"}"#, r#"{"amount":20000,"currency":"USD"}"#] {
        let request = json("POST", COMPLETE, body)
            .insert_header(("idempotency-key", format!("k{}", body.len())));
        let answer = client.send(request).await;
        assert_eq!(
            (answer.status, answer.header("x-error-code")),
            (422, "PAYMENT_AMOUNT_MISMATCH")
        );
    }
    let korean = client.json("POST", COMPLETE, r#"{"amount":1,"currency":"KRW"}"#).await;
    assert_eq!(
        korean.line(),
        r#"422 {"success":false,"error":"결제 금액 불일치: 1 KRW ≠ 20000 KRW"}"#
    );
    let payment = client.call("GET", "/api/orders/1/payment").await.json();
    let attempt = &payment["data"]["attempts"][0];
    assert_eq!((&attempt["outcome"], &attempt["reportedAmount"]), (&json!("MISMATCH"), &json!(1)));
    let order = client.call("GET", "/api/orders/1").await.json();
    assert_eq!(order["data"]["status"], "PAYMENT_REQUESTED", "no transition");
    assert_eq!(world.store.audit(), Vec::<String>::new());
}

#[actix_web::test]
async fn an_operator_gives_back_what_was_paid_and_not_more() {
    let world = World::new().await;
    let client = world.client().await;
    let some = r#"{"amount":5000,"reason":"찌그러진 상자"}"#;
    assert_eq!(refusal!(client, "/api/orders/7/refunds", some).1, "ORDER_NOT_FOUND");
    requested!(client);
    assert_eq!(refusal!(client, REFUNDS, some).1, "ORDER_NOT_PAID");
    assert_eq!(client.call("POST", COMPLETE).await.status, 200);
    for (body, code, pointer) in [
        (r#"{"amount":20001,"reason":"all"}"#, "REFUND_ABOVE_CAPTURED", ""),
        (r#"{"amount":0,"reason":"nothing"}"#, "INVALID_REFUND_AMOUNT", "/amount"),
        (r#"{"amount":-5,"reason":"less"}"#, "INVALID_REFUND_AMOUNT", "/amount"),
        (r#"{"amount":"5","reason":"text"}"#, "INVALID_BODY", "/amount"),
        (r#"{"amount":5}"#, "INVALID_BODY", "/reason"),
        (r#"{"reason":"five"}"#, "INVALID_BODY", "/amount"),
        (r#"{"amount":5,"reason":" "}"#, "INVALID_BODY", "/reason"),
        (r#"{"amount":5,"reason":"a\u0000b"}"#, "INVALID_BODY", "/reason"),
        (r#"{"amount":5,"reason":"five","currency":"KRW"}"#, "INVALID_BODY", "/currency"),
    ] {
        let expected = (400, code.to_owned(), pointer.to_owned());
        assert_eq!(refusal!(client, REFUNDS, body), expected, "{body}");
    }
    let keyed = || json("POST", REFUNDS, some).insert_header(("idempotency-key", "refund-1"));
    let first = client.send(keyed()).await;
    assert_eq!((first.status, first.header("location")), (201, "/api/orders/1/payment"));
    let refund = first.json()["data"].clone();
    assert_eq!((&refund["number"], &refund["amount"]), (&json!(1), &json!(5_000)));
    assert_eq!((&refund["reason"], &refund["note"]), (&json!("OPERATOR"), &json!("찌그러진 상자")));
    assert_eq!((&refund["state"], &refund["doneAt"]), (&json!("PENDING"), &json!(null)));
    let again = client.send(keyed()).await;
    assert_eq!((again.line(), again.header("idempotent-replayed")), (first.line(), "true"));
    let refused = client.json("POST", REFUNDS, r#"{"amount":15001,"reason":"too much"}"#).await;
    assert_eq!(
        refused.line(),
        r#"400 {"success":false,"error":"환불 가능 금액 초과: 15001 KRW > 15000 KRW"}"#
    );
    assert_eq!(client.call("DELETE", "/api/orders/1").await.status, 200);
    let payment = client.call("GET", "/api/orders/1/payment").await.json();
    let refunds = payment["data"]["refunds"].as_array().unwrap().clone();
    let told: Vec<_> = refunds.iter().map(|r| json!([r["amount"], r["reason"]])).collect();
    assert_eq!(told, [json!([5_000, "OPERATOR"]), json!([15_000, "ORDER_CANCELLED"])]);
    assert_eq!(world.store.audit(), Vec::<String>::new());
}
