//! Methods, headers, CORS, limits: what every call has in common.

use std::num::NonZeroU32;

use ordersystem::config::CorsOrigins;

use crate::support::{World, json, request};

#[actix_web::test]
async fn every_path_answers_other_methods_with_allow() {
    let world = World::new().await;
    let client = world.client().await;
    for (path, allow) in [
        ("/api/orders", "GET, HEAD, POST, OPTIONS"),
        ("/api/orders/1", "GET, HEAD, DELETE, OPTIONS"),
        ("/api/orders/1/history", "GET, HEAD, OPTIONS"),
        ("/api/orders/1/payment", "GET, HEAD, POST, OPTIONS"),
        ("/api/orders/1/payment/complete", "POST, OPTIONS"),
        ("/api/delivery/1", "GET, HEAD, OPTIONS"),
        ("/api/delivery/1/tracking", "GET, HEAD, OPTIONS"),
        ("/api/delivery/1/status", "PATCH, OPTIONS"),
        ("/api/inventory", "GET, HEAD, OPTIONS"),
        ("/api/inventory/1/status", "GET, HEAD, OPTIONS"),
        ("/api/inventory/1/sync", "POST, OPTIONS"),
        ("/api/inventory/1/available", "GET, HEAD, OPTIONS"),
        ("/api/products", "GET, HEAD, POST, OPTIONS"),
        ("/api/products/1", "GET, HEAD, PATCH, OPTIONS"),
        ("/api/products/1/stock", "POST, OPTIONS"),
    ] {
        let refused = client.call("PUT", path).await;
        assert_eq!(refused.status, 405, "{path}");
        assert_eq!(refused.header("allow"), allow, "{path}");
        assert_eq!(refused.header("x-error-code"), "METHOD_NOT_ALLOWED", "{path}");
        assert_eq!(refused.body, r#"{"success":false,"error":"허용되지 않는 메서드입니다"}"#);
        let asked = client.call("OPTIONS", path).await;
        assert_eq!((asked.status, asked.header("allow")), (204, allow), "{path}");
    }
}

#[actix_web::test]
async fn head_is_get() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(1).await;
    for path in ["/api/orders", "/api/orders/1", "/api/products/1", "/api/inventory/1/status"] {
        let (head, get) = (client.call("HEAD", path).await, client.call("GET", path).await);
        assert_eq!(head.status, 200, "{path}");
        assert_eq!(head.header("etag"), get.header("etag"), "{path}");
    }
}

#[actix_web::test]
async fn every_answer_carries_the_safe_headers() {
    let world = World::new().await;
    let client = world.client().await;
    for (path, cache) in [
        ("/api/orders", "no-store"),
        ("/api/products/1", "private, no-cache"),
        ("/api/orders/7", "no-store"),
        ("/nowhere", "no-store"),
    ] {
        let answer = client.call("GET", path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("cache-control"), cache, "{path}");
    }
}

#[actix_web::test]
async fn request_ids_are_kept_when_they_are_fit_to_print() {
    let world = World::new().await;
    let client = world.client().await;
    let with_id =
        |id: &str| request("GET", "/api/orders/7").insert_header(("x-request-id", id.to_owned()));
    assert_eq!(client.send(with_id("abc-1")).await.header("x-request-id"), "abc-1");
    for id in ["a b", "", &"x".repeat(129)] {
        let made = client.send(with_id(id)).await.header("x-request-id").to_owned();
        assert_eq!(made.len(), 36, "{id}");
    }
    let fine = request("GET", "/api/orders").insert_header(("x-request-id", "mine"));
    assert_eq!(client.send(fine).await.header("x-request-id"), "mine");
}

#[actix_web::test]
async fn any_origin_may_call_by_default_and_reads_refusals_too() {
    let world = World::new().await;
    let client = world.client().await;
    let preflight = request("OPTIONS", "/api/orders/1")
        .insert_header(("origin", "https://shop.example"))
        .insert_header(("access-control-request-method", "DELETE"))
        .insert_header(("access-control-request-headers", "if-match, idempotency-key"));
    let answer = client.send(preflight).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        assert!(answer.header("access-control-allow-methods").contains(method), "{method}");
    }
    let refused = request("GET", "/api/orders/7").insert_header(("origin", "https://shop.example"));
    let refused = client.send(refused).await;
    assert_eq!(refused.status, 404);
    assert_eq!(refused.header("access-control-allow-origin"), "*");
    let exposed = refused.header("access-control-expose-headers").to_lowercase();
    for header in ["x-request-id", "x-error-code", "etag", "location", "idempotent-replayed"] {
        assert!(exposed.contains(header), "{header} in {exposed}");
    }
}

