//! Refusals for programs: problem documents, and what is told when the store is down.

use ordersystem::http::catalogue;
use ordersystem_adapter_memory::CommitFault;

use crate::log::Log;
use crate::support::{World, json, request};

const PROBLEM: (&str, &str) = ("accept", "application/problem+json");

#[actix_web::test]
async fn a_problem_document_names_code_place_and_request() {
    let world = World::new().await;
    let client = world.client().await;
    let refused = json("POST", "/api/orders", r#"{"productId":1,"quantity":0}"#)
        .insert_header(PROBLEM)
        .insert_header(("accept-language", "en"))
        .insert_header(("x-request-id", "r-1"));
    let refused = client.send(refused).await;
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert_eq!(
        refused.line(),
        concat!(
            r#"400 {"type":"/errors/INVALID_QUANTITY","title":"Nobody can order this quantity","status":400,"#,
            r#""detail":"The quantity must be at least 1. requested=0","instance":"/api/orders","#,
            r#""code":"INVALID_QUANTITY","requestId":"r-1","retryable":false,"errors":[{"pointer":"/quantity","#,
            r#""code":"range","message":"The quantity must be at least 1. requested=0","#,
            r#""params":{"min":1,"requested":0}}]}"#
        )
    );
    let korean = request("GET", "/api/orders/7").insert_header(PROBLEM);
    let korean = client.send(korean.insert_header(("x-request-id", "r-2"))).await;
    assert_eq!(
        korean.line(),
        concat!(
            r#"404 {"type":"/errors/ORDER_NOT_FOUND","title":"주문이 없습니다","status":404,"#,
            r#""detail":"주문 미발견: 7","instance":"/api/orders/7","code":"ORDER_NOT_FOUND","#,
            r#""requestId":"r-2","retryable":false,"errors":[]}"#
        )
    );
}

#[actix_web::test]
async fn successes_are_not_problems() {
    let world = World::new().await;
    let client = world.client().await;
    let fine = client.send(request("GET", "/api/orders").insert_header(PROBLEM)).await;
    assert_eq!(fine.header("content-type"), "application/json");
}

#[actix_web::test]
async fn a_store_that_is_down_says_when_to_come_back() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(1).await;
    for (fault, code, after) in [
        (CommitFault::Unavailable, "STORE_UNAVAILABLE", "2"),
        (CommitFault::Overloaded, "OVERLOADED", "1"),
        (CommitFault::LostUnit, "OUTCOME_UNKNOWN", "2"),
    ] {
        world.store.faults().fail_commits(1, fault);
        let (log, _guard) = Log::of_this_thread();
        let refused = client.order(1).await;
        let lines = log.take();
        assert!(lines.len() == 1 && lines[0].contains("WARN"), "{lines:?}");
        assert_eq!(refused.status, 503, "{code}");
        assert_eq!(refused.header("x-error-code"), code);
        assert_eq!(refused.header("retry-after"), after, "{code}");
    }
    let reads = [
        "/api/orders",
        "/api/orders/1",
        "/api/orders/1/history",
        "/api/orders/1/payment",
        "/api/delivery/1",
        "/api/inventory",
        "/api/inventory/1/status",
        "/api/products",
        "/api/products/1",
    ];
    for uri in reads {
        world.store.faults().fail_reads(1);
        let refused = client.call("GET", uri).await;
        assert_eq!(
            refused.line(),
            r#"503 {"success":false,"error":"일시적으로 서비스를 이용할 수 없습니다. 잠시 후 다시 시도해 주세요"}"#,
            "{uri}"
        );
        assert_eq!(refused.header("retry-after"), "2", "{uri}");
    }
}

#[actix_web::test]
async fn the_catalogue_has_a_title_in_both_languages() {
    use ordersystem::http::Language::{English, Korean};
    for entry in catalogue() {
        assert!(entry.title(English).is_ascii(), "{}", entry.code);
        assert!(!entry.title(Korean).is_ascii(), "{}", entry.code);
    }
}
