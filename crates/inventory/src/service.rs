use std::sync::Arc;

use ordersystem_shared_kernel::{EventId, Ids, OrderId, ProductId, Quantity, Stamp, Timestamp};

use crate::{InventoryError, MoveKind, StockLevel, StockMove, StockRepository};

/// Stock over a repository of one's own: hold, sell, give back, adjust.
#[derive(Clone)]
pub struct StockService {
    stock: Arc<dyn StockRepository>,
}

impl StockService {
    /// Works on any adapter of the port.
    pub fn new(stock: Arc<dyn StockRepository>) -> Self {
        Self { stock }
    }

    /// Holds units for an order.
    ///
    /// # Errors
    /// [`crate::StockError::OutOfStock`], or a repository that failed.
    pub async fn reserve(
        &self,
        order: OrderId,
        (product, quantity): (ProductId, Quantity),
        until: Timestamp,
        stamp: Stamp,
    ) -> Result<(), InventoryError> {
        let kind = MoveKind::Reserve { order, quantity, until };
        self.stock.commit(vec![StockMove { product, kind, stamp }]).await
    }

    /// Sells everything that is held for an order.
    ///
    /// # Errors
    /// [`InventoryError::NothingHeld`], a hold that was resolved before, or a repository that failed.
    pub async fn confirm(
        &self,
        order: OrderId,
        at: Timestamp,
        ids: &dyn Ids,
    ) -> Result<(), InventoryError> {
        self.resolve(order, (at, ids), |quantity| MoveKind::Confirm { order, quantity }).await
    }

    /// Gives everything back that is held for an order.
    ///
    /// # Errors
    /// As [`Self::confirm`].
    pub async fn release(
        &self,
        order: OrderId,
        at: Timestamp,
        ids: &dyn Ids,
    ) -> Result<(), InventoryError> {
        self.resolve(order, (at, ids), |quantity| MoveKind::Release { order, quantity }).await
    }

    /// Adds or removes units with a reason for the ledger.
    ///
    /// # Errors
    /// [`crate::StockError::BelowHeld`], or a repository that failed.
    pub async fn adjust(
        &self,
        product: ProductId,
        delta: i64,
        reason: String,
        stamp: Stamp,
    ) -> Result<(), InventoryError> {
        let kind = MoveKind::Adjust { delta, reason };
        self.stock.commit(vec![StockMove { product, kind, stamp }]).await
    }

    /// The present level; none for an unknown or unmanaged product.
    ///
    /// # Errors
    /// A repository that failed.
    pub async fn level(&self, product: ProductId) -> Result<Option<StockLevel>, InventoryError> {
        Ok(self.stock.level(product).await?)
    }

    async fn resolve(
        &self,
        order: OrderId,
        (at, ids): (Timestamp, &dyn Ids),
        kind: impl Fn(Quantity) -> MoveKind + Send,
    ) -> Result<(), InventoryError> {
        let holds = self.stock.reservations(order).await?;
        if holds.is_empty() {
            return Err(InventoryError::NothingHeld(order));
        }
        // Resolved holds too: the book refuses them, where leaving them out would sell what is no longer there.
        let moves = holds.iter().map(|hold| StockMove {
            product: hold.product,
            kind: kind(hold.quantity),
            stamp: Stamp { at, event: EventId::new(ids.uuid()) },
        });
        self.stock.commit(moves.collect()).await
    }
}
