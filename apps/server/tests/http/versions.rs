//! ETag, If-None-Match and If-Match.

use crate::support::{World, json, request};

#[actix_web::test]
async fn who_has_seen_a_version_is_not_sent_it_again() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(1).await;
    client.pay(1).await;
    world.prepare(1).await;
    for (uri, tag) in [
        ("/api/orders/1", "\"v4\""),
        ("/api/delivery/1", "\"v1\""),
        ("/api/delivery/1/tracking", "\"v1\""),
        ("/api/products/1", "\"v1\""),
    ] {
        assert_eq!(client.call("GET", uri).await.header("etag"), tag, "{uri}");
        let seen = request("GET", uri).insert_header(("if-none-match", tag));
        let seen = client.send(seen).await;
        assert_eq!((seen.status, seen.body.as_str()), (304, ""), "{uri}");
        assert_eq!(seen.header("etag"), tag, "{uri}");
        let stale = request("GET", uri).insert_header(("if-none-match", "\"v9\""));
        assert_eq!(client.send(stale).await.status, 200, "{uri}");
    }
}

#[actix_web::test]
async fn a_stale_version_is_not_changed() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(1).await;
    let cancel = |tags: &str| {
        request("DELETE", "/api/orders/1").insert_header(("if-match", tags.to_owned()))
    };
    for tags in ["\"v2\"", "W/\"v1\"", "\"x\"", "v1", "\"v2\", \"v3\""] {
        let refused = client.send(cancel(tags)).await;
        assert_eq!(
            refused.line(),
            r#"412 {"success":false,"error":"요청한 버전이 현재 버전과 다릅니다"}"#,
            "{tags}"
        );
        assert_eq!(refused.header("x-error-code"), "PRECONDITION_FAILED", "{tags}");
    }
    let nobody = request("DELETE", "/api/orders/7").insert_header(("if-match", "\"v1\""));
    assert_eq!(client.send(nobody).await.status, 404);
    assert_eq!(client.send(cancel("\"v3\", \"v1\"")).await.status, 200);
    assert_eq!(client.send(cancel("*")).await.status, 200);
}

#[actix_web::test]
async fn every_change_of_one_resource_can_insist_on_its_version() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(1).await;
    let insisting = |request: actix_web::test::TestRequest, tag: &'static str| {
        client.send(request.insert_header(("if-match", tag)))
    };
    let pay = || request("POST", "/api/orders/1/payment");
    assert_eq!(insisting(pay(), "\"v2\"").await.status, 412);
    assert_eq!(insisting(pay(), "\"v1\"").await.status, 202);
    client.pay(1).await;
    world.prepare(1).await;
    let ship = || request("PATCH", "/api/delivery/1/status?status=SHIPPED");
    assert_eq!(insisting(ship(), "\"v2\"").await.status, 412);
    assert_eq!(insisting(ship(), "\"v3\", \"v1\"").await.status, 200);
    let price = || json("PATCH", "/api/products/1", r#"{"price":1}"#);
    assert_eq!(insisting(price(), "\"v2\"").await.status, 412);
    assert_eq!(insisting(price(), "\"v1\"").await.status, 200);
    assert_eq!(insisting(price(), "\"v1\"").await.status, 412);
}
