//! [`Store::commit`](ordersystem_application::Store::commit): all or nothing, and only on what was read.

use std::task::Poll;

use ordersystem_application::{CommitError, UnitOfWork};
use ordersystem_inventory::{Product, ProductChange};
use ordersystem_order::{Order, OrderStatus};
use ordersystem_shared_kernel::{Aggregate, Change, OrderId, ProductId, Version};
use tokio::task::JoinSet;

use crate::unit::{self, request_key, request_receipt};
use crate::{World, eventually};

/// Every part of a unit can be read back as it was decided.
pub async fn writes_everything_of_a_unit(world: World) {
    world.sell(1, 50).await;
    world.clock.advance(std::time::Duration::from_micros(1_001));
    let mut unit = world.units().place(1, 1, 2);
    unit.cause = Some(request_receipt("key", "201"));
    let placed = state_of(&unit);
    world.commit(unit).await;
    assert_eq!(world.order(1).await, placed, "an order is loaded as it was committed");
    let key = request_key("key");
    let answer = world.store.answer(&key).await.expect("answers can be loaded");
    assert!(answer.is_some(), "the answer is stored with the effect");
    world.prepare(1).await;
    assert_eq!(world.order(1).await.status(), OrderStatus::ShipmentPreparing);
    assert!(world.payment(1).await.captured().is_some(), "the payment is loaded as captured");
    assert_eq!(world.delivery(1).await.order(), OrderId::new(1));
    loads_are_what_was_committed(&world).await;
}

async fn loads_are_what_was_committed(world: &World) {
    let (order, payment) = (world.order(1).await, world.payment(1).await);
    let shipped = world.units().ship(order, world.delivery(1).await);
    let delivery = shipped.deliveries.first().map(|change| change.state().clone());
    world.commit(shipped).await;
    assert_eq!(Some(world.delivery(1).await), delivery, "a shipment keeps all of its data");
    assert_eq!(world.payment(1).await, payment, "what a unit does not name stays as it is");
}

/// A refusal for stock takes the order, the receipt, the events and the other lines with it.
pub async fn writes_nothing_of_a_refused_unit(world: World) {
    world.sell(1, 50).await;
    world.sell(2, 1).await;
    let before = (world.unpublished().await, world.level(1).await, world.level(2).await);
    let mut unit = world.units().basket(1, &[(1, 1), (2, 2)]);
    unit.cause = Some(request_receipt("key", "201"));
    let error = world.refused("stock that is short", unit).await;
    assert!(matches!(error, CommitError::Stock { .. }), "stock refuses, not {error:?}");
    let order = world.store.order(OrderId::new(1)).await.expect("orders can be loaded");
    assert_eq!(order, None, "a refused unit leaves no order");
    assert_eq!(world.holds(1).await, [], "a refused unit leaves no hold");
    let history = world.reads.history(OrderId::new(1)).await.expect("a history can be read");
    assert_eq!(history, [], "a refused unit leaves no history");
    let after = (world.unpublished().await, world.level(1).await, world.level(2).await);
    assert_eq!(after, before, "a refused unit moves no stock and publishes nothing");
    let answer = world.store.answer(&request_key("key")).await.expect("answers can be loaded");
    assert_eq!(answer, None, "a refused unit leaves no receipt");
}

/// `Expected::Absent` holds for every kind of aggregate.
pub async fn refuses_to_create_what_exists(world: World) {
    world.sell(1, 50).await;
    world.commit(world.units().place(1, 1, 1)).await;
    conflicts(&world, "a second order 1", world.units().place(1, 1, 1)).await;
    conflicts(&world, "a second product 1", world.units().product(1, 1)).await;
    let created = world.order(1).await;
    world.prepare(1).await;
    let mut payment = world.units().request_payment(created);
    payment.orders.clear();
    conflicts(&world, "a second payment of order 1", payment).await;
    let mut delivery = prepared_again(&world).await;
    delivery.orders.clear();
    conflicts(&world, "a second delivery of order 1", delivery).await;
    assert_eq!(world.stock(1).await, (49, 0), "conflicts move no stock");
}

async fn prepared_again(world: &World) -> UnitOfWork {
    let order = world.order(1).await;
    let paid = Order::restore(
        order.id(),
        order.lines().clone(),
        OrderStatus::PaymentCompleted,
        order.version(),
        order.placed_at(),
        order.updated_at(),
    );
    world.units().prepare(paid, 99)
}

/// `Expected::At` holds for every kind of aggregate.
pub async fn refuses_a_change_of_another_version(world: World) {
    world.sell(1, 50).await;
    world.commit(world.units().place(1, 1, 1)).await;
    let created = world.order(1).await;
    world.ask_to_pay(1).await;
    conflicts(&world, "an order that moved on", world.units().cancel(created)).await;
    let (order, payment) = (world.order(1).await, world.payment(1).await);
    world.pay(1).await;
    let mut settled = world.units().pay(order, payment);
    (settled.orders, settled.stock) = Default::default();
    conflicts(&world, "a payment that was settled", settled).await;
    world.commit(world.units().prepare(world.order(1).await, 1)).await;
    let (order, delivery) = (world.order(1).await, world.delivery(1).await);
    world.ship(1).await;
    let mut shipped = world.units().ship(order, delivery);
    shipped.orders.clear();
    conflicts(&world, "a delivery that moved on", shipped).await;
    let stale = product(&world, 1).await;
    world.commit(renamed(&world, stale.clone())).await;
    conflicts(&world, "a product that was changed", renamed(&world, stale)).await;
}

