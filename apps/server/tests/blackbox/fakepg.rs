//! The pretend payment gateway as a process: called by the adapter of the shop, and by hand.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, SystemTime};

use ordersystem_adapter_gateway::webhook::{self, Message, WebhookSecret};
use ordersystem_adapter_gateway::{HttpGateway, HttpGatewayConfig};
use ordersystem_payment::{Charge, ChargeState, GatewayError, PaymentGateway, RefundOrder};
use ordersystem_shared_kernel::{Currency, Money, OrderId, Timestamp, TransactionId};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use crate::support::{FakePg, PATIENCE, wait_until};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn won(amount: i64) -> Money {
    Money::new(amount, Currency::KRW).unwrap()
}

fn charge(number: u128, amount: i64) -> Charge {
    Charge {
        order: OrderId::new(7),
        transaction: TransactionId::new(Uuid::from_u128(number)),
        amount: won(amount),
        requested_at: Timestamp::EPOCH,
    }
}

fn refund(of: &Charge, number: u32, amount: i64) -> RefundOrder {
    let Charge { order, transaction, .. } = *of;
    RefundOrder { order, transaction, number, amount: won(amount) }
}

fn gateway(fakepg: &FakePg, secret: &str) -> HttpGateway {
    let mut config = HttpGatewayConfig::new(fakepg.url(), secret);
    config.call_timeout = Duration::from_secs(2);
    HttpGateway::new(&config).unwrap()
}

fn silent<T>(answer: &Result<T, GatewayError>) -> bool {
    matches!(answer, Err(GatewayError::Unavailable(_)))
}

/// Moves on every time it is asked for the same.
async fn until(gateway: &HttpGateway, charge: &Charge, expected: ChargeState) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while gateway.look_up(charge).await != Ok(expected) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    waited.await.unwrap();
}

#[tokio::test]
async fn the_adapter_and_the_server_mean_the_same() {
    let folder = TempDir::new().unwrap();
    let fakepg = FakePg::start(folder.path(), &["--secret-key", "test_sk"]);
    let gateway = gateway(&fakepg, "test_sk");
    let captured = |amount| ChargeState::Captured { amount: won(amount) };
    assert_eq!(gateway.look_up(&charge(1, 10_000)).await, Ok(ChargeState::Unheard));
    for (number, amount, first, settled) in [
        (1, 10_000, Some(captured(10_000)), captured(10_000)),
        (2, 10_901, Some(ChargeState::Failed), ChargeState::Failed),
        (3, 10_902, Some(ChargeState::Waiting), ChargeState::Failed),
        (4, 10_903, Some(ChargeState::Waiting), captured(10_903)),
        (5, 10_904, Some(ChargeState::Waiting), ChargeState::Waiting),
        (6, 10_905, Some(captured(10_904)), captured(10_904)),
        (7, 10_906, None, captured(10_906)),
        (8, 10_907, None, ChargeState::Unheard),
        (9, 10_908, None, ChargeState::Unheard),
    ] {
        let charge = charge(number, amount);
        let answer = gateway.charge(&charge).await;
        assert_eq!(answer.clone().ok(), first, "{amount}: {answer:?}");
        until(&gateway, &charge, settled).await;
        if settled == ChargeState::Unheard {
            assert_eq!(gateway.charge(&charge).await, Ok(captured(amount)), "{amount}, again");
        } else {
            assert_eq!(gateway.charge(&charge).await, Ok(settled), "{amount}, again");
        }
    }
    let sum = 10_000 + 10_903 + 10_904 + 10_906 + 10_907 + 10_908;
    assert_eq!(fakepg.ledger()["taken"], json!({"KRW": sum}));
}

