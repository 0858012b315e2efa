use std::time::Duration;

use ordersystem::background::timers::Purge;
use ordersystem_application::{Bucket, EventBroker, Outbox, Position, Subscription, TailFrom};
use ordersystem_order::OrderStatus;
use tokio::time::timeout;

use crate::shop::{Shop, catch_up, eventually, stop};

/// A reader that comes back after a restart goes on behind what it has seen.
#[tokio::test]
async fn the_history_of_events_survives_a_restart() {
    let shop = Shop::open().await;
    let order = shop.paid(1).await;
    shop.publish().await;
    let before = shop.records().await;
    let mut seen = Position::default();
    before[..2].iter().for_each(|record| seen.pass(record));

    let shop = shop.restarted();
    shop.world.replay_history().await.unwrap();
    assert_eq!(shop.records().await, before);
    let mut tail = shop.broker.tail(TailFrom::After(seen)).await.unwrap().records;
    assert_eq!(poll(tail.as_mut()).await, before[2..]);
    assert_eq!(shop.told(order).await.len(), 5);
}

/// What was published but not handled before a restart is handled after it.
#[tokio::test]
async fn a_message_that_nobody_handled_before_a_restart_is_handled_after_it() {
    let shop = Shop::open().await;
    let order = shop.paid(1).await;
    shop.publish().await;
    let shop = shop.restarted();
    shop.world.replay_history().await.unwrap();
    let background = shop.run();
    let preparing = OrderStatus::ShipmentPreparing;
    eventually("prepared", async || shop.status(order).await == preparing).await;
    stop(background).await;
    shop.check();
}

#[tokio::test]
async fn samples_are_put_on_sale_once() {
    let shop = Shop::open().await;
    shop.placed(2).await;
    let shop = shop.restarted();
    shop.world.seed().await.unwrap();
    assert_eq!((shop.level().await.total, shop.level().await.reserved), (50, 2));
}

#[tokio::test]
async fn events_are_kept_for_a_day() {
    let shop = Shop::open().await;
    shop.placed(1).await;
    shop.publish().await;
    let purge = Purge::new(std::sync::Arc::new(shop.store.clone()));
    shop.clock.advance(Duration::from_secs(24 * 3600));
    catch_up(&purge).await;
    assert_eq!(shop.store.recent(10).await.unwrap().len(), 2);
    shop.clock.advance(Duration::from_secs(1));
    shop.placed(1).await;
    catch_up(&purge).await;
    assert_eq!(shop.store.recent(10).await.unwrap().len(), 0);
    assert_eq!(
        shop.store.unpublished(&Bucket::all(), 10).await.unwrap().len(),
        2,
        "what waits is never purged"
    );
}

async fn poll(tail: &mut dyn Subscription) -> Vec<ordersystem_application::Record> {
    timeout(Duration::from_secs(10), tail.poll(100)).await.unwrap().unwrap()
}
