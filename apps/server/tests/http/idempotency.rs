//! `Idempotency-Key`: one effect, one answer.

use std::sync::Arc;

use actix_web::test::TestRequest;
use futures_util::future::join;
use ordersystem_adapter_memory::CommitFault;
use ordersystem_application::StoredAnswer;
use ordersystem_shared_kernel::Answer;
use tokio::sync::Semaphore;

use crate::log::Log;
use crate::stores::answers;
use crate::support::{World, json, request};

fn keyed(request: TestRequest, key: &str) -> TestRequest {
    request.insert_header(("idempotency-key", key.to_owned()))
}

fn order(key: &str, body: &str) -> TestRequest {
    keyed(json("POST", "/api/orders", body), key)
}

const TWO: &str = r#"{"productId":1,"quantity":2}"#;

#[actix_web::test]
async fn a_repeat_is_answered_byte_for_byte_and_changes_nothing() {
    let world = World::new().await;
    let client = world.client().await;
    let first = client.send(order("\"k-1\"", TWO)).await;
    assert_eq!((first.status, first.header("idempotent-replayed")), (201, ""));
    let before = world.everything().await;
    // Bare or quoted, with other blanks and another order of keys: the same request.
    let spelled_otherwise = r#" { "quantity" : 2, "productId" : 1 } "#;
    let again = client.send(order("k-1", spelled_otherwise)).await;
    assert_eq!(again.line(), first.line());
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(again.header("content-type"), first.header("content-type"));
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(world.everything().await, before);
}

