use ordersystem_shared_kernel::{Event, EventId, OrderId, Timestamp};

use crate::DeliveryStatus;

/// What happened to a delivery. Not published: its effect on the order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryEvent {
    /// The identity of this fact.
    pub id: EventId,
    /// Whose delivery.
    pub order: OrderId,
    /// The status that was reached.
    pub status: DeliveryStatus,
    /// When it was decided.
    pub at: Timestamp,
}

impl Event for DeliveryEvent {
    fn id(&self) -> EventId {
        self.id
    }

    fn occurred_at(&self) -> Timestamp {
        self.at
    }
}
