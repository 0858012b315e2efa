//! Receipts: a cause with a receipt is never handled again.

use ordersystem_application::{CommitError, StoredAnswer, UnitOfWork};
use ordersystem_shared_kernel::{Answer, EventId, Fingerprint, OrderId, Receipt, RequestKey};
use tokio::task::JoinSet;

use crate::World;
use crate::unit::{event_receipt, receipt_only, request_key, request_receipt, uuid};

/// A consumer that receives an event again is told so; other consumers are not concerned.
pub async fn handle_an_event_once_per_consumer(world: World) {
    world.sell(1, 50).await;
    let event = EventId::new(uuid());
    let place = |order, consumer| UnitOfWork {
        cause: Some(event_receipt(consumer, event)),
        ..world.units().place(order, 1, 1)
    };
    world.commit(place(1, "shipping")).await;
    let error = world.refused("an event that was handled", place(2, "shipping")).await;
    assert_eq!(error, CommitError::AlreadyHandled(None), "a second delivery of an event");
    world.commit(place(3, "statistics")).await;
    assert_eq!(world.stock(1).await, (50, 2), "the repeat has no effect");
}

/// The first answer stands, whatever the repeat would have answered.
pub async fn answer_a_repeated_request_with_the_stored_answer(world: World) {
    world.sell(1, 50).await;
    let place = |order, answer| UnitOfWork {
        cause: Some(request_receipt("key", answer)),
        ..world.units().place(order, 1, 1)
    };
    world.commit(place(1, "the first answer \u{0}\n 한글")).await;
    let error = world.refused("a request that was answered", place(2, "another")).await;
    let stored = stored("the first answer \u{0}\n 한글");
    let expected = CommitError::AlreadyHandled(Some(stored.clone()));
    assert_eq!(error, expected, "a repeat gets the first answer, byte for byte");
    let answer = world.store.answer(&request_key("key")).await.expect("answers can be loaded");
    assert_eq!(answer, Some(stored), "the stored answer can be loaded by its key");
    assert_eq!(world.stock(1).await, (50, 1), "the repeat has no effect");
}

/// Principal, route and key together are the scope.
pub async fn tell_scopes_of_a_key_apart(world: World) {
    let first = request_key("key");
    world.commit(receipt_only(request(first.clone()))).await;
    let other_key = RequestKey { key: "KEY".to_owned(), ..first.clone() };
    let other_route = RequestKey { route: "POST /api/products".to_owned(), ..first.clone() };
    let other_principal = RequestKey { principal: "somebody".to_owned(), ..first.clone() };
    for key in [other_key, other_route, other_principal] {
        let answer = world.store.answer(&key).await.expect("answers can be loaded");
        assert_eq!(answer, None, "{key:?} was not answered yet");
        world.commit(receipt_only(request(key))).await;
    }
    let error = world.refused("the first key", receipt_only(request(first))).await;
    assert!(matches!(error, CommitError::AlreadyHandled(Some(_))), "not {error:?}");
}

/// A repeat is recognised as one although everything it was decided on has changed.
pub async fn come_before_versions_and_stock(world: World) {
    world.sell(1, 1).await;
    let mut unit = world.units().place(1, 1, 1);
    unit.cause = Some(request_receipt("key", "201"));
    world.commit(unit.clone()).await;
    let error = world.refused("the same unit again", unit).await;
    assert_eq!(error, CommitError::AlreadyHandled(Some(stored("201"))), "not a conflict");
    let mut sold_out = world.units().place(2, 1, 1);
    sold_out.cause = Some(request_receipt("key", "another"));
    let error = world.refused("a repeat that found nothing left", sold_out).await;
    assert_eq!(error, CommitError::AlreadyHandled(Some(stored("201"))), "not sold out");
}

/// A request that was refused may be tried again under the same key.
pub async fn are_not_left_by_refused_units(world: World) {
    world.sell(1, 1).await;
    let event = EventId::new(uuid());
    for cause in [request_receipt("key", "201"), event_receipt("shipping", event)] {
        let mut unit = world.units().place(1, 1, 2);
        unit.cause = Some(cause.clone());
        let error = world.refused("more than there is", unit).await;
        assert!(matches!(error, CommitError::Stock { .. }), "stock refuses, not {error:?}");
        world.commit(receipt_only(cause)).await;
    }
}

/// Rivals with the same key: one has its effect, the others get its answer.
pub async fn let_one_of_many_concurrent_repeats_win(world: World) {
    world.sell(1, 50).await;
    let mut rivals = JoinSet::new();
    for order in 1..=16 {
        let mut unit = world.units().place(order, 1, 1);
        unit.cause = Some(request_receipt("key", &order.to_string()));
        let world = world.clone();
        rivals.spawn(async move { (order, world.store.commit(unit).await) });
    }
    let results = rivals.join_all().await;
    let winners: Vec<_> = results.iter().filter(|(_, result)| result.is_ok()).collect();
    assert_eq!(winners.len(), 1, "of requests with one key exactly one has an effect");
    let winner = winners.first().map(|(order, _)| *order).expect("there is a winner");
    let replay = CommitError::AlreadyHandled(Some(stored(&winner.to_string())));
    for (order, result) in results.iter().filter(|(order, _)| *order != winner) {
        assert_eq!(result, &Err(replay.clone()), "order {order} gets the winner's answer");
    }
    assert_eq!(world.stock(1).await, (50, 1), "one effect");
    assert_eq!(world.holds(winner).await.len(), 1, "the winner's");
    assert!(world.store.order(OrderId::new(winner)).await.is_ok_and(|order| order.is_some()));
}

fn request(key: RequestKey) -> Receipt {
    Receipt::Request { key, fingerprint: Fingerprint([7; 32]), answer: Answer(Vec::new()) }
}

fn stored(answer: &str) -> StoredAnswer {
    let answer = Answer(answer.as_bytes().to_vec());
    StoredAnswer { fingerprint: Fingerprint([7; 32]), answer }
}
