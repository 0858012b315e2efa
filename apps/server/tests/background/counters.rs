use std::sync::Arc;

use async_trait::async_trait;
use ordersystem::background::reconcile::Reconcile;
use ordersystem_adapter_memory::CounterAdmission;
use ordersystem_inventory::{Admission, Counters, Fence, StockAdmission, StockLevel};
use ordersystem_shared_kernel::{ProductId, Quantity, Version};

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

/// A database that was restored from a backup counts its versions anew; counters that stayed ahead would never follow it.
#[tokio::test]
async fn counters_that_are_ahead_of_a_store_that_was_set_back_begin_a_new_epoch() {
    let shop = Shop::open().await;
    shop.placed(3).await;
    let lost = StockLevel { version: Version::new(100), reserved: 7, ..shop.level().await };
    shop.counters.project(&[lost]).await;
    reconcile(&shop).pass().await.unwrap();
    assert_eq!(shop.counted().await, Some((47, 3)), "the store's word counts");
    assert_eq!(shop.world.engines.reads.stock_epoch().await, Ok(2));
    shop.placed(1).await;
    assert_eq!(shop.counted().await, Some((46, 4)), "and goes on counting");
    reconcile(&shop).pass().await.unwrap();
    assert_eq!(shop.world.engines.reads.stock_epoch().await, Ok(2), "once is enough");
}

/// Counters that learn of one more order before each projection reaches them.
struct Overtaking {
    counters: CounterAdmission,
    shop: Arc<Shop>,
}

#[async_trait]
impl StockAdmission for Overtaking {
    async fn admit(&self, lines: &[(ProductId, Quantity)]) -> Admission {
        self.counters.admit(lines).await
    }

    async fn project(&self, levels: &[StockLevel]) -> Vec<ProductId> {
        self.shop.placed(1).await;
        self.counters.project(levels).await
    }

    fn enter_epoch(&self, epoch: i64) {
        self.counters.enter_epoch(epoch);
    }

    async fn wait_for_loss(&self) {
        self.counters.wait_for_loss().await;
    }

    async fn fences(&self, products: &[ProductId]) -> Vec<Option<Fence>> {
        self.counters.fences(products).await
    }

    async fn counters(&self, products: &[ProductId]) -> Vec<Option<Counters>> {
        self.counters.counters(products).await
    }
}

/// Between the look at the store and the projection others commit; that is no store that was set back.
#[tokio::test]
async fn a_projection_that_is_overtaken_begins_no_epoch() {
    let shop = Arc::new(Shop::open().await);
    let busy = Overtaking { counters: shop.counters.clone(), shop: shop.clone() };
    let reconcile = Reconcile::new(Arc::new(shop.store.clone()), Arc::new(busy));
    for _ in 0..3 {
        reconcile.pass().await.unwrap();
    }
    assert_eq!(shop.counted().await, Some((47, 3)), "the newer word stays");
    assert_eq!(shop.world.engines.reads.stock_epoch().await, Ok(1));
}
