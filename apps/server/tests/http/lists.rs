//! Pages that stay put while rows arrive, and filters.

use std::time::Duration;

use crate::support::{Answer, World, request};

fn ids(answer: &Answer, name: &str) -> Vec<i64> {
    let items = answer.json()["data"]["items"].as_array().unwrap().clone();
    items.iter().map(|item| item[name].as_i64().unwrap()).collect()
}

fn cursor(answer: &Answer) -> Option<String> {
    answer.json()["data"]["nextCursor"].as_str().map(str::to_owned)
}

#[actix_web::test]
async fn pages_of_orders_are_stable_under_inserts() {
    let world = World::new().await;
    let client = world.client().await;
    for _ in 0..5 {
        client.order(1).await;
    }
    let first = client.call("GET", "/api/orders?limit=2").await;
    assert_eq!(ids(&first, "orderId"), [5, 4]);
    client.order(1).await;
    let second = format!("/api/orders?limit=2&cursor={}", cursor(&first).unwrap());
    let second = client.call("GET", &second).await;
    assert_eq!(ids(&second, "orderId"), [3, 2]);
    let third = format!("/api/orders?limit=2&cursor={}", cursor(&second).unwrap());
    let third = client.call("GET", &third).await;
    assert_eq!(ids(&third, "orderId"), [1]);
    assert_eq!(cursor(&third), None);
    // A page that ends exactly at the end knows it.
    assert_eq!(cursor(&client.call("GET", "/api/orders?limit=6").await), None);
}

#[actix_web::test]
async fn a_cursor_belongs_to_its_filter() {
    let world = World::new().await;
    let client = world.client().await;
    for _ in 0..3 {
        client.order(1).await;
    }
    let page = client.call("GET", "/api/orders?limit=1&status=CREATED,SHIPPED").await;
    let cursor = cursor(&page).unwrap();
    let same = format!("/api/orders?limit=5&status=SHIPPED,CREATED&cursor={cursor}");
    assert_eq!(ids(&client.call("GET", &same).await, "orderId"), [2, 1]);
    for uri in ["/api/orders?", "/api/orders?status=CREATED&", "/api/products?", "/api/inventory?"]
    {
        let refused = client.call("GET", &format!("{uri}cursor={cursor}")).await;
        assert_eq!(refused.status, 400, "{uri}");
        assert_eq!(refused.header("x-error-code"), "INVALID_CURSOR", "{uri}");
    }
}

#[actix_web::test]
async fn orders_can_be_filtered() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(1).await;
    world.clock.advance(Duration::from_secs(10));
    client.json("POST", "/api/orders", r#"{"productId":2,"quantity":1}"#).await;
    client.call("DELETE", "/api/orders/2").await;
    for (query, wanted) in [
        ("", vec![2, 1]),
        ("status=CREATED", vec![1]),
        ("status=CREATED,CANCELLED", vec![2, 1]),
        ("productId=2", vec![2]),
        ("productId=99", vec![]),
        ("createdFrom=2025-06-13T05:59:55Z", vec![2]),
        ("createdTo=2025-06-13T14:59:55%2B09:00", vec![1]),
        ("createdFrom=2025-06-13T05:59:51.092293Z&createdTo=2025-06-13T06:00:01.092293Z", vec![1]),
        ("status=CREATED&productId=2", vec![]),
    ] {
        let answer = client.call("GET", &format!("/api/orders?{query}")).await;
        assert_eq!(ids(&answer, "orderId"), wanted, "{query}");
    }
}

#[actix_web::test]
async fn products_and_their_stock_are_listed_by_id() {
    let world = World::new().await;
    let client = world.client().await;
    for uri in ["/api/products", "/api/inventory"] {
        let first = client.call("GET", &format!("{uri}?limit=2")).await;
        assert_eq!(ids(&first, "productId"), [1, 2], "{uri}");
        let next = format!("{uri}?limit=2&cursor={}", cursor(&first).unwrap());
        let next = client.call("GET", &next).await;
        assert_eq!((ids(&next, "productId"), cursor(&next)), (vec![3], None), "{uri}");
    }
    let inventory = client.call("GET", "/api/inventory").await;
    assert_eq!(
        inventory.line(),
        concat!(
            r#"200 {"success":true,"data":{"items":["#,
            r#"{"productId":1,"databaseStock":50,"redisStock":50,"reservedStock":0},"#,
            r#"{"productId":2,"databaseStock":30,"redisStock":30,"reservedStock":0},"#,
            r#"{"productId":3,"databaseStock":0,"redisStock":null,"reservedStock":0,"unlimited":true}"#,
            r#"],"nextCursor":null}}"#
        )
    );
}

#[actix_web::test]
async fn an_unknown_parameter_names_the_nearest_known_one() {
    let world = World::new().await;
    let client = world.client().await;
    for (uri, text) in [
        ("/api/orders?limt=5", "알 수 없는 요청 매개변수입니다: limt (혹시 limit?)"),
        ("/api/orders?zzz=5", "알 수 없는 요청 매개변수입니다: zzz"),
    ] {
        let refused = client.send(request("GET", uri)).await;
        assert_eq!(refused.line(), format!(r#"400 {{"success":false,"error":"{text}"}}"#));
        assert_eq!(refused.header("x-error-code"), "UNKNOWN_PARAMETER");
    }
}
