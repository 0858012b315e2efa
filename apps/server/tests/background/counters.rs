use std::sync::Arc;

use ordersystem::background::reconcile::Reconcile;
use ordersystem_adapter_memory::CounterAdmission;
use ordersystem_inventory::{Counters, StockAdmission, StockLevel};
use ordersystem_shared_kernel::Quantity;

use crate::shop::{A, Shop};

fn reconcile(shop: &Shop) -> Reconcile {
    Reconcile::new(Arc::new(shop.store.clone()), Arc::new(shop.counters.clone()))
}

/// `sync` of the seed set the stock to the total and deleted the holds: 80 of 50 were sold.
#[tokio::test]
async fn must_not_repeat_d09_repairing_tampered_counters_forgets_no_hold() {
    let shop = Shop::open().await;
    shop.placed(40).await;
    let right = shop.level().await;
    let tampered = StockLevel { total: 50, reserved: 0, ..right };
    shop.counters.project(&[tampered]).await;
    assert_eq!(shop.counted().await, Some((50, 0)));

    let drifts = reconcile(&shop).pass().await.unwrap();
    assert_eq!(shop.counted().await, Some((10, 40)));
    let told: Vec<_> = drifts.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["productId=1 stock 50→10 reserved 0→40"]);
    assert_eq!(reconcile(&shop).pass().await.unwrap(), []);
}

/// Counters that were lost came back without the holds in the seed, and 20 units were sold twice.
#[tokio::test]
async fn must_not_repeat_d15_lost_counters_come_back_with_their_holds() {
    let shop = Shop::open().await;
    shop.placed(20).await;
    let flushed = CounterAdmission::default();
    let store = Arc::new(shop.store.clone());
    let drifts = Reconcile::new(store, Arc::new(flushed.clone())).pass().await.unwrap();
    assert_eq!(drifts.len(), 2, "the third product is not counted");
    assert_eq!(drifts[0].to_string(), "productId=1 stock →30 reserved →20");
    let counters = flushed.counters(&[A]).await;
    assert_eq!(counters, [Some(Counters { stock: 30, reserved: 20 })]);
}

/// A process that died between admission and commit leaves a hold that nobody will take back.
#[tokio::test]
async fn a_leaked_soft_hold_is_given_back() {
    let shop = Shop::open().await;
    shop.counters.admit(&[(A, Quantity::new(5).unwrap())]).await;
    assert_eq!(shop.counted().await, Some((45, 5)));
    assert_eq!(reconcile(&shop).pass().await.unwrap().len(), 1);
    assert_eq!(shop.counted().await, Some((50, 0)));
}
