use std::time::{Duration, Instant};

use ordersystem_adapter_gateway::{HttpGateway, HttpGatewayConfig};
use ordersystem_payment::{Charge, ChargeState, GatewayError, PaymentGateway, RefundOrder};
use ordersystem_shared_kernel::{Currency, Money, OrderId, Timestamp, TransactionId};
use uuid::Uuid;

use crate::script::{Script, Step};

const KEY: &str = "00000000-0000-0000-0000-000000000007";

fn charge() -> Charge {
    Charge {
        order: OrderId::new(1),
        transaction: TransactionId::new(Uuid::from_u128(7)),
        amount: Money::new(15_000, Currency::KRW).unwrap(),
        requested_at: Timestamp::EPOCH,
    }
}

fn refund() -> RefundOrder {
    let Charge { order, transaction, amount, .. } = charge();
    RefundOrder { order, transaction, number: 2, amount }
}

fn captured() -> ChargeState {
    ChargeState::Captured { amount: charge().amount }
}

fn gateway(url: &str) -> HttpGateway {
    let mut config = HttpGatewayConfig::new(url, "test_sk");
    config.call_timeout = Duration::from_millis(300);
    HttpGateway::new(&config).unwrap()
}

fn payment(status: &str) -> Step {
    payment_with(status, "null")
}

fn payment_with(status: &str, cancels: &str) -> Step {
    let body = format!(
        r#"{{"paymentKey":"{KEY}","orderId":"order-1","status":"{status}","currency":"KRW",
        "totalAmount":15000,"balanceAmount":0,"approvedAt":"2025-06-13T14:59:51+09:00",
        "cancels":{cancels}}}"#
    );
    Step::Answer(200, body)
}

