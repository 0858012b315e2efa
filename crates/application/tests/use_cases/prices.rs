//! An order never sells at a price that is gone.

use std::sync::Arc;

use ordersystem_application::Call;
use ordersystem_inventory::ProductChange;
use ordersystem_port_contracts::unit::won;
use ordersystem_shared_kernel::ProductId;

use crate::fixture::{Shop, basket};

#[tokio::test]
async fn a_price_that_changed_elsewhere_is_decided_again() {
    let shop = Shop::open().await;
    let elsewhere = shop.replica(Arc::new(shop.counters.clone()));
    let before = shop.place_all(&[(1, 1)]).await;
    let change = ProductChange { name: Some("새 이름".to_owned()), price: Some(won(12_345)) };
    elsewhere.change_product(ProductId::new(1), change, Call::default()).await.unwrap();
    let after = shop.place_all(&[(1, 2), (2, 1)]).await;
    assert_eq!(before.lines().total(), won(10_000), "what was placed keeps its price");
    assert_eq!(after.lines().total(), won(2 * 12_345 + 20_000), "the new price counts");
    assert_eq!(after.lines().as_slice()[0].name, "새 이름");
    assert_eq!(shop.stock(1).await, (50, 3), "held once");
    shop.check("a changed price").await;
}

#[tokio::test]
async fn a_price_that_changed_here_counts_at_once() {
    let shop = Shop::open().await;
    shop.place_all(&[(1, 1)]).await;
    let change = ProductChange { price: Some(won(1)), ..ProductChange::default() };
    shop.use_cases.change_product(ProductId::new(1), change, Call::default()).await.unwrap();
    let order = shop.use_cases.place_order(basket(&[(1, 1)]), Call::default()).await.unwrap();
    assert_eq!(order.lines().total(), won(1));
}
