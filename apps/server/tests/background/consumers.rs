use std::sync::Arc;
use std::time::Duration;

use ordersystem::background::consumers::{Consumer, Handler, OrderEvents, StockEvents, Trouble};
use ordersystem::background::supervisor::Background;
use ordersystem::background::timers::Replay;
use ordersystem_adapter_memory::CommitFault;
use ordersystem_application::{
    Call, DeadLetter, DeadLetterFilter, DeadLetterState, DeadLetters, EventBroker, Page, Record,
    Store, Subscription, Topic,
};
use ordersystem_order::OrderStatus;
use ordersystem_payment::GatewayOutcome;
use ordersystem_shared_kernel::{Clock, OrderId};

use crate::shop::{A, Shop, catch_up, eventually, stop};

const TO_PREPARATION: [OrderStatus; 4] = [
    OrderStatus::Created,
    OrderStatus::PaymentRequested,
    OrderStatus::PaymentCompleted,
    OrderStatus::ShipmentPreparing,
];

/// Three releases of the same message made 54 units of 50 in the seed.
#[tokio::test]
async fn must_not_repeat_d08_every_message_twice_has_one_effect() {
    let shop = Shop::open().await;
    let paid = [shop.paid(1).await, shop.paid(2).await];
    let cancelled = shop.placed(4).await;
    let call = ordersystem_application::Call::default();
    shop.world.use_cases.cancel_order(cancelled, call).await.unwrap();
    shop.publish().await;
    for record in shop.records().await {
        append(&shop, &record);
    }

    let background = shop.run();
    for order in paid {
        eventually("prepared", async || shop.life(order).await == TO_PREPARATION).await;
    }
    // Behind everything else in its partition, so that the copies are through when it is.
    let last = shop.paid(1).await;
    eventually("the last one, too", async || shop.life(last).await == TO_PREPARATION).await;
    eventually("counters", async || shop.counted().await == Some((46, 0))).await;
    stop(background).await;

    for order in paid {
        assert_eq!(shop.life(order).await, TO_PREPARATION);
        assert_eq!(shop.store.delivery(order).await.unwrap().unwrap().order(), order);
    }
    let level = shop.level().await;
    assert_eq!((level.total, level.reserved), (46, 0));
    shop.check();
}

/// Messages of others carry none of our headers.
#[tokio::test]
async fn must_not_repeat_d08_foreign_messages_are_told_apart_by_their_content() {
    let shop = Shop::open().await;
    let order = shop.paid(1).await;
    shop.publish().await;
    let records: Vec<_> = shop.records().await;
    let paid = records.iter().find(|r| r.value.windows(17).any(|w| w == b"PAYMENT_COMPLETED"));
    let foreign = Record { headers: Vec::new(), ..paid.unwrap().clone() };
    let handler = order_events(&shop);
    let twice = [foreign.clone(), foreign];
    assert_eq!(handler.handle(&twice, shop.clock.now()).await, [Ok(()), Ok(())]);
    assert_eq!(handler.handle(&twice, shop.clock.now()).await, [Ok(()), Ok(())]);
    assert_eq!(shop.life(order).await, TO_PREPARATION);
    shop.check();
}

/// The member dies after the commit of the effect and before the commit of the offset.
#[tokio::test]
async fn a_crash_between_effect_and_offset_repeats_the_record_without_effect() {
    let shop = Shop::open().await;
    let order = shop.paid(2).await;
    shop.publish().await;
    let handler = order_events(&shop);
    {
        let mut dies = member(&shop).await;
        let records = dies.poll(100).await.unwrap();
        assert!(handler.handle(&records, shop.clock.now()).await.iter().all(Result::is_ok));
        assert_eq!(shop.life(order).await, TO_PREPARATION);
    }
    let delivery = shop.store.delivery(order).await.unwrap();
    let mut lives = member(&shop).await;
    let repeated = lives.poll(100).await.unwrap();
    assert_eq!(repeated.len(), 3, "without a committed offset everything comes again");
    assert!(handler.handle(&repeated, shop.clock.now()).await.iter().all(Result::is_ok));
    assert_eq!(shop.life(order).await, TO_PREPARATION);
    assert_eq!(shop.store.delivery(order).await.unwrap(), delivery);
    shop.check();
}

