//! S9: holding stock without paying costs an attacker nothing, so there is a limit that an operator may set.

use ordersystem_application::{Bucket, Outbox};

use crate::support::{World, json};

const ONE: &str = r#"{"productId":1,"quantity":1}"#;

#[actix_web::test]
async fn s09_one_client_holds_no_more_than_the_limit() {
    let mut world = World::new().await;
    world.settings.orders.max_unpaid_per_client = 5.try_into().ok();
    let client = world.client().await;
    let from = |peer: &str| {
        json("POST", "/api/orders", ONE).peer_addr(format!("{peer}:4711").parse().unwrap())
    };
    let mut answers = Vec::new();
    for _ in 0..50 {
        answers.push(client.send(from("203.0.113.9")).await);
    }
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 5);
    let refused = answers.last().unwrap();
    assert_eq!(
        refused.line(),
        r#"429 {"success":false,"error":"결제하지 않은 주문이 너무 많습니다"}"#
    );
    assert_eq!(refused.header("x-error-code"), "TOO_MANY_UNPAID_ORDERS");
    assert_eq!(refused.header("retry-after"), "60");
    assert_eq!(client.send(from("203.0.113.10")).await.status, 201, "somebody else");
    client.pay(1).await;
    assert_eq!(client.send(from("203.0.113.9")).await.status, 201, "who has paid");
    let stock = client.call("GET", "/api/inventory/1/status").await.json();
    assert_eq!(stock["data"]["reservedStock"], 6);
    assert_eq!(world.store.audit(), Vec::<String>::new());
}

#[actix_web::test]
async fn s09_a_repeat_of_the_last_order_is_still_answered() {
    let mut world = World::new().await;
    world.settings.orders.max_unpaid_per_client_and_product = 1.try_into().ok();
    let client = world.client().await;
    let peer = "203.0.113.9:4711".parse().unwrap();
    let keyed =
        || json("POST", "/api/orders", ONE).insert_header(("idempotency-key", "k")).peer_addr(peer);
    assert_eq!(client.send(keyed()).await.status, 201);
    let again = client.send(keyed()).await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (201, "true"));
    let other = json("POST", "/api/orders", ONE).peer_addr(peer);
    assert_eq!(client.send(other).await.status, 429);
    let other = json("POST", "/api/orders", r#"{"productId":2,"quantity":1}"#).peer_addr(peer);
    assert_eq!(client.send(other).await.status, 201);
    assert_eq!(world.store.unpublished(&Bucket::all(), 100).await.unwrap().len(), 4);
}
