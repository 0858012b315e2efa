use std::fmt;

use ordersystem_shared_kernel::Timestamp;

use crate::TrackingNumber;

/// How far a delivery is, with exactly the data that exist at that point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Waits for its carrier.
    Preparing,
    /// On its way.
    Shipped(Shipment),
    /// Arrived.
    Delivered {
        /// Unchanged since it shipped.
        shipment: Shipment,
        /// When it arrived.
        completed_at: Timestamp,
    },
    /// The order was cancelled before it shipped.
    Cancelled {
        /// When it was called off.
        at: Timestamp,
    },
}

/// What is fixed once, at the moment of shipping, and never changes afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipment {
    /// What the customer can follow.
    pub tracking: TrackingNumber,
    /// When it left.
    pub shipped_at: Timestamp,
    /// When it should arrive; see [`crate::estimated_arrival`].
    pub estimated_arrival: Timestamp,
}

/// The stage without its data: a name for JSON, databases and messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeliveryStatus {
    /// See [`Stage::Preparing`].
    ShipmentPreparing,
    /// See [`Stage::Shipped`].
    Shipped,
    /// See [`Stage::Delivered`].
    Delivered,
    /// See [`Stage::Cancelled`].
    Cancelled,
}

impl DeliveryStatus {
    /// Every status, in the order of a delivery's life.
    pub const ALL: [Self; 4] =
        [Self::ShipmentPreparing, Self::Shipped, Self::Delivered, Self::Cancelled];

    /// The name in JSON and databases.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ShipmentPreparing => "SHIPMENT_PREPARING",
            Self::Shipped => "SHIPPED",
            Self::Delivered => "DELIVERED",
            Self::Cancelled => "CANCELLED",
        }
    }
}

impl fmt::Display for DeliveryStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
