use ordersystem_inventory::{Counters, StockLevel};
use ordersystem_shared_kernel::{Bug, ProductId, Quantity, seeded};

use super::UseCases;
use crate::ProductStepError;

/// The stock of one product as store and counters see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockStatus {
    /// Whose stock.
    pub product: ProductId,
    /// The store's level; none when the stock is unlimited.
    pub level: Option<StockLevel>,
    /// The fast counters; none when they know nothing or the stock is unlimited.
    pub counters: Option<Counters>,
}

impl UseCases {
    /// Compares store and counters for one product.
    ///
    /// # Errors
    /// [`ProductStepError::NotFound`], or a store that failed.
    pub async fn stock_status(&self, product: ProductId) -> Result<StockStatus, ProductStepError> {
        let found = self.ports.store.product(product).await?;
        let (_, level) = found.ok_or(ProductStepError::NotFound(product))?;
        let statuses = self.stock_statuses(&[(product, level)]).await;
        statuses.into_iter().next().ok_or(ProductStepError::NotFound(product))
    }

    /// Puts the counters beside levels that were read before, with one question for all of them.
    pub async fn stock_statuses(
        &self,
        levels: &[(ProductId, Option<StockLevel>)],
    ) -> Vec<StockStatus> {
        let products: Vec<_> = levels.iter().map(|(product, _)| *product).collect();
        let counters = self.ports.admission.counters(&products).await;
        levels
            .iter()
            .zip(counters)
            .map(|((product, level), counters)| StockStatus {
                product: *product,
                level: *level,
                counters: level.and(counters),
            })
            .collect()
    }

    /// Whether so many units could be ordered right now, as the counters see it, or the store where they know nothing.
    ///
    /// # Errors
    /// [`ProductStepError::NotFound`], or a store that failed.
    pub async fn is_available(
        &self,
        product: ProductId,
        quantity: Quantity,
    ) -> Result<bool, ProductStepError> {
        let status = self.stock_status(product).await?;
        Ok(status.level.is_none_or(|level| {
            let stock = status.counters.map_or(level.available(), |counters| counters.stock);
            stock >= quantity.get()
        }))
    }

    /// Sets the counters to what the store knows. Safe at any time: holds are part of what the store knows.
    ///
    /// # Errors
    /// [`ProductStepError::NotFound`], or a store that failed.
    pub async fn sync_stock(&self, product: ProductId) -> Result<(), ProductStepError> {
        let found = self.ports.store.product(product).await?;
        let (_, mut level) = found.ok_or(ProductStepError::NotFound(product))?;
        if let Some(level) = level.as_mut().filter(|_| seeded(Bug::SyncDeletesHolds)) {
            level.reserved = 0;
        }
        self.project(level.as_slice()).await;
        Ok(())
    }
}
