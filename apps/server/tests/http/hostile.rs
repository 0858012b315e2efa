//! Whatever bytes arrive, the answer is a refusal in the envelope, or a success that was asked for.

use actix_web::test::TestRequest;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{World, json, request};

const ATOMS: [&str; 22] = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "null",
    "true",
    "1",
    "-0",
    "1.0",
    "1e400",
    "18446744073709551615",
    "\"1\"",
    "\"productId\"",
    "\"quantity\"",
    "\"items\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\\",
    " ",
    "\u{feff}",
];

fn check(strategy: impl Strategy<Value = Vec<u8>>, make: impl Fn(Vec<u8>) -> TestRequest) {
    let system = actix_web::rt::System::new();
    let world = system.block_on(World::new());
    let client = system.block_on(world.client());
    let mut runner = TestRunner::new(Config { cases: 512, ..Config::default() });
    let outcome = runner.run(&strategy, |bytes| {
        let answer = system.block_on(client.send(make(bytes)));
        prop_assert!(answer.status < 500, "{answer:?}");
        prop_assert_eq!(&answer.json()["success"], answer.status < 300);
        Ok(())
    });
    outcome.unwrap();
    assert_eq!(world.store.audit(), Vec::<String>::new());
}

#[test]
fn bodies_that_look_like_json() {
    let atoms = prop::collection::vec(prop::sample::select(ATOMS.to_vec()), 0..24);
    check(atoms.prop_map(|atoms| atoms.concat().into_bytes()), |bytes| {
        json("POST", "/api/orders", "").set_payload(bytes)
    });
}

#[test]
fn bodies_that_look_like_nothing() {
    check(prop::collection::vec(any::<u8>(), 0..64), |bytes| {
        json("POST", "/api/products", "").set_payload(bytes)
    });
}

#[test]
fn paths_and_queries() {
    let text = prop::collection::vec(any::<u8>(), 0..24);
    check(text, |bytes| {
        let escaped: String = bytes.iter().map(|byte| format!("%{byte:02x}")).collect();
        match bytes.len() % 3 {
            0 => request("GET", &format!("/api/orders/{escaped}")),
            1 => request("GET", &format!("/api/orders?cursor={escaped}")),
            _ => request("GET", &format!("/api/orders?{escaped}=1")),
        }
    });
}

#[test]
fn headers() {
    let visible = prop::collection::vec(0x20_u8..0x7f, 1..40);
    check(visible, |bytes| {
        let text = String::from_utf8(bytes).unwrap();
        let order = json("POST", "/api/orders", r#"{"productId":3,"quantity":1}"#);
        ["accept", "accept-language", "traceparent", "x-request-id", "if-match", "idempotency-key"]
            .into_iter()
            .fold(order, |order, name| order.insert_header((name, text.clone())))
    });
}
