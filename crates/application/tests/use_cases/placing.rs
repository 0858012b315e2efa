//! Placing orders: what is frozen, held and refused.

use ordersystem_adapter_memory::CommitFault;
use ordersystem_application::{Call, PlaceOrderError, StoreUnavailable};
use ordersystem_inventory::Counters;
use ordersystem_order::OrderStatus;
use ordersystem_port_contracts::unit::{quantity, won};
use ordersystem_shared_kernel::{Aggregate, ProductId};

use crate::fixture::{Shop, basket, code};

#[tokio::test]
async fn an_order_freezes_names_and_prices_and_holds_its_stock() {
    let shop = Shop::open().await;
    let order = shop.place_all(&[(2, 1), (1, 2)]).await;
    assert_eq!(order.id().get(), 1, "numbers start at 1");
    assert_eq!(order.status(), OrderStatus::Created);
    assert_eq!(order.lines().total(), won(40_000));
    let names: Vec<_> = order.lines().as_slice().iter().map(|line| line.name.as_str()).collect();
    assert_eq!(names, ["Sample Product B", "Sample Product A"], "in the customer's order");
    assert_eq!((shop.stock(1).await, shop.stock(2).await), ((50, 2), (30, 1)));
    shop.check("an order of two lines").await;
}

#[tokio::test]
async fn the_stock_ends_exactly_with_the_last_unit() {
    let shop = Shop::open().await;
    shop.place_all(&[(1, 49)]).await;
    assert_eq!(refused(&shop, &[(1, 2)]).await, PlaceOrderError::OutOfStock(ProductId::new(1)));
    shop.place_all(&[(1, 1)]).await;
    assert_eq!(refused(&shop, &[(1, 1)]).await, PlaceOrderError::OutOfStock(ProductId::new(1)));
    assert_eq!(shop.stock(1).await, (50, 50));
    shop.check("a sold-out product").await;
}

#[tokio::test]
async fn a_refused_order_leaves_nothing() {
    let shop = Shop::open().await;
    let error = refused(&shop, &[(1, 50), (2, 31)]).await;
    assert_eq!(error, PlaceOrderError::OutOfStock(ProductId::new(2)), "the short one is named");
    assert_eq!(shop.outbox().await, [], "nothing is published");
    shop.check("a refused basket").await;
    shop.place_all(&[(1, 50), (2, 30)]).await;
}

#[tokio::test]
async fn unlimited_products_never_run_out_and_count_nothing() {
    let shop = Shop::open().await;
    shop.place_all(&[(3, 10_000), (1, 50)]).await;
    shop.place_all(&[(3, 10_000)]).await;
    assert_eq!(shop.counted(3).await, None);
    shop.check("an unlimited product").await;
    assert_eq!(refused(&shop, &[(3, 1), (1, 1)]).await.to_string(), "product 1 is out of stock");
}

#[tokio::test]
async fn nobody_sells_unknown_products() {
    let shop = Shop::open().await;
    let outcome = shop.use_cases.place_order(basket(&[(1, 1), (99, 1)]), Call::default()).await;
    assert_eq!(code(outcome.map(|_| ())), Err("PRODUCT_NOT_FOUND"));
    assert_eq!(shop.stock(1).await, (50, 0));
    shop.check("an unknown product").await;
}

#[tokio::test]
async fn the_counters_agree_with_the_store_about_what_is_available() {
    let shop = Shop::open().await;
    shop.place_all(&[(1, 48)]).await;
    let one = ProductId::new(1);
    assert_eq!(shop.use_cases.is_available(one, quantity(2)).await, Ok(true));
    assert_eq!(shop.use_cases.is_available(one, quantity(3)).await, Ok(false));
    assert_eq!(shop.use_cases.is_available(ProductId::new(3), quantity(10_000)).await, Ok(true));
    assert_eq!(
        code(shop.use_cases.is_available(ProductId::new(99), quantity(1)).await),
        Err("PRODUCT_NOT_FOUND")
    );
}

/// The store was asked and did not answer: nobody knows the level then.
#[tokio::test]
async fn a_soft_hold_whose_commit_failed_is_given_back() {
    let shop = Shop::open().await;
    for fault in [CommitFault::Unavailable, CommitFault::Overloaded, CommitFault::LostUnit] {
        shop.store.faults().fail_commits(1, fault);
        refused(&shop, &[(1, 7), (3, 1)]).await;
    }
    assert_eq!(shop.counted(1).await, Some(Counters { stock: 29, reserved: 21 }), "leaked");
    shop.store.faults().fail_reads(1);
    assert_eq!(shop.use_cases.repair_leaks().await, Err(StoreUnavailable), "and not forgotten");
    assert_eq!(shop.use_cases.repair_leaks().await, Ok(()));
    shop.check("after the repair").await;
}

async fn refused(shop: &Shop, items: &[(i64, i64)]) -> PlaceOrderError {
    shop.use_cases.place_order(basket(items), Call::default()).await.unwrap_err()
}