fn refusal(status: u16, code: &str) -> Step {
    Step::Answer(status, format!(r#"{{"code":"{code}","message":"안 됩니다"}}"#))
}

fn refused<T>(code: &str) -> Result<T, GatewayError> {
    Err(GatewayError::Refused { code: code.to_owned() })
}

#[tokio::test]
async fn calls_look_as_the_original_wants_them() {
    let steps = [payment("DONE"), payment("DONE"), payment("CANCELED")];
    let script = Script::run(steps).await;
    let gateway = gateway(&format!("{}/", script.url));
    assert_eq!(gateway.charge(&charge()).await, Ok(captured()));
    assert_eq!(gateway.look_up(&charge()).await, Ok(captured()));
    assert_eq!(gateway.refund(&refund()).await, Ok(()));

    let requests = script.requests();
    let [confirm, show, cancel] = &requests[..] else { panic!("{requests:?}") };
    for request in [confirm, show, cancel] {
        assert!(request.contains("Basic dGVzdF9zazo="), "{request}");
    }
    assert!(confirm.starts_with("POST /v1/payments/confirm HTTP/1.1"), "{confirm}");
    assert!(confirm.to_lowercase().contains(&format!("idempotency-key: {KEY}\r\n")), "{confirm}");
    let body = format!(r#"{{"paymentKey":"{KEY}","orderId":"order-1","amount":15000}}"#);
    assert!(confirm.ends_with(&body), "{confirm}");
    assert!(show.starts_with(&format!("GET /v1/payments/{KEY} HTTP/1.1")), "{show}");
    assert!(cancel.starts_with(&format!("POST /v1/payments/{KEY}/cancel HTTP/1.1")), "{cancel}");
    assert!(cancel.to_lowercase().contains(&format!("idempotency-key: {KEY}-2\r\n")), "{cancel}");
    let body = r#"{"cancelReason":"refund 2","cancelAmount":15000}"#;
    assert!(cancel.ends_with(body), "{cancel}");
}

#[track_caller]
fn check_unavailable<T: std::fmt::Debug>(answer: Result<T, GatewayError>, step: &Step) {
    assert!(matches!(answer, Err(GatewayError::Unavailable(_))), "{step:?}: {answer:?}");
}

#[tokio::test]
async fn no_bad_answer_is_taken_for_an_outcome() {
    let short = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"paymentKey\":";
    let huge = format!("{{\"paymentKey\":\"{}\"}}", "x".repeat(300_000));
    let raw = |text: &str| Step::Raw(text.to_owned());
    for step in [
        Step::Hang,
        Step::Trickle,
        raw(""),
        raw("HTTP/1.1 200"),
        raw("SSH-2.0-OpenSSH_9.2\r\n"),
        raw(short),
        raw("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
        Step::Answer(200, huge),
        Step::Answer(200, "{}".to_owned()),
        Step::Answer(500, "oops".to_owned()),
        Step::Answer(404, "<html>no such page</html>".to_owned()),
        refusal(503, "REJECT_CARD_PAYMENT"),
        refusal(400, "PROVIDER_ERROR"),
        refusal(401, "UNAUTHORIZED_KEY"),
    ] {
        let script = Script::run([step.clone(), step.clone(), step.clone()]).await;
        let gateway = gateway(&script.url);
        let start = Instant::now();
        check_unavailable(gateway.charge(&charge()).await, &step);
        check_unavailable(gateway.look_up(&charge()).await, &step);
        check_unavailable(gateway.refund(&refund()).await, &step);
        assert!(start.elapsed() < Duration::from_secs(3), "{step:?} took {:?}", start.elapsed());
    }
}

#[tokio::test]
async fn nobody_there_is_no_outcome() {
    let script = Script::run([]).await;
    let url = script.url.clone();
    drop(script);
    tokio::task::yield_now().await;
    let answer = gateway(&url).charge(&charge()).await;
    check_unavailable(answer, &Step::Hang);
}

#[tokio::test]
async fn a_refused_charge_is_looked_up_before_it_counts_as_failed() {
    let unheard = refusal(404, "NOT_FOUND_PAYMENT");
    let waiting = Ok(ChargeState::Waiting);
    let failed = Ok(ChargeState::Failed);
    for (code, then, expected) in [
        ("ALREADY_PROCESSED_PAYMENT", payment("DONE"), Ok(captured())),
        ("ALREADY_PROCESSED_PAYMENT", payment("PARTIAL_CANCELED"), Ok(captured())),
        ("ALREADY_PROCESSED_PAYMENT", payment("ABORTED"), failed.clone()),
        ("ALREADY_PROCESSED_PAYMENT", payment("IN_PROGRESS"), waiting),
        ("REJECT_CARD_PAYMENT", payment("ABORTED"), failed.clone()),
        ("REJECT_CARD_PAYMENT", payment("IN_PROGRESS"), failed.clone()),
        ("REJECT_CARD_PAYMENT", unheard.clone(), failed),
        ("REJECT_CARD_PAYMENT", payment("DONE"), Ok(captured())),
        ("INVALID_REQUEST", payment("DONE"), Ok(captured())),
        ("INVALID_REQUEST", unheard, refused("INVALID_REQUEST")),
    ] {
        let script = Script::run([refusal(403, code), then.clone()]).await;
        assert_eq!(gateway(&script.url).charge(&charge()).await, expected, "{code} {then:?}");
    }
    let script = Script::run([refusal(403, "REJECT_CARD_PAYMENT"), Step::Hang]).await;
    check_unavailable(gateway(&script.url).charge(&charge()).await, &Step::Hang);
}

#[tokio::test]
async fn a_repetition_that_meets_the_first_call_waits() {
    let busy = refusal(409, "IDEMPOTENT_REQUEST_PROCESSING");
    let script = Script::run([busy.clone(), busy.clone()]).await;
    let gateway = gateway(&script.url);
    assert_eq!(gateway.charge(&charge()).await, Ok(ChargeState::Waiting));
    check_unavailable(gateway.refund(&refund()).await, &busy);
}

#[tokio::test]
async fn a_charge_nobody_heard_of_is_unheard() {
    let script = Script::run([refusal(404, "NOT_FOUND_PAYMENT")]).await;
    assert_eq!(gateway(&script.url).look_up(&charge()).await, Ok(ChargeState::Unheard));
    let script = Script::run([refusal(403, "SOMETHING_ELSE")]).await;
    assert_eq!(gateway(&script.url).look_up(&charge()).await, refused("SOMETHING_ELSE"));
}

#[tokio::test]
async fn a_refund_that_was_done_long_ago_is_done() {
    let cancel = |number: u32, amount: u32| {
        let refund = format!(r#""cancelReason":"refund {number}","cancelAmount":{amount}"#);
        format!(r#"[{{{refund},"canceledAt":"2025-06-14T09:00:00+09:00"}}]"#)
    };
    for (cancels, expected) in [
        (cancel(2, 15_000), Ok(())),
        (cancel(1, 15_000), refused("ALREADY_CANCELED_PAYMENT")),
        (cancel(2, 14_999), refused("ALREADY_CANCELED_PAYMENT")),
        ("null".to_owned(), refused("ALREADY_CANCELED_PAYMENT")),
    ] {
        let steps = [refusal(400, "ALREADY_CANCELED_PAYMENT"), payment_with("CANCELED", &cancels)];
        let script = Script::run(steps).await;
        assert_eq!(gateway(&script.url).refund(&refund()).await, expected, "{cancels}");
    }
}

#[tokio::test]
async fn only_so_many_calls_wait_at_once() {
    let script = Script::run([Step::Hang, Step::Hang]).await;
    let mut config = HttpGatewayConfig::new(&script.url, "");
    config.call_timeout = Duration::from_millis(300);
    config.at_once = std::num::NonZeroUsize::MIN;
    let gateway = HttpGateway::new(&config).unwrap();
    let (order, other) = (charge(), charge());
    let (first, second) = tokio::join!(gateway.charge(&order), gateway.charge(&other));
    check_unavailable(first, &Step::Hang);
    check_unavailable(second, &Step::Hang);
    assert!(script.requests().len() <= 2);
}
