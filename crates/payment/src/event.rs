use ordersystem_shared_kernel::{Event, EventId, OrderId, Timestamp, TransactionId};

/// What happened to a payment. Not published: the contract knows order and inventory events only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaymentEvent {
    /// The identity of this fact.
    pub id: EventId,
    /// Whose payment.
    pub order: OrderId,
    /// Which attempt.
    pub transaction: TransactionId,
    /// What happened.
    pub kind: PaymentEventKind,
    /// When it was decided.
    pub at: Timestamp,
}

/// The facts of a payment's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentEventKind {
    /// The gateway was asked.
    Requested,
    /// The money was taken.
    Captured,
    /// The money was not taken.
    Failed,
    /// Somebody reported another amount.
    Mismatched,
    /// The gateway had no answer that counts; it is asked again later.
    Postponed,
    /// Money is owed back from now on.
    RefundOwed {
        /// Which refund.
        number: u32,
    },
    /// The gateway gave the money back.
    RefundDone {
        /// Which refund.
        number: u32,
    },
    /// The gateway refuses to give the money back.
    RefundRefused {
        /// Which refund.
        number: u32,
    },
    /// The gateway had no answer that counts; it is asked again later.
    RefundPostponed {
        /// Which refund.
        number: u32,
    },
}

impl PaymentEventKind {
    /// The refund that it is about; none when it is about an attempt.
    pub const fn refund(self) -> Option<u32> {
        match self {
            Self::Requested
            | Self::Captured
            | Self::Failed
            | Self::Mismatched
            | Self::Postponed => None,
            Self::RefundOwed { number }
            | Self::RefundDone { number }
            | Self::RefundRefused { number }
            | Self::RefundPostponed { number } => Some(number),
        }
    }
}

impl Event for PaymentEvent {
    fn id(&self) -> EventId {
        self.id
    }

    fn occurred_at(&self) -> Timestamp {
        self.at
    }
}
