//! The counters' "sold out" is believed only about a product that was compared with the store within the last second.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ordersystem_application::{Call, PlaceOrderError, Store, UseCases};
use ordersystem_inventory::{Admission, Counters, Fence, StockAdmission, StockLevel};
use ordersystem_port_contracts::unit::{self, quantity};
use ordersystem_shared_kernel::{Clock, ProductId, Quantity};

use crate::fixture::{Shop, basket};

const ONE: ProductId = ProductId::new(1);

/// Says that everything is sold out, whatever it is told.
struct Liar;

#[async_trait]
impl StockAdmission for Liar {
    async fn admit(&self, lines: &[(ProductId, Quantity)]) -> Admission {
        Admission::SoldOut(lines[0].0)
    }

    async fn project(&self, _levels: &[StockLevel]) -> Vec<ProductId> {
        Vec::new()
    }

    fn enter_epoch(&self, _epoch: i64) {}

    async fn wait_for_loss(&self) {
        std::future::pending().await
    }

    async fn fences(&self, products: &[ProductId]) -> Vec<Option<Fence>> {
        vec![None; products.len()]
    }

    async fn counters(&self, products: &[ProductId]) -> Vec<Option<Counters>> {
        vec![None; products.len()]
    }
}

/// Knows nothing, as if it were down.
struct Down;

#[async_trait]
impl StockAdmission for Down {
    async fn admit(&self, _lines: &[(ProductId, Quantity)]) -> Admission {
        Admission::Unknown
    }

    async fn project(&self, _levels: &[StockLevel]) -> Vec<ProductId> {
        Vec::new()
    }

    fn enter_epoch(&self, _epoch: i64) {}

    async fn wait_for_loss(&self) {
        std::future::pending().await
    }

    async fn fences(&self, products: &[ProductId]) -> Vec<Option<Fence>> {
        vec![None; products.len()]
    }

    async fn counters(&self, products: &[ProductId]) -> Vec<Option<Counters>> {
        vec![None; products.len()]
    }
}

async fn order(shop: &UseCases, units: i64) -> Result<(), PlaceOrderError> {
    shop.place_order(basket(&[(1, units)]), Call::default()).await.map(|_| ())
}

const SOLD_OUT: Result<(), PlaceOrderError> = Err(PlaceOrderError::OutOfStock(ONE));

#[tokio::test]
async fn a_lie_about_a_product_in_stock_sells_all_the_same() {
    let shop = Shop::open().await;
    let liar = shop.replica(Arc::new(Liar));
    for _ in 0..50 {
        assert_eq!(order(&liar, 1).await, Ok(()), "the store has it");
    }
    assert_eq!(order(&liar, 1).await, SOLD_OUT, "now it is the truth");
    assert_eq!(shop.stock(1).await, (50, 50));
}

#[tokio::test]
async fn a_verified_refusal_is_believed_for_a_second_without_asking_the_store() {
    let shop = Shop::open().await;
    order(&shop.use_cases, 50).await.unwrap();
    assert_eq!(order(&shop.use_cases, 1).await, SOLD_OUT, "verified");
    shop.clock.advance(Duration::from_micros(999_999));
    shop.store.faults().fail_reads(1);
    assert_eq!(order(&shop.use_cases, 1).await, SOLD_OUT, "the store is not asked");
    shop.clock.advance(Duration::from_micros(1));
    let unavailable = order(&shop.use_cases, 1).await.unwrap_err();
    assert_eq!(unavailable.to_string(), "the store is not available", "the store is asked again");
}

#[tokio::test]
async fn a_lost_release_does_not_sell_a_product_out() {
    let shop = Shop::open().await;
    let held = shop.place_all(&[(1, 50)]).await;
    assert_eq!(order(&shop.use_cases, 1).await, SOLD_OUT, "verified");
    let release = unit::at(shop.clock.now()).cancel(held);
    shop.store.commit(release).await.unwrap();
    assert_eq!(order(&shop.use_cases, 1).await, SOLD_OUT, "within the second");
    shop.clock.advance(Duration::from_secs(1));
    assert_eq!(order(&shop.use_cases, 1).await, Ok(()), "the store has it");
    shop.check("after the repair").await;
}

#[tokio::test]
async fn a_refusal_of_many_units_says_nothing_about_few() {
    let shop = Shop::open().await;
    order(&shop.use_cases, 47).await.unwrap();
    assert_eq!(order(&shop.use_cases, 5).await, SOLD_OUT, "verified: three are left");
    let leaked = shop.counters.admit(&[(ONE, quantity(3))]).await;
    assert_eq!(leaked, Admission::Admitted, "a soft hold whose order never came");
    assert_eq!(order(&shop.use_cases, 5).await, SOLD_OUT, "five are too many, as verified");
    assert_eq!(order(&shop.use_cases, 1).await, Ok(()), "the store has three");
    shop.check("after the repair").await;
}

#[tokio::test]
async fn asking_the_store_repairs_the_counters_also_when_it_refuses() {
    let shop = Shop::open().await;
    order(&shop.use_cases, 47).await.unwrap();
    shop.counters.admit(&[(ONE, quantity(3))]).await;
    assert_eq!(order(&shop.use_cases, 5).await, SOLD_OUT, "the store has three");
    shop.check("the leaked soft hold is gone").await;
}

#[tokio::test]
async fn counters_that_promise_too_much_oversell_nothing() {
    let shop = Shop::open().await;
    let level = shop.level(1).await;
    shop.counters.project(&[StockLevel { total: 1_000, ..level }]).await;
    assert_eq!(order(&shop.use_cases, 51).await, SOLD_OUT, "the store decides");
    shop.check("the refusal repairs the counters").await;
    assert_eq!(order(&shop.use_cases, 50).await, Ok(()));
}

#[tokio::test]
async fn without_counters_the_store_decides() {
    let shop = Shop::open().await;
    let replica = shop.replica(Arc::new(Down));
    assert_eq!(order(&replica, 50).await, Ok(()));
    assert_eq!(order(&replica, 1).await, SOLD_OUT);
    assert_eq!(shop.stock(1).await, (50, 50));
}
