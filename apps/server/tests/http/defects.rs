//! Defects of the original system that show at its API, by their numbers in `reliability.md` §1.

use std::time::Duration;

use ordersystem_shared_kernel::OrderId;

use crate::support::World;

/// `databaseStock`, `redisStock` and `reservedStock` of product 1.
async fn stock(world: &World) -> [i64; 3] {
    let status = world.client().await.call("GET", "/api/inventory/1/status").await.json();
    ["databaseStock", "redisStock", "reservedStock"]
        .map(|key| status["data"][key].as_i64().unwrap())
}

async fn status(world: &World, order: i64) -> String {
    let uri = format!("/api/orders/{order}");
    let order = world.client().await.call("GET", &uri).await.json();
    order["data"]["status"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn must_not_repeat_d03_failures_give_stock_back_once() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(2).await;
    client.call("POST", "/api/orders/1/payment").await;
    for _ in 0..3 {
        let failed = client.call("POST", "/api/orders/1/payment/complete?success=false").await;
        assert_eq!(failed.status, 200);
    }
    assert_eq!(stock(&world).await, [50, 50, 0]);
    assert_eq!(status(&world, 1).await, "CANCELLED");
}

#[actix_web::test]
async fn must_not_repeat_d04_a_success_sells_once() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(2).await;
    for _ in 0..3 {
        client.call("POST", "/api/orders/1/payment").await;
        client.call("POST", "/api/orders/1/payment/complete?success=true").await;
    }
    assert_eq!(stock(&world).await, [48, 48, 0]);
    let payment = client.call("GET", "/api/orders/1/payment").await.json();
    assert_eq!(payment["data"]["attempts"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn must_not_repeat_d05_a_payment_leaves_the_holds_of_others_alone() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(2).await;
    client.order(3).await;
    client.pay(1).await;
    assert_eq!(stock(&world).await, [48, 45, 3]);
}

#[actix_web::test]
async fn must_not_repeat_d06_cancelling_what_was_paid_returns_stock_everywhere() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(2).await;
    client.pay(1).await;
    assert_eq!(client.call("DELETE", "/api/orders/1").await.status, 200);
    assert_eq!(stock(&world).await, [50, 50, 0]);
}

#[actix_web::test]
async fn must_not_repeat_d07_cancelling_twice_returns_stock_once() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(2).await;
    for _ in 0..2 {
        assert_eq!(client.call("DELETE", "/api/orders/1").await.status, 200);
    }
    assert_eq!(stock(&world).await, [50, 50, 0]);
}

#[actix_web::test]
async fn must_not_repeat_d09_sync_keeps_holds() {
    let world = World::new().await;
    let client = world.client().await;
    assert_eq!(client.order(40).await.status, 201);
    assert_eq!(client.call("POST", "/api/inventory/1/sync").await.status, 200);
    assert_eq!(stock(&world).await, [50, 10, 40]);
    assert_eq!(client.order(40).await.status, 400);
}

#[actix_web::test]
async fn must_not_repeat_d16_a_late_success_revives_nothing_and_is_refunded() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(2).await;
    client.call("POST", "/api/orders/1/payment").await;
    client.call("DELETE", "/api/orders/1").await;
    for _ in 0..2 {
        let late = client.call("POST", "/api/orders/1/payment/complete?success=true").await;
        assert_eq!(late.status, 200);
    }
    assert_eq!(status(&world, 1).await, "CANCELLED");
    assert_eq!(stock(&world).await, [50, 50, 0]);
    let payment = client.call("GET", "/api/orders/1/payment").await.json();
    assert_eq!(payment["data"]["refunds"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn must_not_repeat_d31_refusals_have_their_status_and_one_shape() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(50).await;
    for (body, status) in [
        (r#"{"productId":1,"quantity":1}"#, 400),
        (r#"{"productId":1,"quantity":0}"#, 400),
        (r#"{"productId":1}"#, 400),
        ("{", 400),
        (r#"{"productId":99,"quantity":1}"#, 404),
    ] {
        let refused = client.json("POST", "/api/orders", body).await;
        assert_eq!(refused.status, status, "{body}");
        let keys: Vec<_> = refused.json().as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys, ["success", "error"], "{body}");
    }
}

#[actix_web::test]
async fn must_not_repeat_d33_the_estimate_is_fixed_at_shipment() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(1).await;
    client.pay(1).await;
    world.prepare(1).await;
    client.call("PATCH", "/api/delivery/1/status?status=SHIPPED").await;
    let before = client.call("GET", "/api/delivery/1").await.json();
    assert!(before["data"]["shippedAt"].is_string());
    world.clock.advance(Duration::from_hours(48));
    let after = client.call("GET", "/api/delivery/1").await.json();
    assert_eq!(after["data"]["estimatedArrival"], before["data"]["estimatedArrival"]);
}

#[actix_web::test]
async fn must_not_repeat_d34_unlimited_stock_is_not_a_number() {
    let world = World::new().await;
    let client = world.client().await;
    for order in 1..=3 {
        let body = r#"{"productId":3,"quantity":10000}"#;
        assert_eq!(client.json("POST", "/api/orders", body).await.status, 201);
        client.call("POST", "/api/inventory/3/sync").await;
        let cancelled = client.call("DELETE", &format!("/api/orders/{order}")).await;
        assert_eq!(cancelled.status, 200);
    }
    let status = client.call("GET", "/api/inventory/3/status").await.json();
    assert!(status["data"]["redisStock"].is_null());
}

#[actix_web::test]
async fn must_not_repeat_d41_quantities_have_an_upper_bound() {
    let world = World::new().await;
    let client = world.client().await;
    assert_eq!(
        client.json("POST", "/api/orders", r#"{"productId":3,"quantity":10001}"#).await.status,
        400
    );
    assert_eq!(
        client.json("POST", "/api/orders", r#"{"productId":3,"quantity":10000}"#).await.status,
        201
    );
}

#[actix_web::test]
async fn must_not_repeat_d42_a_new_price_does_not_change_what_was_ordered() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(2).await;
    client.json("PATCH", "/api/products/1", r#"{"price":1,"name":"Renamed"}"#).await;
    client.call("POST", "/api/orders/1/payment").await;
    let order = client.call("GET", "/api/orders/1").await.json();
    assert_eq!(order["data"]["lines"][0]["name"], "Sample Product A");
    assert_eq!(order["data"]["total"], 20_000);
    let payment = client.call("GET", "/api/orders/1/payment").await.json();
    assert_eq!(payment["data"]["amount"], 20_000);
    client.order(2).await;
    let repriced = client.call("GET", "/api/orders/2").await.json();
    assert_eq!(repriced["data"]["total"], 2);
}

#[actix_web::test]
async fn an_expired_hold_frees_its_stock() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(50).await;
    world.clock.advance(Duration::from_hours(1));
    assert_eq!(client.order(1).await.status, 400);
    world.use_cases.expire_hold(OrderId::new(1)).await.unwrap();
    assert_eq!(client.order(1).await.status, 201);
}