#[actix_web::test]
async fn every_command_can_be_repeated() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(1).await;
    let new = r#"{"name":"새 상품","price":1,"stock":1}"#;
    let commands: [(&str, &dyn Fn() -> TestRequest); 7] = [
        ("request payment", &|| request("POST", "/api/orders/1/payment")),
        ("complete", &|| request("POST", "/api/orders/1/payment/complete?success=true")),
        ("create", &|| json("POST", "/api/products", new)),
        ("change", &|| json("PATCH", "/api/products/1", r#"{"price":7}"#)),
        ("adjust", &|| json("POST", "/api/products/1/stock", r#"{"delta":1,"reason":"found"}"#)),
        ("ship", &|| request("PATCH", "/api/delivery/1/status?status=SHIPPED")),
        ("deliver", &|| request("PATCH", "/api/delivery/1/status?status=DELIVERED")),
    ];
    for (name, command) in commands {
        if name == "ship" {
            world.prepare(1).await;
        }
        let first = client.send(keyed(command(), name.replace(' ', "-").as_str())).await;
        assert!(first.status < 300, "{name}: {first:?}");
        let before = world.everything().await;
        let again = client.send(keyed(command(), name.replace(' ', "-").as_str())).await;
        assert_eq!(again.line(), first.line(), "{name}");
        assert_eq!(again.header("location"), first.header("location"), "{name}");
        assert_eq!(again.header("etag"), first.header("etag"), "{name}");
        assert_eq!(again.header("idempotent-replayed"), "true", "{name}");
        assert_eq!(world.everything().await, before, "{name}");
    }
}

#[actix_web::test]
async fn a_cancelled_order_says_so_again() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(1).await;
    for replayed in ["", "true"] {
        let cancelled = client.send(keyed(request("DELETE", "/api/orders/1"), "c")).await;
        assert_eq!(cancelled.line(), r#"200 {"success":true,"data":null}"#);
        assert_eq!(cancelled.header("idempotent-replayed"), replayed);
    }
}

#[actix_web::test]
async fn another_request_cannot_reuse_a_key() {
    let world = World::new().await;
    let client = world.client().await;
    client.send(order("k", TWO)).await;
    let other = client.send(order("k", r#"{"productId":1,"quantity":3}"#)).await;
    assert_eq!(other.status, 422);
    assert_eq!(other.header("x-error-code"), "IDEMPOTENCY_KEY_REUSED");
    // The key belongs to method and path: elsewhere it is free.
    let elsewhere = client.send(keyed(request("POST", "/api/orders/1/payment"), "k")).await;
    assert_eq!(elsewhere.status, 202);
    let uri = |outcome| format!("/api/orders/1/payment/complete?success={outcome}");
    client.send(keyed(request("POST", &uri("true")), "q")).await;
    let other_query = client.send(keyed(request("POST", &uri("false")), "q")).await;
    assert_eq!(other_query.status, 422);
}

#[actix_web::test]
async fn refusals_and_failures_are_not_pinned() {
    let world = World::new().await;
    let client = world.client().await;
    let sold_out = client.send(order("k", r#"{"productId":1,"quantity":51}"#)).await;
    assert_eq!(sold_out.status, 400);
    world.store.faults().fail_commits(1, CommitFault::Unavailable);
    assert_eq!(client.send(order("k", TWO)).await.status, 503);
    let placed = client.send(order("k", TWO)).await;
    assert_eq!((placed.status, placed.header("idempotent-replayed")), (201, ""));
}

#[actix_web::test]
async fn a_lost_answer_is_found_again() {
    let world = World::new().await;
    let client = world.client().await;
    world.store.faults().fail_commits(1, CommitFault::LostAnswer);
    let lost = client.send(order("k", TWO)).await;
    assert_eq!(lost.header("x-error-code"), "OUTCOME_UNKNOWN");
    let found = client.send(order("k", TWO)).await;
    assert_eq!((found.status, found.header("idempotent-replayed")), (201, "true"));
    let orders = client.call("GET", "/api/orders").await.json();
    assert_eq!(orders["data"]["items"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn unusable_keys_are_refused() {
    let world = World::new().await;
    let client = world.client().await;
    for key in ["", "\"\"", "a b", "\"open", &"k".repeat(256)] {
        let refused = client.send(order(key, TWO)).await;
        assert_eq!(refused.status, 400, "{key}");
        assert_eq!(refused.header("x-error-code"), "INVALID_IDEMPOTENCY_KEY", "{key}");
    }
    let twice = order("a", TWO).append_header(("idempotency-key", "b"));
    assert_eq!(client.send(twice).await.header("x-error-code"), "INVALID_IDEMPOTENCY_KEY");
    assert_eq!(client.send(order(&"k".repeat(255), TWO)).await.status, 201);
}

#[actix_web::test]
async fn the_commit_finds_a_repeat_that_the_lookup_has_missed() {
    let world = World::new().await;
    let open = Arc::new(Semaphore::new(3));
    let client = world.client_over(answers(&world, &open, |_| None)).await;
    let first = client.send(order("k", TWO)).await;
    let again = client.send(order("k", TWO)).await;
    assert_eq!((again.line(), again.header("idempotent-replayed")), (first.line(), "true"));
    let other = client.send(order("k", r#"{"productId":1,"quantity":3}"#)).await;
    assert_eq!(other.status, 422);
    assert_eq!(world.store.audit(), Vec::<String>::new());
}

#[actix_web::test]
async fn a_stored_answer_that_cannot_be_read_is_a_defect_that_shows_nothing() {
    let world = World::new().await;
    let open = Arc::new(Semaphore::new(2));
    let spoilt = |answer| Some(StoredAnswer { answer: Answer(b"SELECT".to_vec()), ..answer });
    let client = world.client_over(answers(&world, &open, spoilt)).await;
    assert_eq!(client.send(order("k", TWO)).await.status, 201);
    let (log, _guard) = Log::of_this_thread();
    let failed = client.send(order("k", TWO)).await;
    let body = r#"500 {"success":false,"error":"서버 내부 오류가 발생했습니다"}"#;
    assert_eq!(failed.line(), body);
    assert_eq!(failed.header("x-error-code"), "INTERNAL_ERROR");
    let lines = log.take();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("ERROR") && lines[0].contains("a stored answer cannot be read"));
}

#[actix_web::test]
async fn a_key_in_flight_is_a_conflict() {
    let world = World::new().await;
    let gate = Arc::new(Semaphore::new(0));
    let client = world.client_over(answers(&world, &gate, Some)).await;
    let meanwhile = async {
        let second = client.send(order("k", TWO)).await;
        gate.add_permits(2);
        second
    };
    let (first, second) = join(client.send(order("k", TWO)), meanwhile).await;
    assert_eq!(first.status, 201);
    assert_eq!(second.line(), r#"409 {"success":false,"error":"같은 요청을 처리하고 있습니다"}"#);
    assert_eq!(second.header("retry-after"), "1");
    let third = client.send(order("k", TWO)).await;
    assert_eq!((third.line(), third.header("idempotent-replayed")), (first.line(), "true"));
}
