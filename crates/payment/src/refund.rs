use ordersystem_shared_kernel::{Money, OrderId, Timestamp, TransactionId};

/// Money that was taken and must go back; at most one per order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refund {
    /// Whose money.
    pub order: OrderId,
    /// The attempt that took it.
    pub transaction: TransactionId,
    /// How much.
    pub amount: Money,
    /// Why it is owed.
    pub reason: RefundReason,
    /// How far it is.
    pub state: RefundState,
    /// Since when it is owed.
    pub owed_since: Timestamp,
}

impl Refund {
    /// Owes the whole amount from now on.
    pub const fn owed(
        order: OrderId,
        transaction: TransactionId,
        amount: Money,
        reason: RefundReason,
        owed_since: Timestamp,
    ) -> Self {
        Self { order, transaction, amount, reason, state: RefundState::Pending, owed_since }
    }
}

/// Why money goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefundReason {
    /// A paid order was cancelled before it shipped.
    OrderCancelled,
    /// The gateway reported success for an order that was already cancelled.
    LateSuccess,
}

impl RefundReason {
    /// Every reason, so that adapters can read what they wrote.
    pub const ALL: [Self; 2] = [Self::OrderCancelled, Self::LateSuccess];

    /// The name in JSON and databases.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OrderCancelled => "ORDER_CANCELLED",
            Self::LateSuccess => "LATE_SUCCESS",
        }
    }
}

/// How far a refund is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefundState {
    /// Owed; the gateway was not asked yet.
    Pending,
    /// The gateway confirmed it.
    Done,
}

impl RefundState {
    /// Every state, so that adapters can read what they wrote.
    pub const ALL: [Self; 2] = [Self::Pending, Self::Done];

    /// The name in JSON and databases.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Done => "DONE",
        }
    }
}
