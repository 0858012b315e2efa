use std::sync::Arc;
use std::time::Duration;

use ordersystem::background::timers::UnpreparedOrders;
use ordersystem_application::{Bucket, Outbox, Store};
use ordersystem_order::OrderStatus;

use crate::shop::{Shop, catch_up};

fn sweeper(shop: &Shop) -> UnpreparedOrders {
    UnpreparedOrders::new(shop.world.use_cases.clone(), Arc::new(shop.store.clone()))
}

/// In the seed a consumer that came too early gave up, and the paid order never got a delivery.
#[tokio::test]
async fn must_not_repeat_d18_an_order_whose_message_got_lost_is_prepared_all_the_same() {
    let shop = Shop::open().await;
    let order = shop.paid(1).await;
    let lost = shop.store.unpublished(&Bucket::all(), 100).await.unwrap();
    let positions: Vec<_> = lost.iter().map(|row| row.position).collect();
    shop.store.mark_published(&positions).await.unwrap();

    shop.clock.advance(UnpreparedOrders::PATIENCE - Duration::from_micros(1));
    catch_up(&sweeper(&shop)).await;
    assert_eq!(shop.status(order).await, OrderStatus::PaymentCompleted);
    shop.clock.advance(Duration::from_micros(1));
    catch_up(&sweeper(&shop)).await;
    assert_eq!(shop.status(order).await, OrderStatus::ShipmentPreparing);
    assert!(shop.store.delivery(order).await.unwrap().is_some());
    catch_up(&sweeper(&shop)).await;
    assert_eq!(shop.life(order).await.len(), 4);
    shop.check();
}

/// The message that was only late finds its work done.
#[tokio::test]
async fn a_late_message_after_the_sweeper_changes_nothing() {
    let shop = Shop::open().await;
    let order = shop.paid(1).await;
    shop.clock.advance(UnpreparedOrders::PATIENCE);
    catch_up(&sweeper(&shop)).await;
    let delivery = shop.store.delivery(order).await.unwrap();
    let background = shop.run();
    let last = shop.paid(1).await;
    let preparing = OrderStatus::ShipmentPreparing;
    crate::shop::eventually("the queue", async || shop.status(last).await == preparing).await;
    crate::shop::stop(background).await;
    assert_eq!(shop.life(order).await.len(), 4);
    assert_eq!(shop.store.delivery(order).await.unwrap(), delivery);
    shop.check();
}
