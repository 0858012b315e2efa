use ordersystem_shared_kernel::{Event, EventId, OrderId, Timestamp, Version};
use serde::Serialize;
use serde::ser::SerializeStruct;

use crate::OrderStatus;

/// What set a transition off; kept in the order's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The customer ordered, asked to pay, or cancelled.
    Customer,
    /// The payment gateway reported an outcome.
    PaymentGateway,
    /// The system followed up by itself, for example on a failed payment.
    Automatic,
    /// The hold on the stock ran out before the payment.
    HoldExpired,
    /// A timer was due.
    Scheduler,
    /// A person with the administrator's call.
    Administrator,
}

impl Cause {
    /// Every cause, so that adapters can read what they wrote.
    pub const ALL: [Self; 6] = [
        Self::Customer,
        Self::PaymentGateway,
        Self::Automatic,
        Self::HoldExpired,
        Self::Scheduler,
        Self::Administrator,
    ];

    /// The name in JSON and databases.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "CUSTOMER",
            Self::PaymentGateway => "PAYMENT_GATEWAY",
            Self::Automatic => "AUTOMATIC",
            Self::HoldExpired => "HOLD_EXPIRED",
            Self::Scheduler => "SCHEDULER",
            Self::Administrator => "ADMINISTRATOR",
        }
    }
}

/// One transition of one order. Serializes to exactly the published message of contract §4; the rest travels in headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderEvent {
    /// Survives every retry of the publication.
    pub id: EventId,
    /// The order, also the message key.
    pub order: OrderId,
    /// The order's version after this transition: gapless per order.
    pub version: Version,
    /// The state before; none for the first event.
    pub from: Option<OrderStatus>,
    /// The state after.
    pub status: OrderStatus,
    /// What set the transition off.
    pub cause: Cause,
    /// When it was decided.
    pub at: Timestamp,
}

impl Event for OrderEvent {
    fn id(&self) -> EventId {
        self.id
    }

    fn occurred_at(&self) -> Timestamp {
        self.at
    }
}

impl Serialize for OrderEvent {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut message = serializer.serialize_struct("OrderEvent", 3)?;
        message.serialize_field("orderId", &self.order)?;
        message.serialize_field("status", self.status.as_str())?;
        message.serialize_field("timestamp", &self.at)?;
        message.end()
    }
}