#[actix_web::test]
async fn listed_origins_may_call_and_no_others() {
    let listed = CorsOrigins::Listed(vec!["https://shop.example".to_owned()]);
    let world = World::new().await.with(|settings| settings.cors_allowed_origins = listed);
    let client = world.client().await;
    let from =
        |origin: &'static str| request("GET", "/api/orders").insert_header(("origin", origin));
    let allowed = client.send(from("https://shop.example")).await;
    assert_eq!(allowed.header("access-control-allow-origin"), "https://shop.example");
    let other = client.send(from("https://evil.example")).await;
    assert_eq!(other.header("access-control-allow-origin"), "");
}

#[actix_web::test]
async fn who_is_too_fast_is_told_when_to_come_back() {
    let world =
        World::new().await.with(|settings| settings.rate_limit_per_second = NonZeroU32::new(2));
    let client = world.client().await;
    let from = |address: &str| {
        request("GET", "/api/orders/7")
            .peer_addr(address.parse().unwrap())
            .insert_header(("origin", "https://shop.example"))
    };
    for _ in 0..2 {
        assert_eq!(client.send(from("10.0.0.1:1000")).await.status, 404);
    }
    let refused = client.send(from("10.0.0.1:2000")).await;
    assert_eq!(refused.line(), r#"429 {"success":false,"error":"요청이 너무 많습니다"}"#);
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(refused.header("x-error-code"), "RATE_LIMITED");
    assert_eq!(refused.header("access-control-allow-origin"), "*");
    assert_eq!(client.send(from("10.0.0.2:1000")).await.status, 404);
}

#[actix_web::test]
async fn a_body_may_be_as_large_as_the_limit_and_come_in_pieces() {
    let world = World::new().await;
    let client = world.client().await;
    let order = r#"{"productId":1,"quantity":1}"#;
    let fits = format!("{order}{}", " ".repeat(16 * 1024 - order.len()));
    assert_eq!(client.json("POST", "/api/orders", &fits).await.status, 201);
    let over = client.json("POST", "/api/orders", &format!("{fits} ")).await;
    assert_eq!(
        over.line(),
        r#"413 {"success":false,"error":"본문이 너무 큽니다: 최대 16384 bytes"}"#
    );
    let announced = json("POST", "/api/orders", order).insert_header(("content-length", "20480"));
    assert_eq!(client.send(announced).await.status, 413);
}

#[actix_web::test]
async fn a_valid_trace_goes_on_to_the_events() {
    let world = World::new().await;
    let client = world.client().await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    for value in [trace, "nonsense"] {
        let order = json("POST", "/api/orders", r#"{"productId":3,"quantity":1}"#);
        let order = order.insert_header(("traceparent", value));
        assert_eq!(client.send(order).await.status, 201);
    }
    let traces = world.traces().await;
    assert_eq!(traces, [Some(trace.to_owned()), None]);
}

#[actix_web::test]
async fn english_for_those_who_ask() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(1).await;
    client.pay(1).await;
    world.prepare(1).await;
    let english = |uri| request("GET", uri).insert_header(("accept-language", "en-GB, ko;q=0.5"));
    let refused = client.send(english("/api/orders/7")).await;
    assert_eq!(refused.line(), r#"404 {"success":false,"error":"Order not found: 7"}"#);
    assert_eq!(refused.header("content-language"), "en");
    assert!(refused.headers.get_all("vary").any(|vary| vary == "Accept-Language, Accept"));
    let delivery = client.send(english("/api/delivery/1")).await;
    let message = &delivery.json()["data"]["lastStatusMessage"];
    assert_eq!(message, "Your order is being prepared for shipment");
    assert_eq!(delivery.header("content-language"), "en");
    let korean = client.call("GET", "/api/orders/7").await;
    assert_eq!(korean.header("content-language"), "ko");
}
