use std::sync::Arc;

use ordersystem::background::relay::{Relay, RelayError};
use ordersystem::background::supervisor::Background;
use ordersystem_adapter_memory::CommitFault;
use ordersystem_application::{
    BrokerError, Bucket, Call, EventBroker, Outbox, Store, Subscription, TailFrom, Topic,
};
use ordersystem_order::{Basket, OrderStatus};
use ordersystem_shared_kernel::{OrderId, Quantity};
use uuid::Uuid;

use crate::flaky::FlakyBroker;
use crate::shop::{A, Shop, eventually, stop};

/// The seed's producer gave up on a message that the broker refused.
#[tokio::test]
async fn must_not_repeat_d20_a_broker_that_fails_costs_nothing_and_mixes_nothing_up() {
    let shop = Shop::open().await;
    for quantity in [1, 2, 3] {
        shop.prepared(quantity).await;
    }
    let broker = FlakyBroker::new(shop.broker.clone(), 3, shop.store.faults().clone());
    let relay =
        Relay::new(shop.world.engines.outbox.clone(), Arc::new(broker.clone()), Uuid::nil());

    let background = Background::start(vec![Arc::new(relay)]);
    eventually("the outbox is empty", async || pending(&shop).await == 0).await;
    stop(background).await;

    assert!(broker.repetitions() > 0, "the broker never failed in the middle");
    let sequences = broker.sequences();
    for order in 1..=3 {
        assert_eq!(sequences[&(Topic::OrderEvents, order)], [1, 2, 3, 4]);
    }
    let stock = &sequences[&(Topic::InventoryEvents, A.get())];
    assert_eq!(stock.len(), 6, "each order reserved and confirmed");
    assert!(stock.is_sorted_by(|a, b| a < b), "{stock:?}");
}

/// The seed published inside the transaction: a rollback left phantom events, and consumers ran ahead of the commit.
#[tokio::test]
async fn must_not_repeat_d18_what_is_published_is_committed_and_nothing_else() {
    let shop = Shop::open().await;
    for fault in [CommitFault::Unavailable, CommitFault::Overloaded, CommitFault::LostUnit] {
        shop.store.faults().fail_commits(1, fault);
        let basket = Basket::single(A, Quantity::new(1).unwrap());
        shop.world.use_cases.place_order(basket, Call::default()).await.unwrap_err();
    }
    shop.publish().await;
    assert_eq!(shop.records().await, []);

    let background = shop.run();
    let order = shop.paid(1).await;
    let mut tail = shop.broker.tail(TailFrom::Beginning).await.unwrap().records;
    let mut told = Vec::new();
    while !told.contains(&OrderStatus::ShipmentPreparing) {
        told.extend(next_statuses(&shop, tail.as_mut(), order).await);
    }
    assert_eq!(told, shop.life(order).await);
    stop(background).await;
}

/// The statuses of the next records about the order, each of which the store has reached already.
async fn next_statuses(
    shop: &Shop,
    tail: &mut dyn Subscription,
    order: OrderId,
) -> Vec<OrderStatus> {
    let mut statuses = Vec::new();
    for record in tail.poll(100).await.unwrap() {
        if record.topic == Topic::OrderEvents {
            let value: serde_json::Value = serde_json::from_slice(&record.value).unwrap();
            assert_eq!(value["orderId"], order.get());
            let status = value["status"].as_str().unwrap().parse().unwrap();
            assert!(shop.life(order).await.contains(&status), "{status} ran ahead of its commit");
            statuses.push(status);
        }
    }
    statuses
}

/// The seed lost events for ever when the process died between the commit and the publication.
#[tokio::test]
async fn must_not_repeat_d19_a_crash_between_commit_and_publication_loses_nothing() {
    let shop = Shop::open().await;
    let order = shop.paid(2).await;
    let shop = shop.restarted();
    assert!(shop.told(order).await.is_empty());
    shop.publish().await;
    let told = shop.told(order).await;
    let expected =
        ["CREATED", "STOCK_RESERVED", "PAYMENT_REQUESTED", "PAYMENT_COMPLETED", "STOCK_CONFIRMED"];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_page_that_was_published_but_not_marked_is_published_again() {
    let shop = Shop::open().await;
    shop.placed(1).await;
    let rows = shop.store.unpublished(&Bucket::all(), Relay::PAGE).await.unwrap();
    shop.broker.publish(&rows).await.unwrap();
    assert_eq!(shop.relay().turn(&Bucket::all()).await, Ok(rows.len()));
    assert_eq!(pending(&shop).await, 0);
    assert_eq!(shop.relay().turn(&Bucket::all()).await, Ok(0));
}

#[tokio::test]
async fn says_what_is_down() {
    let shop = Shop::open().await;
    let order = shop.placed(1).await;
    shop.broker.fail_next(1);
    assert_eq!(shop.relay().turn(&Bucket::all()).await, Err(RelayError::Broker(BrokerError)));
    shop.store.faults().fail_reads(1);
    assert!(matches!(shop.relay().turn(&Bucket::all()).await, Err(RelayError::Store(_))));
    assert!(shop.store.order(order).await.unwrap().is_some());
    shop.publish().await;
    assert_eq!(pending(&shop).await, 0);
}

async fn pending(shop: &Shop) -> i64 {
    // A store that fails on purpose has not emptied its outbox.
    shop.store.backlog().await.map_or(i64::MAX, |backlog| backlog.pending)
}
