//! [`DueWork`](ordersystem_application::DueWork): what is due on the store's clock, to the microsecond.

use std::time::Duration;

use ordersystem_application::{CLAIM, DeliveryCounts};
use ordersystem_shared_kernel::{Clock, OrderId};

use crate::World;
use crate::unit::HOLD;

const DELAY: Duration = Duration::from_secs(1_800);
const MOMENT: Duration = Duration::from_micros(1);

/// Not a microsecond before the hold runs out, and not any more once it is resolved.
pub async fn finds_a_hold_at_its_last_microsecond(world: World) {
    world.sell(1, 50).await;
    world.commit(world.units().place(1, 1, 1)).await;
    let due = async || ids(world.due.expired_holds(10).await.expect("due work can be read"));
    world.clock.advance(HOLD - MOMENT);
    assert_eq!(due().await, NONE, "the hold lasts one more microsecond");
    world.clock.advance(MOMENT);
    assert_eq!(due().await, [1], "the hold has run out");
    world.clock.advance(CLAIM);
    assert_eq!(due().await, [1], "it stays due until somebody acts");
    world.commit(world.units().expire(world.order(1).await)).await;
    world.clock.advance(CLAIM);
    assert_eq!(due().await, NONE, "a resolved hold is not due");
}

/// An order is one piece of work, however many lines it has.
pub async fn finds_an_order_with_several_holds_once(world: World) {
    world.sell(1, 50).await;
    world.sell(2, 50).await;
    world.commit(world.units().basket(1, &[(1, 1), (2, 1)])).await;
    world.commit(world.units().place(2, 1, 1)).await;
    world.clock.advance(HOLD);
    let due = world.due.expired_holds(2).await.expect("due work can be read");
    assert_eq!(ids(due), [1, 2], "each order once, and the limit counts orders");
}

/// Preparing for at least the delay, and not any more once it has shipped.
pub async fn finds_a_shipment_after_its_delay(world: World) {
    world.sell(1, 50).await;
    world.commit(world.units().place(1, 1, 1)).await;
    world.prepare(1).await;
    let due = async || ids(world.due.due_shipments(DELAY, 10).await.expect("can be read"));
    world.clock.advance(DELAY - MOMENT);
    assert_eq!(due().await, NONE, "the delay lasts one more microsecond");
    world.clock.advance(MOMENT);
    assert_eq!(due().await, [1], "the delay is over");
    world.ship(1).await;
    world.clock.advance(CLAIM);
    assert_eq!(due().await, NONE, "a shipped delivery is not due to ship");
}

/// What was found for one step may be found for the next one at once.
pub async fn finds_an_arrival_right_after_its_shipment(world: World) {
    world.sell(1, 50).await;
    world.commit(world.units().place(1, 1, 1)).await;
    world.prepare(1).await;
    let second = Duration::from_secs(1);
    world.clock.advance(second);
    let due = world.due.due_shipments(second, 10).await.expect("can be read");
    assert_eq!(ids(due), [1], "due to ship");
    world.ship(1).await;
    world.clock.advance(second);
    let due = world.due.due_arrivals(second, 10).await.expect("can be read");
    assert_eq!(ids(due), [1], "due to arrive");
}

/// Shipped at least the delay ago, and not any more once it has arrived.
pub async fn finds_an_arrival_after_its_delay(world: World) {
    world.sell(1, 50).await;
    world.commit(world.units().place(1, 1, 1)).await;
    world.prepare(1).await;
    world.clock.advance(Duration::from_hours(5));
    world.ship(1).await;
    let due = async || ids(world.due.due_arrivals(DELAY, 10).await.expect("can be read"));
    world.clock.advance(DELAY - MOMENT);
    assert_eq!(due().await, NONE, "the delay counts from the shipping");
    world.clock.advance(MOMENT);
    assert_eq!(due().await, [1], "the delay is over");
    world.deliver(1).await;
    world.clock.advance(CLAIM);
    assert_eq!(due().await, NONE, "a parcel arrives once");
}

/// PAYMENT_COMPLETED for at least the delay: somebody lost the event.
pub async fn finds_paid_orders_that_nobody_prepared(world: World) {
    world.sell(1, 50).await;
    for order in 1..=2 {
        world.commit(world.units().place(order, 1, 1)).await;
        world.ask_to_pay(order).await;
        world.clock.advance(Duration::from_hours(1));
        world.pay(order).await;
    }
    let due = async || ids(world.due.unprepared_orders(DELAY, 10).await.expect("can be read"));
    assert_eq!(due().await, [1], "the delay counts from the payment");
    world.clock.advance(DELAY - MOMENT);
    assert_eq!(due().await, [1], "the delay lasts one more microsecond");
    world.clock.advance(MOMENT);
    assert_eq!(due().await.last(), Some(&2), "the delay is over");
    world.clock.advance(CLAIM);
    assert_eq!(due().await, [1, 2], "both wait, oldest first");
    world.commit(world.units().prepare(world.order(1).await, 1)).await;
    world.clock.advance(CLAIM);
    assert_eq!(due().await, [2], "a prepared order is not due");
}

/// Who has waited longest comes first, whatever its number.
pub async fn answers_oldest_first_up_to_the_limit(world: World) {
    world.sell(1, 50).await;
    let start = world.clock.now();
    for (order, minutes) in [(1, 30), (2, 10), (3, 20)] {
        let until = start.after(Duration::from_mins(minutes));
        world.commit(world.units().basket_until(order, &[(1, 1)], until)).await;
    }
    world.clock.advance(HOLD);
    let due = world.due.expired_holds(10).await.expect("due work can be read");
    assert_eq!(ids(due), [2, 3, 1], "oldest first");
    world.clock.advance(CLAIM);
    let due = world.due.expired_holds(2).await.expect("due work can be read");
    assert_eq!(ids(due), [2, 3], "at most the limit");
}

/// Every delivery in its stage; called-off ones are in none.
pub async fn counts_deliveries_by_stage(world: World) {
    world.sell(1, 50).await;
    for order in 1..=6 {
        world.commit(world.units().place(order, 1, 1)).await;
        world.prepare(order).await;
    }
    for order in 1..=3 {
        world.ship(order).await;
    }
    world.deliver(1).await;
    let counts = world.due.delivery_counts().await.expect("deliveries can be counted");
    assert_eq!(counts, DeliveryCounts { preparing: 3, shipped: 2, delivered: 1 });
}

const NONE: [i64; 0] = [];

fn ids(orders: Vec<OrderId>) -> Vec<i64> {
    orders.into_iter().map(OrderId::get).collect()
}
