use ordersystem_shared_kernel::{Money, Timestamp, TransactionId};

use crate::Retry;

/// Money that was taken and must go back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Its place in the payment, from 1; with the transaction the gateway's idempotency key.
    pub number: u32,
    /// The attempt that took the money.
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

/// Why money goes back.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RefundReason {
    /// A paid order was cancelled before it shipped.
    OrderCancelled,
    /// The gateway took the money for an order that was already cancelled.
    LateSuccess,
    /// The gateway took another amount than it was asked for.
    AmountMismatch,
    /// An operator decided so.
    Operator {
        /// In the operator's words.
        note: String,
    },
}

impl RefundReason {
    /// The name in JSON and databases.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::OrderCancelled => "ORDER_CANCELLED",
            Self::LateSuccess => "LATE_SUCCESS",
            Self::AmountMismatch => "AMOUNT_MISMATCH",
            Self::Operator { .. } => "OPERATOR",
        }
    }

    /// What the operator wrote.
    pub fn note(&self) -> Option<&str> {
        match self {
            Self::Operator { note } => Some(note),
            Self::OrderCancelled | Self::LateSuccess | Self::AmountMismatch => None,
        }
    }

    /// The reason that a store kept under this name; none for one that it cannot have kept.
    pub fn restore(name: &str, note: Option<String>) -> Option<Self> {
        match (name, note) {
            ("ORDER_CANCELLED", None) => Some(Self::OrderCancelled),
            ("LATE_SUCCESS", None) => Some(Self::LateSuccess),
            ("AMOUNT_MISMATCH", None) => Some(Self::AmountMismatch),
            ("OPERATOR", Some(note)) => Some(Self::Operator { note }),
            _ => None,
        }
    }
}

/// How far a refund is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RefundState {
    /// Owed; the gateway has not confirmed it yet.
    Pending {
        /// When to ask the gateway.
        retry: Retry,
    },
    /// Owed, and the gateway refuses for good: somebody has to look at it. It is asked again all the same, in case it was
    /// settled on its side.
    Refused {
        /// The gateway's own code.
        code: String,
        /// When to ask the gateway.
        retry: Retry,
    },
    /// The gateway confirmed it.
    Done {
        /// When it did.
        at: Timestamp,
    },
}

impl RefundState {
    /// The name in JSON and databases.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Pending { .. } => "PENDING",
            Self::Refused { .. } => "REFUSED",
            Self::Done { .. } => "DONE",
        }
    }

    /// When the gateway confirmed it.
    pub const fn done_at(&self) -> Option<Timestamp> {
        match self {
            Self::Pending { .. } | Self::Refused { .. } => None,
            Self::Done { at } => Some(*at),
        }
    }

    /// With which code the gateway refuses.
    pub fn refusal(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            Self::Pending { .. } | Self::Done { .. } => None,
        }
    }

    /// When the gateway is asked next; none when it is done.
    pub const fn retry(&self) -> Option<Retry> {
        match self {
            Self::Pending { retry } | Self::Refused { retry, .. } => Some(*retry),
            Self::Done { .. } => None,
        }
    }
}