/// A verb may find nothing to do: what it leaves as it was is checked like any change, and is none.
pub async fn accepts_a_change_of_nothing(world: World) {
    world.sell(1, 50).await;
    world.commit(world.units().place(1, 1, 1)).await;
    let stale = world.order(1).await;
    world.prepare(1).await;
    let nothing = UnitOfWork {
        orders: vec![Change::of(world.order(1).await)],
        payments: vec![Change::of(world.payment(1).await)],
        deliveries: vec![Change::of(world.delivery(1).await)],
        products: vec![Change::of(product(&world, 1).await)],
        ..UnitOfWork::default()
    };
    let before = (world.order(1).await, world.payment(1).await, world.unpublished().await);
    world.commit(nothing).await;
    let after = (world.order(1).await, world.payment(1).await, world.unpublished().await);
    assert_eq!(after, before, "nothing has changed");
    let stale = UnitOfWork { orders: vec![Change::of(stale)], ..UnitOfWork::default() };
    conflicts(&world, "nothing, to an order that moved on", stale).await;
}

/// A version of nothing is no version.
pub async fn refuses_a_change_of_what_does_not_exist(world: World) {
    world.sell(1, 50).await;
    let placed = state_of(&world.units().place(1, 1, 1));
    let mut unit = world.units().cancel(placed);
    unit.stock.clear();
    conflicts(&world, "a change of an order that nobody placed", unit).await;
}

/// An order relies on names and prices in the version that it read.
pub async fn refuses_a_quote_of_another_version(world: World) {
    world.sell(1, 50).await;
    world.sell(2, 50).await;
    let quoted = |order, product, version| UnitOfWork {
        quotes: vec![(ProductId::new(product), Version::new(version))],
        ..world.units().place(order, product, 1)
    };
    world.commit(quoted(1, 1, 1)).await;
    world.commit(world.units().adjust(1, 5)).await;
    world.commit(quoted(2, 1, 1)).await;
    world.commit(renamed(&world, product(&world, 1).await)).await;
    conflicts(&world, "a quote of an old price", quoted(3, 1, 1)).await;
    conflicts(&world, "a quote from the future", quoted(3, 2, 2)).await;
    world.commit(quoted(3, 1, 2)).await;
    let mut unknown = quoted(4, 2, 1);
    unknown.quotes.push((ProductId::new(77), Version::FIRST));
    conflicts(&world, "a quote of a product that nobody sells", unknown).await;
    assert_eq!(world.stock(1).await, (55, 3), "refused quotes hold nothing");
}

/// Rivals that read the same version: one wins, the others are told.
pub async fn lets_one_of_many_concurrent_changes_win(world: World) {
    world.sell(1, 50).await;
    world.commit(world.units().place(1, 1, 1)).await;
    let order = world.order(1).await;
    let mut rivals = JoinSet::new();
    for _ in 0..16 {
        let (world, unit) = (world.clone(), world.units().cancel(order.clone()));
        rivals.spawn(async move { world.store.commit(unit).await });
    }
    let results = rivals.join_all().await;
    let winners = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(winners, 1, "of rivals for one version exactly one wins");
    let told = results.iter().filter(|result| **result == Err(CommitError::Conflict)).count();
    assert_eq!(told, 15, "the others are told of the conflict: {results:?}");
    assert_eq!(world.stock(1).await, (50, 0), "the hold is given back once");
}

/// A client that hangs up cancels nothing.
pub async fn finishes_when_the_caller_stops_waiting(world: World) {
    world.sell(1, 50).await;
    let mut commit = Box::pin(world.store.commit(world.units().place(1, 1, 2)));
    std::future::poll_fn(|context| {
        let _maybe_done = commit.as_mut().poll(context).is_ready();
        Poll::Ready(())
    })
    .await;
    drop(commit);
    eventually("a commit that was handed over must finish on its own", async || {
        let order = world.store.order(OrderId::new(1)).await.expect("orders can be loaded");
        order.is_some()
    })
    .await;
    assert_eq!(world.stock(1).await, (50, 2), "the unit was committed as a whole");
}

async fn conflicts(world: &World, promise: &str, unit: UnitOfWork) {
    let error = world.refused(promise, unit).await;
    assert_eq!(error, CommitError::Conflict, "{promise} must be a conflict");
}

async fn product(world: &World, id: i64) -> Product {
    let found = world.store.product(ProductId::new(id)).await;
    found.expect("products can be loaded").expect("a committed product can be loaded").0
}

fn renamed(world: &World, product: Product) -> UnitOfWork {
    let mut change = Change::of(product);
    let name = ProductChange { name: Some("새 이름".to_owned()), price: Some(unit::won(1)) };
    change.apply(|product| product.change(name, world.units().stamp())).expect("the name is fine");
    UnitOfWork { products: vec![change], ..UnitOfWork::default() }
}

fn state_of(unit: &UnitOfWork) -> Order {
    unit.orders.first().expect("the unit places an order").state().clone()
}
