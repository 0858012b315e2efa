use ordersystem_shared_kernel::{Currency, Money};
use uuid::Uuid;

use super::*;

fn transaction() -> TransactionId {
    TransactionId::new(Uuid::from_u128(7))
}

fn payment(status: &str, approved_at: &str) -> String {
    format!(
        r#"{{"mId":"tosspayments","paymentKey":"{}","orderId":"order-1","status":"{status}",
        "approvedAt":{approved_at},"currency":"KRW","totalAmount":15000,"balanceAmount":15000,
        "cancels":null,"failure":null,"easyPay":null}}"#,
        transaction()
    )
}

fn read(status: u16, body: &str) -> Result<PaymentBody, Trouble> {
    Answer { status, body: body.as_bytes().to_vec() }.read(transaction())
}

#[test]
fn every_state_of_a_payment_is_understood() {
    let captured = ChargeState::Captured { amount: Money::new(15_000, Currency::KRW).unwrap() };
    let moment = r#""2025-06-13T14:59:51+09:00""#;
    for (status, approved_at, expected) in [
        ("READY", "null", ChargeState::Waiting),
        ("IN_PROGRESS", "null", ChargeState::Waiting),
        ("WAITING_FOR_DEPOSIT", "null", ChargeState::Waiting),
        ("DONE", moment, captured),
        ("CANCELED", moment, captured),
        ("CANCELED", "null", ChargeState::Failed),
        ("PARTIAL_CANCELED", moment, captured),
        ("ABORTED", "null", ChargeState::Failed),
        ("EXPIRED", "null", ChargeState::Failed),
    ] {
        let body = read(200, &payment(status, approved_at)).unwrap();
        assert_eq!(state_of(&body), Ok(expected), "{status}");
    }
}

#[test]
fn nonsense_is_no_answer() {
    let other = payment("DONE", "null").replace('7', "8");
    let negative = payment("DONE", "null").replace("15000,\"b", "-1,\"b");
    let unclear = |status, body: &str| matches!(read(status, body), Err(Trouble::Unclear(_)));
    for body in ["", "<html>", "null", "[]", "{}", &other, &payment("STOLEN", "null")] {
        assert!(unclear(200, body), "{body}");
    }
    for status in [301, 500, 502, 503, 504] {
        assert!(unclear(status, &payment("DONE", "null")), "{status}");
        assert!(unclear(status, r#"{"code":"INVALID_REQUEST","message":""}"#), "{status}");
    }
    for body in ["", "<html>", "{}", r#"{"code":7,"message":""}"#] {
        assert!(unclear(404, body), "{body}");
    }
    let negative = state_of(&read(200, &negative).unwrap());
    assert!(matches!(negative, Err(GatewayError::Unavailable(_))));
}

#[test]
fn refusals_are_told_apart_from_bad_moments() {
    let refused = |status, code: &str| {
        read(status, &format!(r#"{{"code":"{code}","message":"안 됩니다"}}"#)).unwrap_err()
    };
    for (status, code) in [
        (400, "ALREADY_PROCESSED_PAYMENT"),
        (403, "REJECT_CARD_PAYMENT"),
        (404, "NOT_FOUND_PAYMENT"),
        (400, "A_CODE_OF_TOMORROW"),
    ] {
        assert_eq!(refused(status, code), Trouble::Rejected { code: code.to_owned() });
    }
    for (status, code) in [
        (400, "PROVIDER_ERROR"),
        (400, "INVALID_API_KEY"),
        (401, "UNAUTHORIZED_KEY"),
        (403, "FORBIDDEN_REQUEST"),
        (429, "ANYTHING"),
    ] {
        assert!(matches!(refused(status, code), Trouble::Unclear(_)), "{code}");
    }
    assert_eq!(refused(409, "IDEMPOTENT_REQUEST_PROCESSING"), Trouble::Busy);
}

#[test]
fn an_address_is_judged_before_the_first_call() {
    let base = |url: &str| HttpGatewayConfig::new(url, "").base();
    assert_eq!(base("http://127.0.0.1:9090/"), Ok("http://127.0.0.1:9090".to_owned()));
    assert_eq!(base("http://pay/toss"), Ok("http://pay/toss".to_owned()));
    assert_eq!(base("https://api.tosspayments.com"), Err(InvalidGateway::Tls));
    for wrong in ["", "pay", "ftp://pay", "http://", "/v1", "http://key@pay", "http://pay?x=1"] {
        assert_eq!(base(wrong), Err(InvalidGateway::Address), "{wrong}");
    }
}

#[test]
fn the_secret_is_never_shown() {
    let config = HttpGatewayConfig::new("http://pay", "test_sk_secret");
    let gateway = HttpGateway::new(&config).unwrap();
    for text in [format!("{config:?}"), format!("{gateway:?}")] {
        assert!(!text.contains("secret") && !text.contains("dGVzdF9z"), "{text}");
    }
}
