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
}

impl Event for PaymentEvent {
    fn id(&self) -> EventId {
        self.id
    }

    fn occurred_at(&self) -> Timestamp {
        self.at
    }
}
