//! More than can be handled: who is refused, and who is not.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{join, join_all};
use tokio::sync::Semaphore;

use crate::log::Log;
use crate::stores::{answers, overloaded};
use crate::support::{World, json, request};

const ONE: &str = r#"{"productId":1,"quantity":1}"#;

#[actix_web::test]
async fn new_commands_are_refused_while_the_store_is_overloaded_and_callbacks_are_not() {
    let world = World::new().await;
    let client = world.client().await;
    client.order(1).await;
    client.call("POST", "/api/orders/1/payment").await;
    let client = world.client_over(overloaded(&world)).await;
    let (log, _guard) = Log::of_this_thread();
    for (method, uri) in [("POST", "/api/orders"), ("DELETE", "/api/orders/1")] {
        let refused = client.json(method, uri, ONE).await;
        assert_eq!((refused.status, refused.header("x-error-code")), (503, "OVERLOADED"), "{uri}");
        assert_eq!(refused.header("retry-after"), "1");
    }
    assert_eq!(log.take().len(), 1, "a crowd is one line");
    assert_eq!(client.call("GET", "/api/orders/1").await.status, 200);
    assert_eq!(client.call("GET", "/actuator/health").await.status, 200);
    let paid = client.call("POST", "/api/orders/1/payment/complete?success=true").await;
    assert_eq!(paid.status, 200);
}

#[actix_web::test]
async fn each_kind_of_request_has_places_of_its_own() {
    let world = World::new().await.with(|http| {
        http.max_commands_in_flight = 1.try_into().unwrap();
    });
    let gate = Arc::new(Semaphore::new(0));
    let client = world.client_over(answers(&world, &gate, Some)).await;
    // The key makes it wait at the store.
    let first = json("POST", "/api/orders", ONE).insert_header(("idempotency-key", "k"));
    let meanwhile = async {
        let second = client.order(1).await;
        assert_eq!((second.status, second.header("x-error-code")), (503, "OVERLOADED"));
        assert_eq!(client.call("GET", "/api/products/1").await.status, 200);
        let callback = client.call("POST", "/api/orders/9/payment/complete?success=true").await;
        assert_eq!(callback.status, 404);
        gate.add_permits(1);
    };
    let (first, ()) = join(client.send(first), meanwhile).await;
    assert_eq!(first.status, 201);
    assert_eq!(client.order(1).await.status, 201, "the place is free again");
}

#[actix_web::test]
async fn who_waits_too_long_is_told_so_and_the_command_runs_on() {
    let world = World::new().await.with(|http| http.command_timeout = Duration::from_millis(50));
    let gate = Arc::new(Semaphore::new(0));
    let client = world.client_over(answers(&world, &gate, Some)).await;
    let keyed = || json("POST", "/api/orders", ONE).insert_header(("idempotency-key", "k"));
    let late = client.send(keyed()).await;
    assert_eq!((late.status, late.header("x-error-code")), (503, "OUTCOME_UNKNOWN"));
    gate.add_permits(2);
    let again = loop {
        let again = client.send(keyed()).await;
        if again.status != 409 {
            break again;
        }
    };
    assert_eq!((again.status, again.header("idempotent-replayed")), (201, "true"));
}

#[actix_web::test]
async fn a_crowd_gets_its_answers_or_503_and_nothing_else() {
    let world = World::new().await.with(|http| {
        http.max_commands_in_flight = 8.try_into().unwrap();
        http.max_reads_in_flight = 8.try_into().unwrap();
    });
    let client = world.client().await;
    let orders = join_all((0..100).map(|_| client.order(1))).await;
    let reads = join_all((0..100).map(|_| client.send(request("GET", "/api/orders")))).await;
    for answer in orders.iter().chain(&reads) {
        assert!(matches!(answer.status, 200 | 201 | 400 | 503), "{answer:?}");
    }
    assert_eq!(world.store.audit(), Vec::<String>::new());
}
