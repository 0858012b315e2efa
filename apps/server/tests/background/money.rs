//! Charges and refunds that nobody has to ask for.

use std::time::Duration;

use ordersystem_adapter_gateway::{Service, SimulatedGateway};
use ordersystem_application::{Call, Store};
use ordersystem_order::OrderStatus;
use ordersystem_payment::Refund;
use ordersystem_shared_kernel::OrderId;

use crate::shop::{Shop, eventually, stop};

async fn refunds(shop: &Shop, order: OrderId) -> Vec<Refund> {
    shop.store.payment(order).await.unwrap().unwrap().refunds().to_vec()
}

async fn is_refunded(shop: &Shop, order: OrderId) -> bool {
    let refunds = refunds(shop, order).await;
    !refunds.is_empty() && refunds.iter().all(|refund| refund.state.done_at().is_some())
}

/// What the gateway took and gave back.
fn balance(shop: &Shop, gateway: &SimulatedGateway) -> (i64, i64) {
    let (now, ledger) = (ordersystem_shared_kernel::Clock::now(&shop.clock), gateway.ledger());
    let taken = ledger.iter().map(|entry| entry.taken(now).amount()).sum();
    (taken, ledger.iter().map(|entry| entry.given_back().amount()).sum())
}

/// No callback ever comes: the gateway is asked for the money, and to give it back.
#[tokio::test]
async fn an_order_is_paid_and_refunded_without_a_callback() {
    let (shop, gateway) = Shop::with_gateway().await;
    let background = shop.run();
    let order = shop.requested(2).await;
    eventually("paid", async || shop.life(order).await.contains(&OrderStatus::PaymentCompleted))
        .await;
    shop.world.use_cases.cancel_order(order, Call::default()).await.unwrap();
    eventually("refunded", async || is_refunded(&shop, order).await).await;
    stop(background).await;
    assert_eq!(refunds(&shop, order).await.len(), 1);
    assert_eq!(balance(&shop, &gateway), (20_000, 20_000));
    shop.check();
}

/// While nobody answers, an order waits, ends with its hold, and what the gateway took all the same goes back.
#[tokio::test]
async fn an_outage_of_the_gateway_delays_only() {
    let (shop, gateway) = Shop::with_gateway().await;
    let paid = shop.requested(1).await;
    shop.world.use_cases.charge(paid).await.unwrap();
    gateway.serve(Service::Closed);
    shop.world.use_cases.cancel_order(paid, Call::default()).await.unwrap();
    let waiting = shop.requested(1).await;
    let background = shop.run();
    let tried = async |order| {
        let payment = shop.store.payment(order).await.unwrap().unwrap();
        let attempt = payment.in_doubt().and_then(|attempt| attempt.outcome.retry());
        let refund = payment.refunds().first().and_then(|refund| refund.state.retry());
        attempt.or(refund).is_some_and(|retry| retry.tries > 0)
    };
    eventually("asked in vain", async || tried(paid).await && tried(waiting).await).await;
    assert_eq!(shop.status(waiting).await, OrderStatus::PaymentRequested);
    gateway.serve(Service::Open);
    shop.clock.advance(Duration::from_secs(60));
    eventually("refunded", async || is_refunded(&shop, paid).await).await;
    eventually("paid", async || shop.life(waiting).await.contains(&OrderStatus::PaymentCompleted))
        .await;
    stop(background).await;
    assert_eq!(balance(&shop, &gateway), (20_000, 10_000));
    shop.check();
}

/// Where callbacks are all there is, refunds are somebody else's work too, and nobody is asked about charges.
#[tokio::test]
async fn without_a_gateway_refunds_are_done_and_charges_wait() {
    let shop = Shop::open().await;
    let background = shop.run();
    let (waiting, paid) = (shop.requested(1).await, shop.paid(1).await);
    shop.world.use_cases.cancel_order(paid, Call::default()).await.unwrap();
    eventually("refunded", async || is_refunded(&shop, paid).await).await;
    stop(background).await;
    let payment = shop.store.payment(waiting).await.unwrap().unwrap();
    let retry = payment.in_doubt().and_then(|attempt| attempt.outcome.retry());
    assert_eq!(retry.map(|retry| retry.tries), Some(0));
    shop.check();
}
