use std::sync::Arc;
use std::time::Duration;

use ordersystem::background::timers::Holds;
use ordersystem_application::{Call, Store};
use ordersystem_order::OrderStatus;
use ordersystem_payment::GatewayOutcome;

use crate::shop::{Shop, catch_up, eventually, stop};

const AN_HOUR: Duration = Duration::from_secs(3600);

fn timer(shop: &Shop) -> Holds {
    Holds::new(shop.world.use_cases.clone(), Arc::new(shop.store.clone()), Duration::from_secs(1))
}

/// In the seed only a counter vanished: the stock stayed lost and the order stayed open.
#[tokio::test]
async fn must_not_repeat_d14_an_expired_hold_gives_its_stock_back_and_ends_its_order() {
    let shop = Shop::open().await;
    let (created, requested) = (shop.placed(2).await, shop.requested(3).await);
    let paid = shop.paid(1).await;
    shop.clock.advance(AN_HOUR - Duration::from_micros(1));
    catch_up(&timer(&shop)).await;
    assert_eq!(shop.counted().await, Some((44, 5)));

    shop.clock.advance(Duration::from_micros(1));
    catch_up(&timer(&shop)).await;
    catch_up(&timer(&shop)).await;
    assert_eq!((shop.level().await.total, shop.counted().await), (49, Some((49, 0))));
    assert_eq!(shop.status(paid).await, OrderStatus::PaymentCompleted);
    shop.publish().await;
    let told = shop.told(created).await;
    assert_eq!(told, ["CREATED", "STOCK_RESERVED", "CANCELLED", "STOCK_RELEASED"]);
    let told = shop.told(requested).await;
    let expected = [
        "CREATED",
        "STOCK_RESERVED",
        "PAYMENT_REQUESTED",
        "PAYMENT_FAILED",
        "CANCELLED",
        "STOCK_RELEASED",
    ];
    assert_eq!(told, expected);
    shop.check();
}

/// Each order has its own hour; in the seed every order renewed the hour of all.
#[tokio::test]
async fn must_not_repeat_d14_a_later_order_does_not_prolong_an_earlier_hold() {
    let shop = Shop::open().await;
    let early = shop.placed(1).await;
    shop.clock.advance(AN_HOUR / 2);
    let late = shop.placed(1).await;
    shop.clock.advance(AN_HOUR / 2);
    catch_up(&timer(&shop)).await;
    assert_eq!(shop.status(early).await, OrderStatus::Cancelled);
    assert_eq!(shop.status(late).await, OrderStatus::Created);
    assert_eq!(shop.counted().await, Some((49, 1)));
}

#[tokio::test]
async fn a_success_after_the_expiry_is_refunded_and_never_shipped() {
    let shop = Shop::open().await;
    let order = shop.requested(2).await;
    shop.clock.advance(AN_HOUR);
    let background = shop.run();
    eventually("expired", async || shop.status(order).await == OrderStatus::Cancelled).await;
    let (success, call) = (GatewayOutcome::Success, Call::default());
    shop.world.use_cases.settle_payment(order, success, call).await.unwrap();
    stop(background).await;
    assert_eq!(shop.status(order).await, OrderStatus::Cancelled);
    let payment = shop.store.payment(order).await.unwrap().unwrap();
    assert_eq!(payment.refunds().len(), 1);
    assert_eq!(shop.counted().await, Some((50, 0)));
    shop.check();
}

/// A store that is down for a while delays the expiry and nothing else.
#[tokio::test]
async fn a_failing_store_delays_only() {
    let shop = Shop::open().await;
    let order = shop.placed(2).await;
    shop.clock.advance(AN_HOUR);
    shop.store.faults().fail_commits(2, ordersystem_adapter_memory::CommitFault::Unavailable);
    catch_up(&timer(&shop)).await;
    catch_up(&timer(&shop)).await;
    assert_eq!(shop.status(order).await, OrderStatus::Created);
    catch_up(&timer(&shop)).await;
    assert_eq!(shop.status(order).await, OrderStatus::Cancelled);
}