/// Every failure was swallowed and its offset committed in the seed; a poisoned record must not stop the group either.
#[tokio::test]
async fn must_not_repeat_d21_what_fails_is_repeated_and_what_is_broken_is_passed_over() {
    let shop = Shop::open().await;
    for garbage in [&b"{"[..], b"{}", b"\xff", br#"{"orderId":1,"status":"LOST","timestamp":null}"#]
    {
        shop.broker.append(Topic::OrderEvents, Some("1"), &[], garbage);
    }
    let order = shop.paid(1).await;
    shop.publish().await;
    for fault in [CommitFault::Unavailable, CommitFault::LostUnit, CommitFault::Overloaded] {
        shop.store.faults().fail_commits(1, fault);
    }
    let background = run_consumer(&shop);
    eventually("prepared", async || shop.life(order).await == TO_PREPARATION).await;
    stop(background).await;
    assert!(nothing_is_left(&shop).await, "the offsets were not committed");
    let letters = letters(&shop).await;
    let values: Vec<_> = letters.iter().map(|letter| letter.record.value.as_slice()).collect();
    assert_eq!(values.len(), 4, "every broken record is kept: {values:?}");
    assert_eq!(values[2], b"\xff", "byte for byte");
    assert!(letters[0].error.contains("EOF"), "with the reason: {}", letters[0].error);
    let copies = shop.broker.buried();
    assert_eq!(copies.len(), 4, "and a copy is published");
    assert_eq!(copies[0].header("x-dlq-group"), Some(OrderEvents::GROUP));
    shop.check();
}

/// What could not be handled yesterday can be today: the same event, once.
#[tokio::test]
async fn a_dead_letter_that_is_replayed_is_handled() {
    let shop = Shop::open().await;
    let order = shop.placed(1).await;
    let early = format!(r#"{{"orderId":{order},"status":"PAYMENT_COMPLETED","timestamp":null}}"#);
    shop.broker.append(Topic::OrderEvents, Some("1"), &[], early.as_bytes());
    let background = run_consumer(&shop);
    eventually("a dead letter", async || letters(&shop).await.len() == 1).await;
    pay(&shop, order).await;
    let letter = letters(&shop).await[0].id;
    let request = DeadLetterState::ReplayRequested;
    assert_eq!(shop.store.set_dead_letters(&[letter], request).await, Ok(1));
    let replay = Replay::new(Arc::new(shop.store.clone()), Arc::new(shop.broker.clone()));
    catch_up(&replay).await;
    catch_up(&replay).await;
    eventually("prepared", async || shop.life(order).await == TO_PREPARATION).await;
    stop(background).await;
    let letters = letters(&shop).await;
    assert_eq!(letters.len(), 1, "it did not fail again");
    assert_eq!(letters[0].state, DeadLetterState::Replayed);
    shop.check();
}

/// A letter is in the table before its record is passed over, whatever fails in between.
#[tokio::test]
async fn a_record_that_cannot_be_set_aside_is_not_passed_over() {
    let shop = Shop::open().await;
    shop.broker.append(Topic::OrderEvents, Some("1"), &[], b"{");
    shop.store.faults().fail_reads(3);
    let background = run_consumer(&shop);
    eventually("a dead letter", async || !shop.broker.buried().is_empty()).await;
    stop(background).await;
    assert_eq!(letters(&shop).await.len(), 1);
}

async fn letters(shop: &Shop) -> Vec<DeadLetter> {
    let page = Page { after: None, limit: 100 };
    // A store that fails on purpose shows none.
    shop.store.dead_letters(&DeadLetterFilter::default(), page).await.unwrap_or_default()
}

async fn pay(shop: &Shop, order: OrderId) {
    let use_cases = &shop.world.use_cases;
    use_cases.request_payment(order, Call::default()).await.unwrap();
    use_cases.settle_payment(order, GatewayOutcome::Success, Call::default()).await.unwrap();
}

/// The connection broke after the commit: the repetition finds its own receipt.
#[tokio::test]
async fn an_effect_whose_answer_got_lost_happens_once() {
    let shop = Shop::open().await;
    let order = shop.paid(1).await;
    shop.publish().await;
    let records = member(&shop).await.poll(100).await.unwrap();
    shop.store.faults().fail_commits(1, CommitFault::LostAnswer);
    let handler = order_events(&shop);
    let outcomes = handler.handle(&records, shop.clock.now()).await;
    assert!(matches!(outcomes.last(), Some(Err(Trouble::Transient(_)))), "{outcomes:?}");
    let outcomes = handler.handle(&records, shop.clock.now()).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(shop.life(order).await, TO_PREPARATION);
    shop.check();
}

/// A consumer that lost its broker joins again.
#[tokio::test]
async fn a_broker_that_fails_delays_the_group_only() {
    let shop = Shop::open().await;
    let order = shop.paid(1).await;
    shop.publish().await;
    shop.broker.fail_next(3);
    let background = run_consumer(&shop);
    eventually("prepared", async || shop.life(order).await == TO_PREPARATION).await;
    stop(background).await;
}

#[tokio::test]
async fn tells_what_passes_from_what_stays() {
    let shop = Shop::open().await;
    let handler = order_events(&shop);
    let seen = shop.clock.now();
    let paid = |order: i64| {
        let at = seen;
        format!(r#"{{"orderId":{order},"status":"PAYMENT_COMPLETED","timestamp":"{at}"}}"#)
    };
    let unpaid = shop.placed(1).await.get();
    let records = ["{", r#"{"orderId":1,"status":"NEW"}"#, &paid(99), &paid(unpaid)].map(record);
    let outcomes = handler.handle(&records, seen).await;
    assert!(matches!(&outcomes[0], Err(Trouble::Permanent(why)) if why.contains("EOF")));
    assert!(matches!(&outcomes[1], Err(Trouble::Permanent(_))));
    assert!(
        matches!(&outcomes[2], Err(Trouble::Transient(why)) if why.contains("ORDER_NOT_FOUND"))
    );
    assert!(matches!(&outcomes[3], Err(Trouble::Permanent(_))), "{:?}", outcomes[3]);

    shop.clock.advance(Duration::from_secs(60));
    let outcomes = handler.handle(&records[2..3], seen).await;
    assert!(matches!(&outcomes[0], Err(Trouble::Permanent(_))), "a minute is enough");
}

/// A lost projection (another process committed, this one's counters know nothing of it) follows from the event.
#[tokio::test]
async fn stock_events_set_the_counters_to_what_the_store_says() {
    let shop = Shop::open().await;
    shop.placed(2).await;
    shop.publish().await;
    let shop = shop.restarted();
    shop.world.replay_history().await.unwrap();
    assert_eq!(shop.counted().await, None);
    let handler = StockEvents::new(shop.world.use_cases.clone(), Arc::new(shop.clock.clone()));
    let mut records = shop.records().await;
    records.retain(|record| record.topic == Topic::InventoryEvents);
    records.push(record("broken"));
    records.push(record(r#"{"productId":99}"#));
    let outcomes = handler.handle(&records, shop.clock.now()).await;
    assert_eq!(outcomes[0], Ok(()));
    assert!(matches!(&outcomes[1], Err(Trouble::Permanent(_))));
    assert!(matches!(&outcomes[2], Err(Trouble::Transient(_))));
    assert_eq!(shop.counted().await, Some((48, 2)));
    shop.store.faults().fail_reads(1);
    let outcomes = handler.handle(&records[..1], shop.clock.now()).await;
    assert!(matches!(&outcomes[0], Err(Trouble::Transient(_))));
}

/// SHIPMENT_PREPARING shipped at once in the seed: one drain of the topic took a paid order to SHIPPED.
#[tokio::test]
async fn must_not_repeat_d22_no_event_ships_an_order() {
    let shop = Shop::open().await;
    let order = shop.prepared(1).await;
    shop.publish().await;
    let records: Vec<_> =
        shop.records().await.into_iter().filter(|r| r.topic == Topic::OrderEvents).collect();
    assert_eq!(records.len(), 4);
    let outcomes = order_events(&shop).handle(&records, shop.clock.now()).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(shop.status(order).await, OrderStatus::ShipmentPreparing);
    assert_eq!(shop.level().await.product, A);
}

fn order_events(shop: &Shop) -> OrderEvents {
    OrderEvents::new(shop.world.use_cases.clone(), Arc::new(shop.clock.clone()))
}

fn run_consumer(shop: &Shop) -> Background {
    Background::start(vec![Arc::new(Consumer::new(order_events(shop), &shop.world.engines))])
}

async fn member(shop: &Shop) -> Box<dyn Subscription> {
    shop.broker.subscribe(OrderEvents::GROUP, Topic::OrderEvents).await.unwrap()
}

/// Whether a new member of the group would get no record.
async fn nothing_is_left(shop: &Shop) -> bool {
    let mut member = member(shop).await;
    tokio::time::timeout(Duration::from_millis(20), member.poll(1)).await.is_err()
}

/// A copy behind everything else, headers and all.
fn append(shop: &Shop, record: &Record) {
    let headers: Vec<_> = record.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    shop.broker.append(record.topic, record.key.as_deref(), &headers, &record.value);
}

fn record(value: &str) -> Record {
    Record {
        topic: Topic::OrderEvents,
        partition: 0,
        offset: 1,
        key: Some(OrderId::new(1).to_string()),
        headers: Vec::new(),
        value: value.as_bytes().to_vec(),
    }
}
