//! [`Numbers`](ordersystem_application::Numbers): no number twice.

use std::collections::BTreeSet;

use tokio::task::JoinSet;

use crate::World;

/// The first order of an empty store is number 1, and so are the first delivery and the first product.
pub async fn start_at_one(world: World) {
    let order = world.numbers.next_order().await.expect("numbers are available");
    let delivery = world.numbers.next_delivery().await.expect("numbers are available");
    let product = world.numbers.next_product().await.expect("numbers are available");
    assert_eq!((order.get(), delivery.get(), product.get()), (1, 1, 1), "each kind starts at 1");
    let order = world.numbers.next_order().await.expect("numbers are available");
    assert!(order.get() > 1, "the next number is another");
}

/// Callers at the same time get different numbers.
pub async fn are_unique_under_concurrency(world: World) {
    let mut callers = JoinSet::new();
    for _ in 0..64 {
        let world = world.clone();
        callers.spawn(async move {
            let numbers = &world.numbers;
            let order = numbers.next_order().await.expect("numbers are available").get();
            let delivery = numbers.next_delivery().await.expect("numbers are available").get();
            let product = numbers.next_product().await.expect("numbers are available").get();
            [("order", order), ("delivery", delivery), ("product", product)]
        });
    }
    let numbers: BTreeSet<_> = callers.join_all().await.into_iter().flatten().collect();
    assert_eq!(numbers.len(), 3 * 64, "no number is handed out twice");
}
