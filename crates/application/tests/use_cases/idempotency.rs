//! A cause is handled once, and a replay is answered as before.

use ordersystem_application::{Call, CallReceipt, OrderStepError, PlaceOrderError};
use ordersystem_order::{Cause, Order, OrderStatus};
use ordersystem_payment::GatewayOutcome;
use ordersystem_shared_kernel::{Aggregate, Answer, EventId, Ids, Version};

use crate::fixture::Step::{Cancel, Prepare, RequestPayment, Succeed};
use crate::fixture::{Shop, basket, keyed, replayed};

fn number(order: &Order) -> Answer {
    Answer(format!("order {}", order.id()).into_bytes())
}

fn done(_: &()) -> Answer {
    Answer(b"done".to_vec())
}

#[tokio::test]
async fn a_replayed_order_is_answered_as_before() {
    let shop = Shop::open().await;
    let place = || shop.use_cases.place_order(basket(&[(1, 2)]), keyed("key", &number));
    let order = place().await.unwrap();
    let Err(PlaceOrderError::Failure(failure)) = place().await else { panic!("placed twice") };
    assert_eq!(replayed(&failure), format!("order {}", order.id()).as_bytes());
    assert_eq!(shop.stock(1).await, (50, 2), "one effect");
    assert_eq!(shop.transitions().await, ["order.created.v1"]);
}

#[tokio::test]
async fn a_replayed_step_is_answered_as_before_whatever_happened_since() {
    let shop = Shop::open().await;
    let id = shop.place().await;
    let request = || shop.use_cases.request_payment(id, keyed("pay", &done));
    let settle = || shop.use_cases.settle_payment(id, GatewayOutcome::Success, keyed("ok", &done));
    let cancel = || shop.use_cases.cancel_order(id, keyed("cancel", &done));
    request().await.unwrap();
    check_replay(request().await);
    settle().await.unwrap();
    check_replay(settle().await);
    cancel().await.unwrap();
    check_replay(cancel().await);
    check_replay(settle().await);
    assert_eq!(shop.refunds(id).await.len(), 1);
    shop.check("replays").await;
}

fn check_replay(outcome: Result<(), OrderStepError>) {
    let Err(OrderStepError::Failure(failure)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(replayed(&failure), b"done");
}

#[tokio::test]
async fn a_step_that_finds_nothing_to_do_leaves_its_answer_too() {
    let shop = Shop::open().await;
    let id = shop.place().await;
    shop.take(Cancel, id).await.unwrap();
    let events = shop.outbox().await;
    let cancel = || shop.use_cases.cancel_order(id, keyed("cancel", &done));
    assert_eq!(cancel().await, Ok(()));
    check_replay(cancel().await);
    assert_eq!(shop.outbox().await, events, "without an event");
}

#[tokio::test]
async fn a_refused_order_may_be_tried_again_under_its_key() {
    let shop = Shop::open().await;
    let place = |units| shop.use_cases.place_order(basket(&[(1, units)]), keyed("key", &number));
    assert!(matches!(place(51).await, Err(PlaceOrderError::OutOfStock(_))));
    assert!(place(50).await.is_ok(), "a rejection without effect is not pinned");
}

#[tokio::test]
async fn an_event_that_comes_twice_is_handled_once() {
    let shop = Shop::open().await;
    let id = shop.place().await;
    shop.take_all(&[RequestPayment, Succeed], id).await;
    let event = EventId::new(shop.ids.uuid());
    let prepare = || {
        let receipt = Some(CallReceipt::Event { consumer: "ordersystem-group", event });
        shop.use_cases.start_shipment(id, Call { receipt, ..Call::default() })
    };
    assert_eq!(prepare().await, Ok(()));
    let events = shop.outbox().await;
    assert_eq!(prepare().await, Ok(()), "a repeat is no error for a consumer");
    assert_eq!(shop.outbox().await, events, "and no event");
    shop.take(Cancel, id).await.unwrap();
    assert_eq!(prepare().await, Ok(()), "also after the order has ended");
    assert_eq!(shop.status(id).await, OrderStatus::Cancelled);
    shop.check("repeated events").await;
}

#[tokio::test]
async fn whoever_insists_on_an_old_version_is_refused() {
    let shop = Shop::open().await;
    let id = shop.place().await;
    let seen = |version| Call { expected: Some(Version::new(version)), ..Call::default() };
    let events = shop.outbox().await.len();
    let stale = shop.use_cases.cancel_order(id, seen(2)).await.unwrap_err();
    assert_eq!(stale.to_string(), "the resource is no longer in the expected version");
    assert!(shop.use_cases.request_payment(id, seen(2)).await.is_err());
    assert_eq!(shop.outbox().await.len(), events, "nothing happened");
    assert_eq!(shop.use_cases.request_payment(id, seen(1)).await, Ok(()));
    shop.take_all(&[Succeed, Prepare], id).await;
    assert!(shop.use_cases.ship(id, Cause::Administrator, seen(2)).await.is_err());
    assert_eq!(shop.use_cases.ship(id, Cause::Administrator, seen(1)).await, Ok(()));
}

#[tokio::test]
async fn the_trace_of_a_request_travels_with_its_events() {
    let shop = Shop::open().await;
    let trace = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned());
    let call = Call { trace: trace.clone(), ..Call::default() };
    shop.use_cases.place_order(basket(&[(1, 1), (2, 1)]), call).await.unwrap();
    let rows = shop.outbox().await;
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| row.message.trace == trace));
}