#[tokio::test]
async fn money_goes_back_once_whatever_is_lost() {
    let folder = TempDir::new().unwrap();
    let fakepg = FakePg::start(folder.path(), &["--refund-replies", "lost,unheard,no-service"]);
    let gateway = gateway(&fakepg, "any");
    let charge = charge(1, 10_000);
    gateway.charge(&charge).await.unwrap();
    for _ in 0..3 {
        assert!(silent(&gateway.refund(&refund(&charge, 1, 4_000)).await));
    }
    assert_eq!(gateway.refund(&refund(&charge, 1, 4_000)).await, Ok(()));
    assert_eq!(gateway.refund(&refund(&charge, 2, 6_000)).await, Ok(()));
    let refused = gateway.refund(&refund(&charge, 3, 1)).await;
    assert_eq!(refused, Err(GatewayError::Refused { code: "ALREADY_CANCELED_PAYMENT".into() }));
    // Refunds do not undo that it was taken.
    assert_eq!(gateway.look_up(&charge).await, Ok(ChargeState::Captured { amount: won(10_000) }));
    let ledger = fakepg.ledger();
    assert_eq!(ledger["givenBack"], json!({"KRW": 10_000}));
    assert_eq!(ledger["charges"][0]["refunds"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_wrong_key_is_no_outcome() {
    let folder = TempDir::new().unwrap();
    let fakepg = FakePg::start(folder.path(), &["--secret-key", "test_sk"]);
    let gateway = gateway(&fakepg, "test_sk_of_another_shop");
    assert!(silent(&gateway.charge(&charge(1, 10_000)).await));
    assert!(silent(&gateway.look_up(&charge(1, 10_000)).await));
    assert!(silent(&gateway.refund(&refund(&charge(1, 10_000), 1, 1)).await));
    assert_eq!(fakepg.ledger()["charges"], json!([]));
}

#[test]
fn by_hand_it_answers_as_the_original_does() {
    let folder = TempDir::new().unwrap();
    let fakepg = FakePg::start(folder.path(), &[]);
    let client = fakepg.client();
    let key = Uuid::from_u128(1).to_string();
    let confirm = json!({"paymentKey": key, "orderId": "order-7", "amount": 15_000});
    let call = |path: &str, headers: &[(&str, &str)], body: &Value| {
        let answer = client.send("POST", path, headers, &body.to_string()).unwrap();
        (answer.status, answer.json())
    };
    let header = [("TossPayments-Test-Code", "REJECT_CARD_PAYMENT")];
    let other = json!({"paymentKey": Uuid::from_u128(2), "orderId": "order-8", "amount": 100});
    let (status, refused) = call("/v1/payments/confirm", &header, &other);
    assert_eq!((status, &refused["code"]), (403, &json!("REJECT_CARD_PAYMENT")));
    let (status, paid) = call("/v1/payments/confirm", &[], &confirm);
    assert_eq!((status, &paid["status"]), (200, &json!("DONE")));
    let (status, twice) = call("/v1/payments/confirm", &[], &confirm);
    assert_eq!((status, &twice["code"]), (400, &json!("ALREADY_PROCESSED_PAYMENT")));
    let cancel = format!("/v1/payments/{key}/cancel");
    let part = json!({"cancelReason": "마음이 바뀜", "cancelAmount": 5_000});
    let (status, partly) = call(&cancel, &[], &part);
    assert_eq!((status, &partly["status"]), (200, &json!("PARTIAL_CANCELED")));
    assert_eq!(partly["balanceAmount"], 10_000);
    let (status, wholly) = call(&cancel, &[], &json!({"cancelReason": "전부"}));
    assert_eq!((status, &wholly["status"]), (200, &json!("CANCELED")));
    for (path, body, expected) in [
        ("/v1/payments/confirm", json!({"paymentKey": key}), (400, "INVALID_REQUEST")),
        (&cancel, json!({"cancelReason": ""}), (400, "ALREADY_CANCELED_PAYMENT")),
        ("/v1/payments/nothing/cancel", json!({"cancelReason": ""}), (404, "NOT_FOUND_PAYMENT")),
    ] {
        let (status, answer) = call(path, &[], &body);
        assert_eq!((status, answer["code"].as_str().unwrap()), expected, "{path} {body}");
    }
}

/// A shop that answers each webhook with the next of these states, then with 200; hands out heads and bodies.
fn shop(mut answers: Vec<u16>) -> (String, Receiver<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, seen) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
            // The body is JSON in one object: its end is the end of the request.
            while !bytes.ends_with(b"}") {
                let count = stream.read(&mut buffer).unwrap();
                bytes.extend_from_slice(&buffer[..count]);
            }
            let text = String::from_utf8(bytes).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            drop(sender.send((head.to_owned(), body.to_owned())));
            let status = if answers.is_empty() { 200 } else { answers.remove(0) };
            let answer =
                format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
            drop(stream.write_all(answer.as_bytes()));
        }
    });
    (url, seen)
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let line = |line: &'a str| {
        let (key, value) = line.split_once(": ")?;
        key.eq_ignore_ascii_case(name).then_some(value)
    };
    head.lines().find_map(line).unwrap_or_default()
}

