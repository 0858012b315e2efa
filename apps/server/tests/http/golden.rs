//! Every body and status of contract §2, and the texts of its refusals.

use std::time::Duration;

use crate::support::World;

const NOTHING: &str = r#"200 {"success":true,"data":null}"#;

#[actix_web::test]
async fn an_order_is_answered_as_the_contract_says() {
    let world = World::new().await;
    let client = world.client().await;
    let placed = client.json("POST", "/api/orders", r#"{"productId":1,"quantity":2}"#).await;
    assert_eq!(
        placed.line(),
        r#"201 {"success":true,"data":{"orderId":1,"productId":1,"quantity":2,"status":"CREATED"}}"#
    );
    assert_eq!(placed.header("location"), "/api/orders/1");
    assert_eq!(placed.header("content-type"), "application/json");

    let many = r#"{"items":[{"productId":1,"quantity":2},{"productId":3,"quantity":1},{"productId":1,"quantity":3}]}"#;
    let placed = client.json("POST", "/api/orders", many).await;
    assert_eq!(
        placed.line(),
        concat!(
            r#"201 {"success":true,"data":{"orderId":2,"items":[{"productId":1,"quantity":5},"#,
            r#"{"productId":3,"quantity":1}],"status":"CREATED"}}"#
        )
    );
}

#[actix_web::test]
async fn refused_orders_say_why() {
    let world = World::new().await;
    let client = world.client().await;
    for (body, line) in [
        (
            r#"{"productId":1,"quantity":51}"#,
            r#"400 {"success":false,"error":"재고 부족: productId=1"}"#,
        ),
        (r#"{"productId":99,"quantity":1}"#, r#"404 {"success":false,"error":"상품 미발견: 99"}"#),
        (
            r#"{"productId":1,"quantity":0}"#,
            r#"400 {"success":false,"error":"요청 수량은 최소 1 이상이어야 합니다. requested=0"}"#,
        ),
    ] {
        assert_eq!(client.json("POST", "/api/orders", body).await.line(), line);
    }
}

#[actix_web::test]
async fn cancelling() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(2).await;
    assert_eq!(client.call("DELETE", "/api/orders/1").await.line(), NOTHING);
    assert_eq!(client.call("DELETE", "/api/orders/1").await.line(), NOTHING);
    assert_eq!(
        client.call("DELETE", "/api/orders/7").await.line(),
        r#"404 {"success":false,"error":"주문 미발견: 7"}"#
    );
    client.order(2).await;
    client.pay(2).await;
    world.prepare(2).await;
    client.call("PATCH", "/api/delivery/2/status?status=SHIPPED").await;
    assert_eq!(
        client.call("DELETE", "/api/orders/2").await.line(),
        r#"400 {"success":false,"error":"상태 전환 불가: SHIPPED → CANCELLED"}"#
    );
}

#[actix_web::test]
async fn paying() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(2).await;
    let early = client.call("POST", "/api/orders/1/payment/complete?success=true").await;
    assert_eq!(early.line(), r#"400 {"success":false,"error":"결제 요청되지 않은 주문: 1"}"#);
    for _ in 0..2 {
        let requested = client.call("POST", "/api/orders/1/payment").await;
        assert_eq!(requested.line(), r#"202 {"success":true,"data":null}"#);
        assert_eq!(requested.header("location"), "/api/orders/1/payment");
    }
    for outcome in ["true", "true", "false"] {
        let uri = format!("/api/orders/1/payment/complete?success={outcome}");
        assert_eq!(client.call("POST", &uri).await.line(), NOTHING);
    }
    assert_eq!(
        client.call("POST", "/api/orders/1/payment").await.line(),
        r#"400 {"success":false,"error":"상태 전환 불가: PAYMENT_COMPLETED → PAYMENT_REQUESTED"}"#
    );
    for uri in ["/api/orders/7/payment", "/api/orders/7/payment/complete?success=true"] {
        let unknown = client.call("POST", uri).await;
        assert_eq!(unknown.line(), r#"404 {"success":false,"error":"주문 미발견: 7"}"#);
    }
}

#[actix_web::test]
async fn a_failed_payment_is_a_recorded_outcome() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(2).await;
    client.call("POST", "/api/orders/1/payment").await;
    let failed = client.call("POST", "/api/orders/1/payment/complete?success=false").await;
    assert_eq!(failed.line(), NOTHING);
    let order = client.call("GET", "/api/orders/1").await.json();
    assert_eq!(order["data"]["status"], "CANCELLED");
    let late = client.call("POST", "/api/orders/1/payment/complete?success=true").await;
    assert_eq!(late.line(), NOTHING);
    let payment = client.call("GET", "/api/orders/1/payment").await.json();
    assert_eq!(payment["data"]["refunds"][0]["reason"], "LATE_SUCCESS");
    assert_eq!(world.store.audit(), Vec::<String>::new());
}

#[actix_web::test]
async fn a_delivery_from_preparation_to_arrival() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(1).await;
    let none = client.call("GET", "/api/delivery/1").await;
    assert_eq!(none.line(), r#"404 {"success":false,"error":"배송 정보 없음: orderId=1"}"#);
    client.pay(1).await;
    world.prepare(1).await;
    assert_eq!(
        client.call("GET", "/api/delivery/1").await.line(),
        concat!(
            r#"200 {"success":true,"data":{"deliveryId":1,"orderId":1,"status":"SHIPMENT_PREPARING","#,
            r#""trackingNumber":null,"courierCompany":"CJ대한통운","startedAt":"2025-06-13T14:59:51","#,
            r#""shippedAt":null,"completedAt":null,"estimatedArrival":null,"#,
            r#""lastStatusMessage":"배송 준비 중입니다"}}"#
        )
    );
    let too_early = client.call("PATCH", "/api/delivery/1/status?status=DELIVERED").await;
    assert_eq!(
        too_early.line(),
        r#"400 {"success":false,"error":"상태 전환 실패: SHIPMENT_PREPARING → DELIVERED"}"#
    );
    world.clock.advance(Duration::from_mins(30));
    for _ in 0..2 {
        let shipped = client.call("PATCH", "/api/delivery/1/status?status=SHIPPED").await;
        assert_eq!(shipped.line(), NOTHING);
    }
    let shipped = concat!(
        r#"200 {"success":true,"data":{"deliveryId":1,"orderId":1,"status":"SHIPPED","#,
        r#""trackingNumber":"TRACK-1-1749796191092","courierCompany":"CJ대한통운","#,
        r#""startedAt":"2025-06-13T14:59:51","shippedAt":"2025-06-13T15:29:51","completedAt":null,"#,
        r#""estimatedArrival":"2025-06-14T18:00:00","lastStatusMessage":"상품이 배송 중입니다"}}"#
    );
    assert_eq!(client.call("GET", "/api/delivery/1/tracking").await.line(), shipped);
    world.clock.advance(Duration::from_hours(2));
    assert_eq!(client.call("GET", "/api/delivery/1").await.line(), shipped);
    let delivered = client.call("PATCH", "/api/delivery/1/status?status=DELIVERED").await;
    assert_eq!(delivered.line(), NOTHING);
    assert_eq!(
        client.call("GET", "/api/delivery/1").await.line(),
        shipped
            .replace("SHIPPED", "DELIVERED")
            .replace(r#""completedAt":null"#, r#""completedAt":"2025-06-13T17:29:51""#)
            .replace("상품이 배송 중입니다", "배송이 완료되었습니다")
    );
    let back = client.call("PATCH", "/api/delivery/1/status?status=SHIPPED").await;
    assert_eq!(
        back.line(),
        r#"400 {"success":false,"error":"상태 전환 실패: DELIVERED → SHIPPED"}"#
    );
}

#[actix_web::test]
async fn a_delivery_that_was_called_off() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(1).await;
    client.pay(1).await;
    world.prepare(1).await;
    client.call("DELETE", "/api/orders/1").await;
    let delivery = client.call("GET", "/api/delivery/1").await.json();
    assert_eq!(delivery["data"]["status"], "CANCELLED");
    assert_eq!(delivery["data"]["lastStatusMessage"], "배송이 취소되었습니다");
}

#[actix_web::test]
async fn the_stock_of_a_product() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(2).await;
    for (method, uri, line) in [
        (
            "GET",
            "/api/inventory/1/status",
            r#"200 {"success":true,"data":{"productId":1,"databaseStock":50,"redisStock":48,"reservedStock":2}}"#,
        ),
        (
            "GET",
            "/api/inventory/3/status",
            r#"200 {"success":true,"data":{"productId":3,"databaseStock":0,"redisStock":null,"reservedStock":0,"unlimited":true}}"#,
        ),
        ("POST", "/api/inventory/1/sync", NOTHING),
        ("POST", "/api/inventory/3/sync", NOTHING),
        ("GET", "/api/inventory/1/available?quantity=48", r#"200 {"success":true,"data":true}"#),
        ("GET", "/api/inventory/1/available?quantity=49", r#"200 {"success":true,"data":false}"#),
        ("GET", "/api/inventory/3/available?quantity=9999", r#"200 {"success":true,"data":true}"#),
        ("GET", "/api/inventory/99/status", r#"404 {"success":false,"error":"상품 미발견: 99"}"#),
        ("POST", "/api/inventory/99/sync", r#"404 {"success":false,"error":"상품 미발견: 99"}"#),
        (
            "GET",
            "/api/inventory/99/available?quantity=1",
            r#"404 {"success":false,"error":"상품 미발견: 99"}"#,
        ),
        (
            "GET",
            "/api/inventory/1/available?quantity=0",
            r#"400 {"success":false,"error":"요청 수량은 최소 1 이상이어야 합니다. requested=0"}"#,
        ),
    ] {
        assert_eq!(client.call(method, uri).await.line(), line, "{method} {uri}");
    }
}

#[actix_web::test]
async fn counters_that_know_nothing_leave_the_word_to_the_store() {
    let world = World::new().await;
    world.client().await.order(2).await;
    let forgetful = world.with_new_counters();
    assert_eq!(
        forgetful.client().await.call("GET", "/api/inventory/1/status").await.line(),
        r#"200 {"success":true,"data":{"productId":1,"databaseStock":50,"redisStock":null,"reservedStock":2}}"#
    );
}

#[actix_web::test]
async fn an_order_to_look_at() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(2).await;
    world.clock.advance(Duration::from_secs(1));
    client.call("POST", "/api/orders/1/payment").await;
    assert_eq!(
        client.call("GET", "/api/orders/1").await.line(),
        concat!(
            r#"200 {"success":true,"data":{"orderId":1,"lines":[{"productId":1,"name":"Sample Product A","#,
            r#""unitPrice":10000,"quantity":2,"amount":20000}],"total":20000,"currency":"KRW","#,
            r#""status":"PAYMENT_REQUESTED","nextStatuses":["PAYMENT_COMPLETED","PAYMENT_FAILED","CANCELLED"],"#,
            r#""createdAt":"2025-06-13T05:59:51.092293Z","updatedAt":"2025-06-13T05:59:52.092293Z","version":2}}"#
        )
    );
    insta::assert_snapshot!(client.call("GET", "/api/orders/1/history").await.body);
    client.call("POST", "/api/orders/1/payment/complete?success=true").await;
    client.call("DELETE", "/api/orders/1").await;
    insta::assert_snapshot!(client.call("GET", "/api/orders/1/payment").await.body);
    insta::assert_snapshot!(client.call("GET", "/api/orders").await.body);
    for uri in ["/api/orders/7", "/api/orders/7/history", "/api/orders/7/payment"] {
        let unknown = client.call("GET", uri).await;
        assert_eq!(unknown.line(), r#"404 {"success":false,"error":"주문 미발견: 7"}"#);
    }
    client.order(1).await;
    let unpaid = client.call("GET", "/api/orders/2/payment").await;
    assert_eq!(unpaid.line(), r#"404 {"success":false,"error":"결제 정보 없음: orderId=2"}"#);
}

#[actix_web::test]
async fn products_from_creation_to_adjustment() {
    let world = World::new().await;
    let client = world.client().await;
    let created =
        client.json("POST", "/api/products", r#"{"name":"새 상품","price":1500,"stock":5}"#).await;
    let view = r#"{"productId":4,"name":"새 상품","price":1500,"currency":"KRW","unlimited":false,"version":1}"#;
    assert_eq!(created.line(), format!(r#"201 {{"success":true,"data":{view}}}"#));
    assert_eq!(created.header("location"), "/api/products/4");
    assert_eq!(created.header("etag"), "\"v1\"");
    let shown = client.call("GET", "/api/products/4").await;
    assert_eq!(shown.line(), format!(r#"200 {{"success":true,"data":{view}}}"#));

    let changed = client.json("PATCH", "/api/products/4", r#"{"price":2000}"#).await;
    let view = view.replace("1500", "2000").replace(r#""version":1"#, r#""version":2"#);
    assert_eq!(changed.line(), format!(r#"200 {{"success":true,"data":{view}}}"#));
    assert_eq!(changed.header("etag"), "\"v2\"");

    let adjust = r#"{"delta":-5,"reason":"파손"}"#;
    let adjusted = client.json("POST", "/api/products/4/stock", adjust).await;
    assert_eq!(adjusted.line(), NOTHING);
    let again = client.json("POST", "/api/products/4/stock", adjust).await;
    assert_eq!(
        again.line(),
        r#"400 {"success":false,"error":"예약된 재고보다 적게 줄일 수 없음: productId=4, held=0"}"#
    );
    let unlimited = client.json("POST", "/api/products/3/stock", adjust).await;
    assert_eq!(
        unlimited.line(),
        r#"400 {"success":false,"error":"재고를 관리하지 않는 상품: productId=3"}"#
    );
    let unlimited = r#"{"name":"D","price":1,"currency":"USD","unlimited":true}"#;
    let created = client.json("POST", "/api/products", unlimited).await.json();
    assert_eq!(created["data"]["unlimited"], true);
    assert_eq!(created["data"]["currency"], "USD");
}
