use std::sync::Arc;
use std::time::Duration;

use ordersystem::background::timers::{Deliveries, Job, Step, StepDelay, Turn};
use ordersystem_application::{Call, DueWork, Store};
use ordersystem_delivery::DeliveryStatus;
use ordersystem_order::OrderStatus;
use ordersystem_shared_kernel::OrderId;

use crate::shop::{A, Shop, catch_up, eventually, stop};

const HALF_AN_HOUR: Duration = Duration::from_secs(1800);
const TWO_HOURS: Duration = Duration::from_secs(7200);
const A_MOMENT: Duration = Duration::from_micros(1);

fn timer(shop: &Shop, step: Step, delay: Duration) -> Deliveries {
    let due = Arc::new(shop.store.clone());
    Deliveries::new(shop.world.use_cases.clone(), due, StepDelay { step, delay })
}

fn shipping(shop: &Shop) -> Deliveries {
    timer(shop, Step::Ship, HALF_AN_HOUR)
}

fn arrival(shop: &Shop) -> Deliveries {
    timer(shop, Step::Deliver, TWO_HOURS)
}

/// The seed shipped as soon as its own event came back.
#[tokio::test]
async fn must_not_repeat_d22_ships_after_half_an_hour_and_arrives_two_hours_later() {
    let shop = Shop::open().await;
    let order = shop.prepared(1).await;
    let (shipping, arrival) = (shipping(&shop), arrival(&shop));
    let becomes = async |wait: Duration, status: OrderStatus| {
        shop.clock.advance(wait);
        catch_up(&shipping).await;
        catch_up(&arrival).await;
        assert_eq!(shop.status(order).await, status);
    };
    becomes(HALF_AN_HOUR - A_MOMENT, OrderStatus::ShipmentPreparing).await;
    becomes(A_MOMENT, OrderStatus::Shipped).await;
    becomes(TWO_HOURS - A_MOMENT, OrderStatus::Shipped).await;
    becomes(A_MOMENT, OrderStatus::Delivered).await;
    shop.check();
}

/// Without a claim each replica of the seed shipped the same rows.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn must_not_repeat_d28_two_schedulers_act_once() {
    let shop = Shop::open().await;
    let mut orders: Vec<OrderId> = Vec::new();
    for _ in 0..50 {
        orders.push(shop.prepared(1).await);
    }
    let shop = Arc::new(shop);
    for (wait, step) in [(HALF_AN_HOUR, Step::Ship), (TWO_HOURS, Step::Deliver)] {
        shop.clock.advance(wait);
        let replica = |_| {
            let timer = timer(&shop, step, wait);
            tokio::spawn(async move { catch_up(&timer).await })
        };
        let replicas: Vec<_> = (0..4).map(replica).collect();
        for replica in replicas {
            replica.await.unwrap();
        }
    }
    // A replica may have given a contended row up for this turn; the next turn finds nothing or ends it.
    catch_up(&timer(&shop, Step::Deliver, TWO_HOURS)).await;
    for order in orders {
        let life = shop.life(order).await;
        assert_eq!(life[4..], [OrderStatus::Shipped, OrderStatus::Delivered], "{order}");
    }
    shop.check();
}

#[tokio::test]
async fn a_backlog_longer_than_a_page_is_worked_off_at_once() {
    let shop = Shop::open().await;
    let (use_cases, call) = (&shop.world.use_cases, Call::default());
    use_cases.adjust_stock(A, 1000, "for many".to_owned(), call).await.unwrap();
    for _ in 0..250 {
        shop.prepared(1).await;
    }
    shop.clock.advance(HALF_AN_HOUR);
    let shipping = shipping(&shop);
    for left in [Turn::More, Turn::More, Turn::Done] {
        assert_eq!(shipping.turn().await, Ok(left));
    }
    assert_eq!(shop.store.delivery_counts().await.unwrap().shipped, 250);
    shop.check();
}

/// The delivery of a cancelled order stayed in the seed, and the scheduler shipped it later.
#[tokio::test]
async fn must_not_repeat_d17_a_cancelled_order_is_never_shipped() {
    let shop = Shop::open().await;
    let order = shop.prepared(2).await;
    shop.world.use_cases.cancel_order(order, Call::default()).await.unwrap();
    shop.clock.advance(TWO_HOURS * 10);
    catch_up(&shipping(&shop)).await;
    catch_up(&arrival(&shop)).await;
    assert_eq!(shop.status(order).await, OrderStatus::Cancelled);
    let delivery = shop.store.delivery(order).await.unwrap().unwrap();
    assert_eq!(delivery.status(), DeliveryStatus::Cancelled);
    assert_eq!((shop.level().await.total, shop.counted().await), (50, Some((50, 0))));
    shop.check();
}

#[tokio::test]
async fn the_switch_leaves_every_step_to_the_administrator() {
    let mut shop = Shop::open().await;
    shop.settings.scheduler.delivery.enabled = false;
    let still = shop.prepared(1).await;
    shop.clock.advance(TWO_HOURS);
    let background = shop.run();
    // The hold timer works on the same clock; when it has acted, a shipping timer would have as well.
    let order = shop.placed(1).await;
    shop.clock.advance(TWO_HOURS);
    eventually("expired", async || shop.status(order).await == OrderStatus::Cancelled).await;
    stop(background).await;
    assert_eq!(shop.status(still).await, OrderStatus::ShipmentPreparing);
}

#[tokio::test]
async fn looks_often_enough_for_its_delay() {
    let shop = Shop::open().await;
    for (delay, pause) in [(0, 250), (5, 250), (15, 500), (30, 1000), (7200, 1000)] {
        let timer = timer(&shop, Step::Ship, Duration::from_secs(delay));
        assert_eq!(timer.pause().as_millis(), pause, "{delay} s");
    }
}
