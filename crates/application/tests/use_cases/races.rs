//! Everything at once, on several threads.

use ordersystem_application::Call;
use ordersystem_order::OrderStatus;
use ordersystem_shared_kernel::{OrderId, ProductId};
use tokio::task::JoinSet;

use crate::fixture::Step::{Cancel, Expire, Fail, RequestPayment, Succeed};
use crate::fixture::{STEPS, Shop, basket, code};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_customers_buy_exactly_the_stock() {
    let shop = Shop::open().await;
    let mut customers = JoinSet::new();
    for _ in 0..500 {
        let shop = shop.clone();
        customers.spawn(async move {
            code(
                shop.use_cases
                    .place_order(basket(&[(1, 1), (3, 1)]), Call::default())
                    .await
                    .map(|_| ()),
            )
        });
    }
    let outcomes = customers.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 50);
    let told = outcomes.iter().filter(|outcome| **outcome == Err("INSUFFICIENT_STOCK")).count();
    assert_eq!(told, 450, "everybody else is told so");
    shop.check("after the rush").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cancel_pay_fail_and_expire_at_once_leave_the_books_balanced() {
    let shop = Shop::open().await;
    shop.use_cases
        .adjust_stock(ProductId::new(1), 1_000, String::new(), Call::default())
        .await
        .unwrap();
    let mut rivals = JoinSet::new();
    for _ in 0..200 {
        let id = shop.place().await;
        shop.take(RequestPayment, id).await.unwrap();
        for step in [Cancel, Succeed, Fail, Expire, Succeed] {
            let shop = shop.clone();
            rivals.spawn(async move { (step, shop.take(step, id).await) });
        }
    }
    for (step, outcome) in rivals.join_all().await {
        assert_eq!(outcome, Ok(()), "{step:?}");
    }
    for id in 1..=200 {
        assert_eq!(shop.status(OrderId::new(id)).await, OrderStatus::Cancelled);
        assert_eq!(shop.refunds(OrderId::new(id)).await.len(), 1, "order {id}");
    }
    assert_eq!(shop.stock(1).await, (1_050, 0));
    shop.check("after all races").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_step_at_once_breaks_no_rule() {
    let shop = Shop::open().await;
    let mut rivals = JoinSet::new();
    for order in 0..20 {
        let id = shop.place().await;
        for round in 0..3 {
            for offset in 0..STEPS.len() {
                let step = STEPS[(offset + order + round) % STEPS.len()];
                let shop = shop.clone();
                rivals.spawn(async move { shop.take(step, id).await });
            }
        }
    }
    for outcome in rivals.join_all().await {
        let broken = ["INTERNAL_ERROR", "OUTCOME_UNKNOWN", "STORE_UNAVAILABLE"];
        let code = outcome.err().unwrap_or("fine");
        assert!(!broken.contains(&code), "{code}: rivals may be too late, but nothing breaks");
    }
    shop.check("after all races").await;
}