#[tokio::test]
async fn decisions_reach_the_shop_signed_and_again_until_it_takes_them() {
    let (url, seen) = shop(vec![500, 503, 404]);
    let folder = TempDir::new().unwrap();
    let args = [
        "--webhook-url",
        &url,
        "--webhook-secret",
        SECRET,
        "--webhook-duplicates",
        "1",
        "--delay-ms",
        "50",
    ];
    let fakepg = FakePg::start(folder.path(), &args);
    let charge = charge(1, 10_000);
    assert_eq!(gateway(&fakepg, "").charge(&charge).await, Ok(ChargeState::Waiting));
    let secret: WebhookSecret = SECRET.parse().unwrap();
    let mut ids = Vec::new();
    // Three that were refused, and two that were taken.
    for _ in 0..5 {
        let (head, body) = seen.recv_timeout(PATIENCE).unwrap();
        let path = "POST /api/orders/7/payment/complete?success=true HTTP/1.1";
        assert!(head.starts_with(path), "{head}");
        let message = Message {
            id: header(&head, webhook::ID).as_bytes(),
            timestamp: header(&head, webhook::TIMESTAMP).as_bytes(),
            signature: header(&head, webhook::SIGNATURE).as_bytes(),
            body: body.as_bytes(),
        };
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(
            webhook::verify(std::slice::from_ref(&secret), &message, Timestamp::EPOCH.after(now)),
            Ok(())
        );
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["transactionId"], charge.transaction.to_string());
        assert_eq!((&body["amount"], &body["currency"]), (&json!(10_000), &json!("KRW")));
        ids.push(header(&head, webhook::ID).to_owned());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "{ids:?}");
    fakepg.wait_for_webhooks(2);
    assert_eq!(fakepg.ledger()["webhooks"], json!({"sent": 5, "taken": 2, "givenUp": 0}));
}

#[tokio::test]
async fn webhooks_overtake_each_other() {
    let (url, seen) = shop(vec![]);
    let folder = TempDir::new().unwrap();
    let args = ["--webhook-url", &url, "--webhook-shuffle-ms", "300"];
    let fakepg = FakePg::start(folder.path(), &args);
    let gateway = gateway(&fakepg, "");
    let numbers: Vec<u128> = (1..=8).collect();
    for number in &numbers {
        gateway.charge(&charge(*number, 10_000)).await.unwrap();
    }
    let told = || seen.recv_timeout(PATIENCE).unwrap().1;
    let told: Vec<Value> = numbers.iter().map(|_| serde_json::from_str(&told()).unwrap()).collect();
    let asked = numbers.iter().map(|number| json!(Uuid::from_u128(*number)));
    let told: Vec<_> = told.into_iter().map(|body| body["transactionId"].clone()).collect();
    assert!(asked.clone().all(|transaction| told.contains(&transaction)));
    assert!(!asked.eq(told.iter().cloned()), "they came in order");
}

#[test]
fn it_ends_when_told_to_and_says_what_is_wrong() {
    let folder = TempDir::new().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (args, exit, words) in [
        (vec!["--port", &port], 69, "cannot be listened on"),
        (vec!["--port", "many"], 2, "--port takes a number"),
        (vec!["--test-code", "MAYBE"], 2, "REJECT_CARD_PAYMENT"),
        (vec!["--webhook-secret", SECRET], 2, "--webhook-url"),
        (vec!["--webhook-url", "h:1", "--webhook-secret", "short"], 2, "24 to 64 bytes"),
    ] {
        let line = [vec!["fakepg"], args].concat();
        let (code, _, err) = crate::support::run(folder.path(), &line);
        assert_eq!(code, exit, "{line:?}: {err}");
        assert!(err.contains(words), "{line:?}: {err}");
    }
    let mut fakepg = FakePg::start(folder.path(), &[]);
    fakepg.signal("-TERM");
    wait_until("it ends", || fakepg.ended() == Some(0));
}
