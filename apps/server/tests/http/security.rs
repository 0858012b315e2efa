//! The rows of the security programme that are about what a request says: S5, S13, S15, S16, S17.

use std::collections::BTreeSet;

use actix_web::test::TestRequest;
use ordersystem_adapter_memory::CommitFault;
use ordersystem_inventory::{MoveKind, StockBook, StockLevel, StockMove};
use ordersystem_shared_kernel::{
    Currency, EventId, Money, OrderId, ProductId, Quantity, Stamp, Timestamp, Version,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::log::Log;
use crate::support::{World, json, request};

/// What nobody means by a number of pieces, a product or a name.
const VALUES: [&str; 44] = [
    "1e400",
    "-1e400",
    "1e-400",
    "1e2",
    "1E2",
    "-0",
    "-0.0",
    "1.0",
    "0.1",
    "+1",
    "01",
    "0x1",
    "1_000",
    "1,5",
    ".5",
    "5.",
    "NaN",
    "Infinity",
    "-Infinity",
    "-1",
    "0",
    "10001",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "340282366920938463463374607431768211456",
    "\"1\"",
    "\"\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\\udc00\\ud800\"",
    "\"1; DROP TABLE orders\"",
    "null",
    "true",
    "false",
    "[]",
    "[1]",
    "{}",
    "{\"$gt\":0}",
    "[[[[[[[[1]]]]]]]]",
    "undefined",
    "'1'",
    "1 1",
];

/// Bodies that are hostile as a whole.
fn bodies() -> Vec<Vec<u8>> {
    let order = r#"{"productId":1,"quantity":1}"#;
    let utf16: Vec<u8> = order.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let texts = [
        String::new(),
        " ".to_owned(),
        "null".to_owned(),
        format!("\u{feff}{order}"),
        format!("{order}{order}"),
        format!("{order},"),
        format!("/* */{order}"),
        r#"{"productId":1,"productId":2,"quantity":1}"#.to_owned(),
        r#"{"productId":1,"quantity":1,"quantity":1}"#.to_owned(),
        r#"{"productId":1,"quantity":1,"__proto__":{}}"#.to_owned(),
        r#"{"productId":1,"quantity":1,"status":"DELIVERED"}"#.to_owned(),
        r#"{"productId":1,"QUANTITY":1}"#.to_owned(),
        "{\"productId\":1,\"quantity\":1".to_owned(),
        "[".repeat(16_000),
        "{\"a\":".repeat(3_000),
        format!("{{\"productId\":{}}}", "9".repeat(16_000)),
        format!("{{\"{}\":1}}", "a".repeat(16_000)),
    ];
    let texts = texts.into_iter().map(String::into_bytes);
    texts.chain([utf16, vec![0xff, 0xfe, b'{'], vec![0xc3, 0x28], vec![0; 64]]).collect()
}

#[actix_web::test]
async fn s05_hostile_json_is_refused_by_name_and_changes_nothing() {
    let world = World::new().await;
    let client = world.client().await;
    let mut requests = Vec::new();
    for value in VALUES {
        for (uri, body) in [
            ("/api/orders", format!(r#"{{"productId":1,"quantity":{value}}}"#)),
            ("/api/orders", format!(r#"{{"productId":{value},"quantity":0}}"#)),
            ("/api/orders", format!(r#"{{"items":{value}}}"#)),
            ("/api/orders", format!(r#"{{"items":[{{"productId":1,"quantity":{value}}}]}}"#)),
            ("/api/products/1/stock", format!(r#"{{"delta":{value},"reason":7}}"#)),
            ("/api/products", format!(r#"{{"name":7,"price":{value},"stock":1}}"#)),
        ] {
            requests.push((uri, body.into_bytes()));
        }
    }
    requests.extend(bodies().into_iter().map(|body| ("/api/orders", body)));
    let before = world.everything().await;
    for (uri, body) in requests {
        let shown = String::from_utf8_lossy(&body).chars().take(80).collect::<String>();
        let answer = client.send(json("POST", uri, "").set_payload(body)).await;
        assert!((400..500).contains(&answer.status), "{uri} {shown}: {}", answer.line());
        assert!(answer.body.len() < 1_000, "{shown}: {} bytes", answer.body.len());
    }
    assert_eq!(world.everything().await, before);
}

/// Runs so many cases of a property of the API.
fn check<T: std::fmt::Debug>(
    cases: u32,
    strategy: impl Strategy<Value = T>,
    mut property: impl FnMut(&actix_web::rt::SystemRunner, &World, T) -> Result<(), TestCaseError>,
) {
    let system = actix_web::rt::System::new();
    let world = system.block_on(World::new());
    let mut runner = TestRunner::new(Config { cases, ..Config::default() });
    let outcome = std::cell::RefCell::new(&mut property);
    let ran = runner.run(&strategy, |value| (outcome.borrow_mut())(&system, &world, value));
    ran.unwrap();
}

/// Letters, signs of every plane, and what ends lines, strings and statements.
fn texts() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(vec![
        "'",
        "\"",
        "\\",
        "\0",
        "\n",
        "\r\n",
        "\u{2028}",
        "\u{202e}",
        "%s",
        "${x}",
        "--",
        ";",
        "<script>",
        "\u{1b}[31m",
        "KEYS *",
        "🦀",
        "한글",
    ]);
    let piece = prop_oneof![nasty.prop_map(str::to_owned), any::<char>().prop_map(String::from)];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

#[test]
fn s13_what_is_stored_is_what_was_sent() {
    check(512, texts(), |system, world, name| {
        let body = serde_json::json!({ "name": name, "price": 1, "stock": 1 }).to_string();
        system.block_on(async {
            let client = world.client().await;
            let made = client.json("POST", "/api/products", &body).await;
            if made.status == 201 {
                let seen = client.call("GET", made.header("location")).await;
                prop_assert_eq!(&seen.json()["data"]["name"], &name);
                prop_assert!(!name.chars().any(char::is_control), "{name:?}");
            } else {
                prop_assert_eq!(made.header("x-error-code"), "INVALID_PRODUCT_NAME");
            }
            Ok(())
        })?;
        Ok(())
    });
}

/// Wherever a client's text can come to, by the path, the query, a header or the body.
fn everywhere(text: &str) -> Vec<TestRequest> {
    let escaped: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let name = serde_json::Value::from(text).to_string();
    let visible = text.chars().all(|c| c == '\t' || (' '..='~').contains(&c));
    let mut all = vec![
        request("GET", &format!("/api/orders/{escaped}")),
        request("GET", &format!("/{escaped}")),
        request("GET", &format!("/api/orders?cursor={escaped}")),
        request("GET", &format!("/api/orders?{escaped}=1")),
        request("GET", &format!("/api/orders?status={escaped}")),
        request("PATCH", &format!("/api/delivery/1/status?status={escaped}")),
        json("POST", "/api/orders", &format!("{{{name}:1}}")),
        json("POST", "/api/products/1/stock", &format!(r#"{{"delta":1,"reason":{name}}}"#)),
    ];
    if visible {
        all.push(request("GET", "/nowhere").insert_header(("x-request-id", text.to_owned())));
        all.push(request("GET", "/nowhere").insert_header(("accept-language", text.to_owned())));
    }
    all
}

#[test]
fn s13_a_line_of_the_log_is_one_line_and_no_header_is_two() {
    check(256, texts(), |system, world, text| {
        for request in everywhere(&text) {
            let (log, guard) = Log::of_this_thread();
            let answer = system.block_on(async { world.client().await.send(request).await });
            drop(guard);
            for line in log.take() {
                let is_begin = line.split(' ').next().is_some_and(|word| word.ends_with('Z'));
                prop_assert!(is_begin && !line.chars().any(char::is_control), "{line:?}");
            }
            for (name, value) in &answer.headers {
                let is_clean = value.as_bytes().iter().all(|byte| !matches!(byte, b'\r' | b'\n'));
                prop_assert!(is_clean, "{name}: {value:?}");
            }
        }
        Ok(())
    });
}

/// What an answer may never contain: the words of our parts, of their languages, and of this machine.
const OURS: [&str; 18] = [
    "SELECT",
    "INSERT",
    "sqlite",
    "postgres",
    "diesel",
    "redis",
    "kafka",
    "tokio",
    "actix",
    "ordersystem_",
    "::",
    ".rs",
    "/home",
    "/work",
    "/usr",
    "panicked",
    "Error(",
    "thread",
];

#[actix_web::test]
async fn s15_failures_of_every_port_show_nothing_of_ours() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(1).await;
    client.call("POST", "/api/orders/1/payment").await;
    let commands: [(&str, &str, &str); 9] = [
        ("POST", "/api/orders", r#"{"productId":1,"quantity":1}"#),
        ("DELETE", "/api/orders/1", ""),
        ("POST", "/api/orders/1/payment", ""),
        ("POST", "/api/orders/1/payment/complete?success=true", ""),
        ("PATCH", "/api/delivery/1/status?status=SHIPPED", ""),
        ("POST", "/api/products", r#"{"name":"x","price":1,"stock":1}"#),
        ("PATCH", "/api/products/1", r#"{"price":2}"#),
        ("POST", "/api/products/1/stock", r#"{"delta":1,"reason":"x"}"#),
        ("POST", "/api/inventory/1/sync", ""),
    ];
    let reads = ["/api/orders", "/api/orders/1", "/api/orders/1/history", "/api/orders/1/payment"];
    let reads = reads.into_iter().chain(["/api/delivery/1", "/api/inventory", "/api/products"]);
    let mut bodies = BTreeSet::new();
    let problem = ("accept", "application/problem+json");
    for request in reads.map(|uri| json("GET", uri, "")) {
        world.store.faults().fail_reads(usize::MAX);
        bodies.insert(shows_nothing(&client.send(request.insert_header(problem)).await));
    }
    for (method, uri, body) in commands {
        world.store.faults().fail_reads(usize::MAX);
        bodies.insert(shows_nothing(&client.json(method, uri, body).await));
        world.store.faults().heal();
        for fault in [CommitFault::Unavailable, CommitFault::Overloaded, CommitFault::LostUnit] {
            world.store.faults().fail_commits(1, fault);
            bodies.insert(shows_nothing(&client.json(method, uri, body).await));
            world.store.faults().heal();
        }
    }
    assert!(bodies.contains(&503) && !bodies.contains(&500), "{bodies:?}");
}

fn shows_nothing(answer: &crate::support::Answer) -> u16 {
    let headers = answer.headers.iter().map(|(_, value)| value.to_str().unwrap().to_owned());
    for text in headers.chain([answer.body.clone()]) {
        let shown = OURS.iter().find(|word| text.contains(**word));
        assert_eq!(shown, None, "{text}");
    }
    answer.status
}

#[actix_web::test]
async fn s16_a_key_opens_nothing_but_the_request_that_it_came_with() {
    let world = World::new().await;
    let client = world.client().await;
    let keyed =
        |method, uri: &str, body| json(method, uri, body).insert_header(("idempotency-key", "k"));
    let one = r#"{"productId":1,"quantity":1}"#;
    let first = client.send(keyed("POST", "/api/orders", one)).await;
    client.send(json("POST", "/api/orders", one)).await;
    let others = [
        // Another path, another number in it, another method: each is a request of its own.
        (keyed("POST", "/api/orders/1/payment", ""), 202),
        (keyed("POST", "/api/orders/2/payment", ""), 202),
        (keyed("DELETE", "/api/orders/2", ""), 200),
        // The same place with something else to say, in the body or in the query.
        (keyed("POST", "/api/orders", r#"{"productId":2,"quantity":1}"#), 422),
        (keyed("POST", "/api/orders/1/payment/complete?success=true", ""), 200),
        (keyed("POST", "/api/orders/1/payment/complete?success=false", ""), 422),
    ];
    for (number, (request, status)) in others.into_iter().enumerate() {
        let answer = client.send(request).await;
        assert_eq!((answer.status, answer.header("idempotent-replayed")), (status, ""), "{number}");
        assert!(status == 422 || answer.body != first.body, "{number}");
    }
    let other_case = json("POST", "/api/orders", one).insert_header(("idempotency-key", "K"));
    assert_eq!(client.send(other_case).await.header("idempotent-replayed"), "");
}

/// Numbers around everything that could overflow.
fn extremes() -> impl Strategy<Value = i64> {
    let edges = prop::sample::select(vec![i64::MIN, i64::MAX, -1, 0, 1, 10_000, i64::MAX / 10_000]);
    (edges, -3_i64..=3)
        .prop_map(|(edge, near)| edge.saturating_add(near))
        .boxed()
        .prop_union(any::<i64>().boxed())
}

#[test]
fn s17_money_is_exact_or_refused() {
    let mut runner = TestRunner::new(Config { cases: 100_000, ..Config::default() });
    let ran = runner.run(&(extremes(), extremes(), extremes()), |(one, other, count)| {
        let money = |amount| Money::new(amount, Currency::KRW);
        if let (Ok(one), Ok(other)) = (money(one), money(other)) {
            let exact = i128::from(one.amount()) + i128::from(other.amount());
            match one.plus(other) {
                Ok(sum) => prop_assert_eq!(i128::from(sum.amount()), exact),
                Err(_) => prop_assert!(exact > i128::from(i64::MAX)),
            }
        }
        if let (Ok(one), Ok(count)) = (money(one), Quantity::new(count)) {
            let exact = i128::from(one.amount()) * i128::from(count.get());
            match one.times(count) {
                Ok(product) => prop_assert_eq!(i128::from(product.amount()), exact),
                Err(_) => prop_assert!(exact > i128::from(i64::MAX)),
            }
        }
        Ok(())
    });
    ran.unwrap();
}

#[test]
fn s17_stock_stays_within_what_is_there_or_refuses() {
    let mut runner = TestRunner::new(Config { cases: 100_000, ..Config::default() });
    let stamp = Stamp { at: Timestamp::EPOCH, event: EventId::new(uuid::Uuid::nil()) };
    let ran = runner.run(&(extremes(), extremes(), 1_i64..=10_000), |(total, delta, quantity)| {
        let product = ProductId::new(1);
        let (total, quantity) = (total.max(0), Quantity::new(quantity).unwrap());
        let reserved = total / 2;
        let mut book = StockBook::default();
        book.put_level(StockLevel { product, total, reserved, version: Version::FIRST });
        let order = OrderId::new(1);
        for kind in [
            MoveKind::Reserve { order, quantity, until: Timestamp::EPOCH },
            MoveKind::Adjust { delta, reason: "x".to_owned() },
        ] {
            let _refused = book.apply(&[StockMove { product, kind, stamp }]);
            let level = book.level(product).unwrap();
            prop_assert!(0 <= level.reserved && level.reserved <= level.total, "{level:?}");
        }
        Ok(())
    });
    ran.unwrap();
}
