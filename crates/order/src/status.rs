use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use OrderStatus::{
    Cancelled, Created, Delivered, PaymentCompleted, PaymentFailed, PaymentRequested,
    ShipmentPreparing, Shipped,
};

/// Where an order is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrderStatus {
    /// Accepted; the stock is held.
    Created,
    /// The payment gateway is asked.
    PaymentRequested,
    /// The money is taken and the stock is sold.
    PaymentCompleted,
    /// The gateway refused or the hold ran out; always followed by `Cancelled`.
    PaymentFailed,
    /// A delivery exists and waits for its carrier.
    ShipmentPreparing,
    /// On its way; can no longer be cancelled.
    Shipped,
    /// The end of a good order.
    Delivered,
    /// The end of every other order: stock and money went back.
    Cancelled,
}

/// Every allowed transition; what is not listed here is refused (contract §1).
pub const TRANSITIONS: [(OrderStatus, OrderStatus); 11] = [
    (Created, PaymentRequested),
    (Created, Cancelled),
    (PaymentRequested, PaymentCompleted),
    (PaymentRequested, PaymentFailed),
    (PaymentRequested, Cancelled),
    (PaymentFailed, Cancelled),
    (PaymentCompleted, ShipmentPreparing),
    (PaymentCompleted, Cancelled),
    (ShipmentPreparing, Shipped),
    (ShipmentPreparing, Cancelled),
    (Shipped, Delivered),
];

impl OrderStatus {
    /// All eight, in the order of an order's life.
    pub const ALL: [Self; 8] = [
        Created,
        PaymentRequested,
        PaymentCompleted,
        PaymentFailed,
        ShipmentPreparing,
        Shipped,
        Delivered,
        Cancelled,
    ];

    /// The states that may follow; empty for the two final ones.
    pub fn next(self) -> impl Iterator<Item = Self> {
        TRANSITIONS.into_iter().filter(move |(from, _)| *from == self).map(|(_, to)| to)
    }

    /// Whether the table lists `self → to`.
    pub fn may_become(self, to: Self) -> bool {
        self.next().any(|next| next == to)
    }

    /// The name in JSON, events and databases.
    pub const fn as_str(self) -> &'static str {
        match self {
            Created => "CREATED",
            PaymentRequested => "PAYMENT_REQUESTED",
            PaymentCompleted => "PAYMENT_COMPLETED",
            PaymentFailed => "PAYMENT_FAILED",
            ShipmentPreparing => "SHIPMENT_PREPARING",
            Shipped => "SHIPPED",
            Delivered => "DELIVERED",
            Cancelled => "CANCELLED",
        }
    }
}

impl fmt::Display for OrderStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for OrderStatus {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(UnknownStatus)
    }
}

/// A text that names none of the eight states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not an order status")]
pub struct UnknownStatus;
