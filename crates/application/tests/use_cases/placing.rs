//! Placing orders: what is frozen, held and refused.

use std::sync::Arc;

use ordersystem_adapter_memory::CounterAdmission;
use ordersystem_application::{Call, PlaceOrderError};
use ordersystem_inventory::{Admission, StockAdmission};
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

#[tokio::test]
async fn counters_that_lost_their_memory_are_rebuilt_with_every_hold() {
    let shop = Shop::open().await;
    shop.place_all(&[(1, 7)]).await;
    let fresh = CounterAdmission::default();
    assert_eq!(fresh.rebuild_from(&shop.store).await, Ok(2), "unlimited products have no level");
    let restarted =
        Shop { use_cases: shop.replica(Arc::new(fresh.clone())), counters: fresh, ..shop };
    restarted.check("after a restart").await;
    let line = [(ProductId::new(1), quantity(44))];
    assert_eq!(restarted.counters.admit(&line).await, Admission::SoldOut(ProductId::new(1)));
    restarted.use_cases.sync_stock(ProductId::new(1)).await.unwrap();
    restarted.check("after a sync").await;
}

async fn refused(shop: &Shop, items: &[(i64, i64)]) -> PlaceOrderError {
    shop.use_cases.place_order(basket(items), Call::default()).await.unwrap_err()
}
