//! Whatever is sent: the contract's answer, never a 5xx, nothing changed, one log line.

use actix_web::test::TestRequest;

use crate::log::Log;
use crate::support::{World, json, request};

/// A request and how it is called in the table.
struct Case(String, TestRequest);

fn order(body: &str) -> Case {
    Case(format!("POST /api/orders {body}"), json("POST", "/api/orders", body))
}

fn call(method: &str, uri: &str) -> Case {
    Case(format!("{method} {uri}"), request(method, uri))
}

fn body(method: &str, uri: &str, body: &str) -> Case {
    Case(format!("{method} {uri} {body}"), json(method, uri, body))
}

fn lines(count: usize) -> String {
    let line = r#"{"productId":1,"quantity":1}"#;
    format!(r#"{{"items":[{}]}}"#, vec![line; count].join(","))
}

fn bad_orders() -> Vec<Case> {
    let mut cases: Vec<_> = [
        r#"{"productId":99,"quantity":1}"#,
        r#"{"productId":0,"quantity":1}"#,
        r#"{"productId":-1,"quantity":1}"#,
        r#"{"productId":1,"quantity":0}"#,
        r#"{"productId":1,"quantity":-1}"#,
        r#"{"productId":1,"quantity":10001}"#,
        r#"{"productId":1,"quantity":10000000000}"#,
        r#"{"productId":1,"quantity":100000000000000000000}"#,
        r#"{"productId":1,"quantity":"2"}"#,
        r#"{"productId":1,"quantity":1.5}"#,
        r#"{"productId":1,"quantity":1.0}"#,
        r#"{"productId":1,"quantity":null}"#,
        r#"{"productId":1,"quantity":true}"#,
        r#"{"productId":1,"quantity":[]}"#,
        r#"{"productId":1}"#,
        r#"{"quantity":1}"#,
        r#"{}"#,
        r#"{"productId":1,"quantity":1,"price":1}"#,
        r#"{"productId":1,"quantity":1,"quantity":2}"#,
        r#"{"productId":1,"quantity":1,"items":[]}"#,
        r#"{"productId":1,"items":[{"productId":1,"quantity":1}]}"#,
        r#"{"quantity":1,"items":[{"productId":1,"quantity":1}]}"#,
        r#"{"items":null}"#,
        r#"{"items":[]}"#,
        r#"{"items":[{"productId":1}]}"#,
        r#"{"items":[{"productId":1,"quantity":1},{"productId":2,"quantity":0}]}"#,
        r#"{"items":[{"productId":1,"quantity":1},{"productId":99,"quantity":1}]}"#,
        r#"{"items":[{"productId":1,"quantity":6000},{"productId":1,"quantity":6000}]}"#,
        r#"{"items":[{"productId":1,"quantity":30},{"productId":1,"quantity":30}]}"#,
        r#"{"items":[[1,1]]}"#,
        r#"[1,1]"#,
        r#"{"productId":1,"quantity":1"#,
        r#"{"productId":1,"quantity":1}}"#,
        r#"{"productId":1,"quantity":1e400}"#,
        r#"{productId:1}"#,
        "null",
        "",
        "\u{feff}{}",
    ]
    .into_iter()
    .map(order)
    .collect();
    cases.push(Case("101 lines".to_owned(), json("POST", "/api/orders", &lines(101))));
    let large = format!(r#"{{"productId":1,"quantity":1}}{}"#, " ".repeat(20 * 1024));
    cases.push(Case("20 KiB".to_owned(), json("POST", "/api/orders", &large)));
    let deep = r#"{"items":"#.repeat(1000);
    cases.push(Case("1000 levels".to_owned(), json("POST", "/api/orders", &deep)));
    let latin = json("POST", "/api/orders", "{}").set_payload(vec![b'{', b'"', 0xff, b'"', b'}']);
    cases.push(Case("not UTF-8".to_owned(), latin));
    cases
}

fn bad_content_types() -> Vec<Case> {
    let body = r#"{"productId":1,"quantity":1}"#;
    let typed = |kind: &'static str| {
        let request = request("POST", "/api/orders").insert_header(("content-type", kind));
        Case(format!("Content-Type: {kind}"), request.set_payload(body))
    };
    let untyped = request("POST", "/api/orders").set_payload(body);
    vec![
        typed("text/plain"),
        typed("application/x-www-form-urlencoded"),
        typed("application/json; charset=euc-kr"),
        Case("no Content-Type".to_owned(), untyped),
    ]
}

fn bad_paths() -> Vec<Case> {
    let mut cases = Vec::new();
    for id in ["0", "-1", "7", "abc", "9223372036854775808", "1.0", "+1", "%00"] {
        cases.push(call("DELETE", &format!("/api/orders/{id}")));
        cases.push(call("GET", &format!("/api/delivery/{id}")));
        cases.push(call(
            "GET",
            &format!("/api/inventory/{}/status", if id == "7" { "99" } else { id }),
        ));
    }
    for path in ["/api/orders/7/payment", "/api/orders/7/payment/complete?success=true"] {
        cases.push(call("POST", path));
    }
    for path in ["/nothing", "/api", "/api/nothing", "/api/orders/", "/api/orders/1/2/3"] {
        cases.push(call("GET", path));
    }
    cases
}

fn bad_queries() -> Vec<Case> {
    let mut cases = Vec::new();
    for query in ["", "?success=maybe", "?success=", "?success=TRUE", "?succes=true"] {
        cases.push(call("POST", &format!("/api/orders/1/payment/complete{query}")));
    }
    cases.push(call("POST", "/api/orders/1/payment/complete?success=true&success=false"));
    for query in ["", "?status=LOST", "?status=CANCELLED", "?status=shipped", "?state=SHIPPED"] {
        cases.push(call("PATCH", &format!("/api/delivery/1/status{query}")));
    }
    for query in ["", "?quantity=0", "?quantity=-1", "?quantity=many", "?quantity=10001"] {
        cases.push(call("GET", &format!("/api/inventory/1/available{query}")));
    }
    for query in [
        "limit=0",
        "limit=101",
        "limit=x",
        "limt=5",
        "zzz=1",
        "cursor=x",
        "status=LOST",
        "productId=x",
        "productId=0",
        "createdFrom=yesterday",
        "limit=1&limit=2",
    ] {
        cases.push(call("GET", &format!("/api/orders?{query}")));
    }
    cases.push(call("GET", "/api/orders/1?verbose=true"));
    cases
}

fn bad_products() -> Vec<Case> {
    let post = |text: &str| body("POST", "/api/products", text);
    let patch = |text: &str| body("PATCH", "/api/products/1", text);
    let stock = |text: &str| body("POST", "/api/products/1/stock", text);
    vec![
        post(r#"{"name":"","price":1,"stock":1}"#),
        post(r#"{"name":"a\u0000b","price":1,"stock":1}"#),
        post(r#"{"name":"a","price":-1,"stock":1}"#),
        post(r#"{"name":"a","price":1}"#),
        post(r#"{"name":"a","price":1,"stock":null}"#),
        post(r#"{"name":"a","price":1,"stock":-1}"#),
        post(r#"{"name":"a","price":1,"stock":1,"unlimited":true}"#),
        post(r#"{"name":"a","price":1,"stock":1,"currency":"won"}"#),
        post(r#"{"name":"a","price":1,"stock":1,"id":1}"#),
        patch("{}"),
        patch(r#"{"name":null}"#),
        patch(r#"{"price":-1}"#),
        patch(r#"{"stock":1}"#),
        body("PATCH", "/api/products/99", r#"{"price":1}"#),
        stock(r#"{"delta":-51,"reason":"count"}"#),
        stock(r#"{"delta":9223372036854775807,"reason":"count"}"#),
        stock(r#"{"delta":1,"reason":""}"#),
        stock(r#"{"delta":1,"reason":"a\nb"}"#),
        stock(r#"{"delta":1}"#),
        body("POST", "/api/products/3/stock", r#"{"delta":1,"reason":"count"}"#),
        body("POST", "/api/products/99/stock", r#"{"delta":1,"reason":"count"}"#),
    ]
}

async fn check(name: &str, cases: Vec<Case>) {
    let (log, _guard) = Log::of_this_thread();
    let world = World::new().await;
    let client = world.client().await;
    client.order(2).await;
    let before = world.everything().await;
    let mut table = Vec::new();
    for Case(label, request) in cases {
        log.take();
        let answer = client.send(request).await;
        assert!((400..500).contains(&answer.status), "{label}: {answer:?}");
        assert_eq!(log.take().len(), 1, "{label}");
        assert_ne!(answer.header("x-request-id"), "", "{label}");
        let body = answer.json();
        assert_eq!(body.as_object().unwrap().len(), 2, "{label}");
        assert_eq!(body["success"], false, "{label}");
        let (code, text) = (answer.header("x-error-code"), body["error"].as_str().unwrap());
        table.push(format!("{label}\n    {} {code} {text}", answer.status));
    }
    assert_eq!(world.everything().await, before);
    assert_eq!(world.store.audit(), Vec::<String>::new());
    insta::assert_snapshot!(name, table.join("\n"));
}

#[actix_web::test]
async fn orders() {
    check("bad_orders", bad_orders()).await;
}

#[actix_web::test]
async fn content_types() {
    check("bad_content_types", bad_content_types()).await;
}

#[actix_web::test]
async fn paths() {
    check("bad_paths", bad_paths()).await;
}

#[actix_web::test]
async fn queries() {
    check("bad_queries", bad_queries()).await;
}

#[actix_web::test]
async fn products() {
    check("bad_products", bad_products()).await;
}
