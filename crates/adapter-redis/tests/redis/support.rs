use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ordersystem_adapter_redis::{Redis, RedisAdmission, RedisConfig};
use ordersystem_inventory::{Admission, Counters, Fence, StockAdmission, StockLevel};
use ordersystem_shared_kernel::{ProductId, Quantity, Version};
use ordersystem_test_engines::redis::Server;

/// A machine that is busy with other tests must not look like a Redis that is slow.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn patient(url: String) -> RedisConfig {
    RedisConfig { budget: PATIENCE, ..RedisConfig::new(url) }
}

/// The counters of a server that lives as long as they do.
pub(crate) struct Guarded {
    pub(crate) admission: RedisAdmission,
    pub(crate) server: Server,
}

impl Guarded {
    pub(crate) async fn single() -> Self {
        let server = Server::start().await;
        let redis = Redis::open(&patient(server.url())).await.unwrap();
        Self { admission: redis.admission(), server }
    }

    pub(crate) async fn cluster() -> Self {
        let server = Server::start_cluster().await;
        let config = RedisConfig { cluster: true, ..patient(server.url()) };
        let redis = Redis::open(&config).await.unwrap();
        Self { admission: redis.admission(), server }
    }

    /// What redis-cli says to `GET`.
    pub(crate) fn get(&self, key: &str) -> String {
        self.server.cli(&["GET", key])
    }
}

#[async_trait]
impl StockAdmission for Guarded {
    async fn admit(&self, lines: &[(ProductId, Quantity)]) -> Admission {
        self.admission.admit(lines).await
    }

    async fn project(&self, levels: &[StockLevel]) -> Vec<ProductId> {
        self.admission.project(levels).await
    }

    fn enter_epoch(&self, epoch: i64) {
        self.admission.enter_epoch(epoch);
    }

    async fn wait_for_loss(&self) {
        self.admission.wait_for_loss().await;
    }

    async fn fences(&self, products: &[ProductId]) -> Vec<Option<Fence>> {
        self.admission.fences(products).await
    }

    async fn counters(&self, products: &[ProductId]) -> Vec<Option<Counters>> {
        self.admission.counters(products).await
    }
}

pub(crate) fn port(guarded: Guarded) -> Arc<dyn StockAdmission> {
    Arc::new(guarded)
}

pub(crate) fn id(product: i64) -> ProductId {
    ProductId::new(product)
}

pub(crate) fn level(product: i64, total: i64, reserved: i64, version: i64) -> StockLevel {
    StockLevel { product: id(product), total, reserved, version: Version::new(version) }
}

pub(crate) fn line(product: i64, units: i64) -> [(ProductId, Quantity); 1] {
    [(id(product), Quantity::new(units).unwrap())]
}

pub(crate) async fn seen(counters: &impl StockAdmission, product: i64) -> Option<(i64, i64)> {
    let counters = counters.counters(&[id(product)]).await;
    counters[0].map(|Counters { stock, reserved }| (stock, reserved))
}
