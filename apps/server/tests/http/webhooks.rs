//! Callbacks of a payment gateway that signs them.

use actix_web::test::TestRequest;
use ordersystem_adapter_gateway::webhook::{self, WebhookSecret};
use ordersystem_shared_kernel::Clock;

use crate::support::{World, json, request};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NEXT: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v";
const URI: &str = "/api/orders/1/payment/complete?success=true";

/// One order whose payment was requested, on a server that believes these secrets.
async fn world(secrets: &[&str]) -> World {
    let mut world = World::new().await;
    world.settings.payment.webhook_secrets =
        secrets.iter().map(|secret| secret.parse().unwrap()).collect();
    {
        let client = world.client().await;
        assert_eq!(client.order(2).await.status, 201);
        assert_eq!(client.call("POST", "/api/orders/1/payment").await.status, 202);
    }
    world
}

/// What the gateway says of the order's payment.
async fn told(world: &World, success: bool) -> String {
    let payment = world.client().await.call("GET", "/api/orders/1/payment").await.json();
    let transaction = payment["data"]["attempts"][0]["transactionId"].as_str().unwrap();
    format!(r#"{{"success":{success},"transactionId":"{transaction}"}}"#)
}

/// A message before it is sent.
#[derive(Clone)]
struct Callback {
    id: String,
    timestamp: String,
    signature: String,
    body: String,
}

impl Callback {
    fn signed(world: &World, secret: &str, body: &str) -> Self {
        let secret: WebhookSecret = secret.parse().unwrap();
        let now = world.clock.now().as_millis() / 1_000;
        Self {
            id: "msg_1".to_owned(),
            timestamp: now.to_string(),
            signature: webhook::sign(&secret, "msg_1", now, body.as_bytes()),
            body: body.to_owned(),
        }
    }

    fn request(&self, uri: &str) -> TestRequest {
        json("POST", uri, &self.body)
            .insert_header((webhook::ID, self.id.as_str()))
            .insert_header((webhook::TIMESTAMP, self.timestamp.as_str()))
            .insert_header((webhook::SIGNATURE, self.signature.as_str()))
    }

    /// With the lowest bit of one byte of one part turned round.
    fn with_flipped(&self, part: usize, at: usize) -> Self {
        let mut flipped = self.clone();
        let Self { id, timestamp, signature, body } = &mut flipped;
        let text = [id, timestamp, signature, body].into_iter().nth(part).unwrap();
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1;
        *text = String::from_utf8(bytes).unwrap();
        flipped
    }

    fn lengths(&self) -> [usize; 4] {
        [&self.id, &self.timestamp, &self.signature, &self.body].map(String::len)
    }
}

#[track_caller]
fn is_unbelieved(answer: &crate::support::Answer) {
    assert_eq!((answer.status, answer.header("x-error-code")), (401, "WEBHOOK_SIGNATURE_INVALID"));
}

#[actix_web::test]
async fn must_not_repeat_d37_nobody_but_the_gateway_marks_an_order_paid() {
    let world = world(&[SECRET]).await;
    let client = world.client().await;
    let before = world.everything().await;
    let paid = &told(&world, true).await;
    is_unbelieved(&client.call("POST", URI).await);
    is_unbelieved(&client.json("POST", URI, paid).await);
    is_unbelieved(&client.send(Callback::signed(&world, NEXT, paid).request(URI)).await);
    let callback = Callback::signed(&world, SECRET, paid);
    let twice = callback.request(URI).append_header((webhook::ID, "msg_1"));
    is_unbelieved(&client.send(twice).await);
    for (part, length) in callback.lengths().into_iter().enumerate() {
        for at in 0..length {
            let flipped = callback.with_flipped(part, at);
            is_unbelieved(&client.send(flipped.request(URI)).await);
        }
    }
    // Not even whether there is such an order.
    is_unbelieved(&client.call("POST", "/api/orders/99/payment/complete?success=perhaps").await);
    assert_eq!(world.everything().await, before);
    assert_eq!(
        client.send(callback.request(URI)).await.line(),
        r#"200 {"success":true,"data":null}"#
    );
    assert_ne!(world.everything().await, before);
}

#[actix_web::test]
async fn a_callback_is_as_old_as_its_signature() {
    let world = world(&[SECRET]).await;
    let client = world.client().await;
    let callback = Callback::signed(&world, SECRET, &told(&world, true).await);
    world.clock.advance(std::time::Duration::from_secs(301));
    is_unbelieved(&client.send(callback.request(URI)).await);
    world.clock.set(world.clock.now().before(std::time::Duration::from_secs(2)));
    assert_eq!(client.send(callback.request(URI)).await.status, 200);
}

#[actix_web::test]
async fn what_is_signed_and_what_is_asked_must_agree() {
    let world = world(&[SECRET]).await;
    let client = world.client().await;
    let before = world.everything().await;
    let other = r#"{"success":true,"transactionId":"00000000-0000-0000-0000-00000000ffff"}"#;
    let stranger = Callback::signed(&world, SECRET, other);
    let answer = client.send(stranger.request(URI)).await;
    assert_eq!(answer.header("x-error-code"), "PAYMENT_TRANSACTION_UNKNOWN");
    let failed = told(&world, false).await;
    let half = failed.replace("\"success\":false,", "");
    for silent in ["", "{}", "null", r#"{"success":true}"#, &half, &failed] {
        let callback = Callback::signed(&world, SECRET, silent);
        let answer = client.send(callback.request(URI)).await;
        assert_eq!(
            (answer.status, answer.header("x-error-code")),
            (400, "INVALID_BODY"),
            "{silent}"
        );
    }
    assert_eq!(world.everything().await, before);
}

#[actix_web::test]
async fn the_same_webhook_has_its_effect_once() {
    let world = world(&[SECRET]).await;
    let client = world.client().await;
    let callback = Callback::signed(&world, SECRET, &told(&world, true).await);
    assert_eq!(client.send(callback.request(URI)).await.status, 200);
    let before = world.everything().await;
    for _ in 0..3 {
        let again = client.send(callback.request(URI)).await;
        assert_eq!(again.line(), r#"200 {"success":true,"data":null}"#);
    }
    assert_eq!(world.everything().await, before);
    // The id alone is enough, whatever it says now: the gateway calls one thing by one name.
    let mut other = Callback::signed(&world, SECRET, &told(&world, false).await);
    other.id = callback.id.clone();
    let uri = "/api/orders/1/payment/complete?success=false";
    assert_eq!(client.send(other.request(uri)).await.status, 200);
    assert_eq!(world.everything().await, before);
}

#[actix_web::test]
async fn a_key_is_replaced_without_a_pause() {
    for signed_with in [SECRET, NEXT] {
        let world = world(&[SECRET, NEXT]).await;
        let client = world.client().await;
        let callback = Callback::signed(&world, signed_with, &told(&world, true).await);
        assert_eq!(client.send(callback.request(URI)).await.status, 200);
    }
}

#[actix_web::test]
async fn without_a_secret_everybody_is_believed() {
    let world = world(&[]).await;
    let client = world.client().await;
    assert_eq!(client.send(request("POST", URI)).await.status, 200);
}
