use ordersystem_shared_kernel::{Bug, OrderId, ProductId, Quantity, Timestamp, seeded};

use crate::{MoveKind, StockError};

/// The hold of one order on one product: a row with an owner, not a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reservation {
    /// For whom.
    pub order: OrderId,
    /// Of which product, managed or not.
    pub product: ProductId,
    /// How many units.
    pub quantity: Quantity,
    /// What became of the hold.
    pub state: ReservationState,
    /// When the sweeper may expire it. Until the sweeper has, the hold is valid: the state decides, never the clock.
    pub expires_at: Timestamp,
}

/// What became of a hold: it leaves `Held` at most once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReservationState {
    /// Waits for the payment.
    Held,
    /// Sold.
    Confirmed,
    /// Given back unpaid.
    Released,
    /// Given back because it ran out.
    Expired,
    /// Sold, then given back.
    Returned,
}

impl ReservationState {
    /// Every state, so that adapters can read what they wrote.
    pub const ALL: [Self; 5] =
        [Self::Held, Self::Confirmed, Self::Released, Self::Expired, Self::Returned];

    /// The name in databases.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "HELD",
            Self::Confirmed => "CONFIRMED",
            Self::Released => "RELEASED",
            Self::Expired => "EXPIRED",
            Self::Returned => "RETURNED",
        }
    }
}

impl Reservation {
    /// What a move makes of the hold.
    ///
    /// # Errors
    /// [`StockError::NotHeld`] when the hold was resolved before, or never confirmed in case of a return, or has another
    /// quantity: units that belong to nobody would stay held for ever.
    pub fn resolve(self, kind: &MoveKind) -> Result<Self, StockError> {
        use ReservationState::{Confirmed, Expired, Held, Released, Returned};
        if kind.quantity() != Some(self.quantity) {
            return Err(StockError::NotHeld { product: self.product });
        }
        let state = match (self.state, kind) {
            (Held, MoveKind::Confirm { .. }) => Confirmed,
            (Held, MoveKind::Release { .. }) => Released,
            (Held, MoveKind::Expire { .. }) => Expired,
            (Confirmed, MoveKind::Return { .. }) => Returned,
            (Released, MoveKind::Release { .. }) if seeded(Bug::ReleaseTwice) => Released,
            (_, MoveKind::Confirm { .. }) if seeded(Bug::ConfirmWithoutGuard) => Confirmed,
            (Confirmed, MoveKind::Expire { .. }) if seeded(Bug::DueWithoutGuard) => Expired,
            _ => return Err(StockError::NotHeld { product: self.product }),
        };
        Ok(Self { state, ..self })
    }

    /// The hold with more time. It never gets shorter.
    ///
    /// # Errors
    /// [`StockError::NotHeld`] when the hold was resolved before.
    pub fn extend(self, until: Timestamp) -> Result<Self, StockError> {
        match self.state {
            ReservationState::Held => Ok(Self { expires_at: self.expires_at.max(until), ..self }),
            _ => Err(StockError::NotHeld { product: self.product }),
        }
    }
}

/// A wish to keep one hold until later; no stock moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoldExtension {
    /// Whose hold.
    pub order: OrderId,
    /// Of which product.
    pub product: ProductId,
    /// Until when at least.
    pub until: Timestamp,
}
