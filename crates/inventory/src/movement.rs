use ordersystem_shared_kernel::{EventId, OrderId, ProductId, Quantity, Stamp, Timestamp, Version};

use crate::{InventoryEvent, StockEventType};

/// One wish to change the stock of one product. What becomes of it is decided inside the commit, under the product's lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockMove {
    /// Whose stock.
    pub product: ProductId,
    /// What should happen.
    pub kind: MoveKind,
    /// When, and under which event id it is published.
    pub stamp: Stamp,
}

/// What can happen to stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MoveKind {
    /// An order was placed: hold its units until then.
    Reserve {
        /// For whom.
        order: OrderId,
        /// How many.
        quantity: Quantity,
        /// When the hold may be expired.
        until: Timestamp,
    },
    /// The order was paid: its held units are sold.
    Confirm {
        /// Whose hold.
        order: OrderId,
        /// How many.
        quantity: Quantity,
    },
    /// The order ended unpaid: its held units can be sold again.
    Release {
        /// Whose hold.
        order: OrderId,
        /// How many.
        quantity: Quantity,
    },
    /// As `Release`, because the hold ran out.
    Expire {
        /// Whose hold.
        order: OrderId,
        /// How many.
        quantity: Quantity,
    },
    /// The paid order was cancelled: its sold units come back.
    Return {
        /// Whose units.
        order: OrderId,
        /// How many.
        quantity: Quantity,
    },
    /// Somebody counted, bought or lost stock.
    Adjust {
        /// Signed number of units.
        delta: i64,
        /// Why, for the ledger.
        reason: String,
    },
}

impl MoveKind {
    /// What the move adds to (total, reserved).
    pub const fn deltas(&self) -> (i64, i64) {
        match self {
            Self::Reserve { quantity, .. } => (0, quantity.get()),
            Self::Confirm { quantity, .. } => (-quantity.get(), -quantity.get()),
            Self::Release { quantity, .. } | Self::Expire { quantity, .. } => (0, -quantity.get()),
            Self::Return { quantity, .. } => (quantity.get(), 0),
            Self::Adjust { delta, .. } => (*delta, 0),
        }
    }

    /// The order whose hold the move makes or resolves; none for adjustments.
    pub const fn order(&self) -> Option<OrderId> {
        match self {
            Self::Reserve { order, .. }
            | Self::Confirm { order, .. }
            | Self::Release { order, .. }
            | Self::Expire { order, .. }
            | Self::Return { order, .. } => Some(*order),
            Self::Adjust { .. } => None,
        }
    }

    /// How many units the order's hold has; none for adjustments.
    pub const fn quantity(&self) -> Option<Quantity> {
        match self {
            Self::Reserve { quantity, .. }
            | Self::Confirm { quantity, .. }
            | Self::Release { quantity, .. }
            | Self::Expire { quantity, .. }
            | Self::Return { quantity, .. } => Some(*quantity),
            Self::Adjust { .. } => None,
        }
    }

    /// The name under which the ledger keeps the move.
    pub const fn ledger_kind(&self) -> LedgerKind {
        match self {
            Self::Reserve { .. } => LedgerKind::Reserve,
            Self::Confirm { .. } => LedgerKind::Confirm,
            Self::Release { .. } => LedgerKind::Release,
            Self::Expire { .. } => LedgerKind::Expire,
            Self::Return { .. } => LedgerKind::Return,
            Self::Adjust { .. } => LedgerKind::Adjust,
        }
    }

    /// Why stock was adjusted; none for moves whose order is the reason.
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::Adjust { reason, .. } => Some(reason.clone()),
            _ => None,
        }
    }
}

/// The kinds of ledger rows; at most one of each per order and product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LedgerKind {
    /// See [`MoveKind::Reserve`].
    Reserve,
    /// See [`MoveKind::Confirm`].
    Confirm,
    /// See [`MoveKind::Release`].
    Release,
    /// See [`MoveKind::Expire`].
    Expire,
    /// See [`MoveKind::Return`].
    Return,
    /// See [`MoveKind::Adjust`].
    Adjust,
}

impl LedgerKind {
    /// Every kind, so that adapters can read what they wrote.
    pub const ALL: [Self; 6] =
        [Self::Reserve, Self::Confirm, Self::Release, Self::Expire, Self::Return, Self::Adjust];

    /// The name in databases.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reserve => "RESERVE",
            Self::Confirm => "CONFIRM",
            Self::Release => "RELEASE",
            Self::Expire => "EXPIRE",
            Self::Return => "RETURN",
            Self::Adjust => "ADJUST",
        }
    }
}

/// One line of the append-only proof: what a move did and what the level was afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Whose stock.
    pub product: ProductId,
    /// Gapless per product, starting at 1.
    pub version: Version,
    /// What happened.
    pub kind: LedgerKind,
    /// For which order; none for adjustments.
    pub order: Option<OrderId>,
    /// Why, for adjustments.
    pub reason: Option<String>,
    /// Change of the total.
    pub delta_total: i64,
    /// Change of the held units.
    pub delta_reserved: i64,
    /// The total afterwards.
    pub total_after: i64,
    /// The held units afterwards.
    pub reserved_after: i64,
    /// When it was decided.
    pub at: Timestamp,
    /// The identity of the published event.
    pub event: EventId,
}

impl LedgerEntry {
    /// The message of contract §4; none for adjustments, which the contract does not publish.
    pub fn published(&self) -> Option<InventoryEvent> {
        let event_type = match self.kind {
            LedgerKind::Reserve => StockEventType::Reserved,
            LedgerKind::Confirm => StockEventType::Confirmed,
            LedgerKind::Release | LedgerKind::Expire | LedgerKind::Return => {
                StockEventType::Released
            }
            LedgerKind::Adjust => return None,
        };
        let quantity = self.delta_total.abs().max(self.delta_reserved.abs());
        Some(InventoryEvent {
            id: self.event,
            version: self.version,
            event_type,
            order: self.order?,
            product: self.product,
            quantity,
            at: self.at,
        })
    }
}
