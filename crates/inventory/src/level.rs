use ordersystem_shared_kernel::{ProductId, Version};

use crate::{LedgerEntry, MoveKind, StockError, StockMove};

/// The stock of one managed product: what is owned and not yet sold, and how much of it is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockLevel {
    /// Whose stock.
    pub product: ProductId,
    /// Units owned and not sold; the contract's `databaseStock`.
    pub total: i64,
    /// Units held for unpaid orders; the contract's `reservedStock`. Always `0 ≤ reserved ≤ total`.
    pub reserved: i64,
    /// Raised by one with every move: the order of the ledger and the fence of every projection.
    pub version: Version,
}

impl StockLevel {
    /// The level before the first move; no move has version 0.
    pub const fn empty(product: ProductId) -> Self {
        Self { product, total: 0, reserved: 0, version: Version::new(0) }
    }

    /// What can still be sold; the contract's `redisStock`.
    pub const fn available(&self) -> i64 {
        self.total - self.reserved
    }

    /// Applies one move: the only place where stock changes.
    ///
    /// # Errors
    /// [`StockError`] when the move would break `0 ≤ reserved ≤ total`; the level is as before.
    pub fn apply(&mut self, movement: &StockMove) -> Result<LedgerEntry, StockError> {
        let (delta_total, delta_reserved) = movement.kind.deltas();
        let total = self.total.checked_add(delta_total).ok_or(StockError::Overflow)?;
        let reserved = self.reserved.checked_add(delta_reserved).ok_or(StockError::Overflow)?;
        if reserved < 0 || reserved > total {
            return Err(self.refusal(movement));
        }
        *self = Self { total, reserved, version: self.version.next(), ..*self };
        Ok(LedgerEntry {
            product: self.product,
            version: self.version,
            kind: movement.kind.ledger_kind(),
            order: movement.kind.order(),
            reason: movement.kind.reason(),
            delta_total,
            delta_reserved,
            total_after: total,
            reserved_after: reserved,
            at: movement.stamp.at,
            event: movement.stamp.event,
        })
    }

    const fn refusal(&self, movement: &StockMove) -> StockError {
        let product = self.product;
        match movement.kind {
            MoveKind::Reserve { .. } => StockError::OutOfStock { product },
            MoveKind::Adjust { .. } => StockError::BelowHeld { product, held: self.reserved },
            _ => StockError::NotHeld { product },
        }
    }
}
