use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use diesel::dsl::max;
use diesel::prelude::*;

use ordersystem_application::{Numbers, StoreUnavailable};
use ordersystem_shared_kernel::{DeliveryId, OrderId, ProductId};

use super::SqliteStore;
use crate::schema::{deliveries, orders, products};

/// The last numbers that were handed out. This process is the only one that hands any out.
pub(super) struct LastNumbers {
    order: AtomicI64,
    delivery: AtomicI64,
    product: AtomicI64,
}

impl LastNumbers {
    /// Continues behind what is stored.
    pub(super) fn load(connection: &mut SqliteConnection) -> QueryResult<Self> {
        let last = |last: Option<i64>| AtomicI64::new(last.unwrap_or_default());
        Ok(Self {
            order: last(orders::table.select(max(orders::id)).first(connection)?),
            delivery: last(deliveries::table.select(max(deliveries::id)).first(connection)?),
            product: last(products::table.select(max(products::id)).first(connection)?),
        })
    }
}

fn next(last: &AtomicI64) -> i64 {
    last.fetch_add(1, Ordering::Relaxed) + 1
}

#[async_trait]
impl Numbers for SqliteStore {
    async fn next_order(&self) -> Result<OrderId, StoreUnavailable> {
        Ok(OrderId::new(next(&self.shared.numbers.order)))
    }

    async fn next_delivery(&self) -> Result<DeliveryId, StoreUnavailable> {
        Ok(DeliveryId::new(next(&self.shared.numbers.delivery)))
    }

    async fn next_product(&self) -> Result<ProductId, StoreUnavailable> {
        Ok(ProductId::new(next(&self.shared.numbers.product)))
    }
}
