use ordersystem_shared_kernel::{Timestamp, TransactionId};

/// One try to take the money, under one transaction id towards the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// What the gateway knows this attempt by.
    pub transaction: TransactionId,
    /// When the gateway was asked.
    pub requested_at: Timestamp,
    /// What became of it.
    pub outcome: AttemptOutcome,
}

/// What became of an attempt; pending until the gateway reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// Not reported yet. A timeout is not a failure.
    Pending,
    /// The money was taken.
    Captured {
        /// When the report arrived.
        at: Timestamp,
    },
    /// The money was not taken.
    Failed {
        /// When the report arrived.
        at: Timestamp,
    },
}

impl AttemptOutcome {
    /// The name in JSON and databases.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Captured { .. } => "CAPTURED",
            Self::Failed { .. } => "FAILED",
        }
    }

    /// When the outcome was reported; none while pending.
    pub const fn decided_at(self) -> Option<Timestamp> {
        match self {
            Self::Pending => None,
            Self::Captured { at } | Self::Failed { at } => Some(at),
        }
    }
}

/// What the gateway's callback says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GatewayOutcome {
    /// The money was taken.
    Success,
    /// The money was not taken.
    Failure,
}
