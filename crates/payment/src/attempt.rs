use std::time::Duration;

use ordersystem_shared_kernel::{Money, Timestamp, TransactionId};

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

/// What became of an attempt; in doubt until the gateway says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// Not known yet. A timeout is not a failure.
    Pending {
        /// When to ask the gateway.
        retry: Retry,
    },
    /// Somebody reported success with another amount. The gateway must say what is true.
    Mismatch {
        /// When the report arrived.
        at: Timestamp,
        /// What it said.
        reported: Money,
        /// When to ask the gateway.
        retry: Retry,
    },
    /// The money was taken.
    Captured {
        /// When the report arrived.
        at: Timestamp,
        /// How much; another amount than the payment's is given back.
        amount: Money,
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
            Self::Pending { .. } => "PENDING",
            Self::Mismatch { .. } => "MISMATCH",
            Self::Captured { .. } => "CAPTURED",
            Self::Failed { .. } => "FAILED",
        }
    }

    /// When the outcome was reported; none while pending.
    pub const fn decided_at(self) -> Option<Timestamp> {
        match self {
            Self::Pending { .. } => None,
            Self::Mismatch { at, .. } | Self::Captured { at, .. } | Self::Failed { at } => Some(at),
        }
    }

    /// How much was taken, or is said to have been.
    pub const fn reported(self) -> Option<Money> {
        match self {
            Self::Pending { .. } | Self::Failed { .. } => None,
            Self::Mismatch { reported, .. } => Some(reported),
            Self::Captured { amount, .. } => Some(amount),
        }
    }

    /// When the gateway is asked next; none when nothing is in doubt.
    pub const fn retry(self) -> Option<Retry> {
        match self {
            Self::Pending { retry } | Self::Mismatch { retry, .. } => Some(retry),
            Self::Captured { .. } | Self::Failed { .. } => None,
        }
    }
}

/// How often the gateway was asked in vain, and when it is asked next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Retry {
    /// 0 before the first time.
    pub tries: u32,
    /// Not before this moment.
    pub next_at: Timestamp,
}

impl Retry {
    const FIRST: Duration = Duration::from_secs(1);

    /// To be asked from now on.
    pub const fn due(at: Timestamp) -> Self {
        Self { tries: 0, next_at: at }
    }

    /// After one more time in vain: a second later, then two, then four, up to `longest`.
    #[must_use]
    pub fn later(self, now: Timestamp, longest: Duration) -> Self {
        let doubled =
            2_u32.checked_pow(self.tries).and_then(|times| Self::FIRST.checked_mul(times));
        let pause = doubled.unwrap_or(longest).min(longest);
        Self { tries: self.tries.saturating_add(1), next_at: now.after(pause) }
    }
}

/// What somebody reports about an attempt without having been asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Callback {
    /// Which attempt; none for the present one.
    pub transaction: Option<TransactionId>,
    /// What became of it.
    pub outcome: GatewayOutcome,
    /// How much was taken, when the report says so.
    pub amount: Option<Money>,
}

/// About the present attempt, and nothing said about the amount.
impl From<GatewayOutcome> for Callback {
    fn from(outcome: GatewayOutcome) -> Self {
        Self { transaction: None, outcome, amount: None }
    }
}

/// What a callback says became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GatewayOutcome {
    /// The money was taken.
    Success,
    /// The money was not taken.
    Failure,
}
