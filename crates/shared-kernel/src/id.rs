use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! numeric_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(i64);

        impl $name {
            /// Wraps a number that a client sent or a store assigned; whether it exists is the store's knowledge.
            pub const fn new(value: i64) -> Self {
                Self(value)
            }

            /// The number as it appears in paths, JSON and message keys.
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that an [`Ids`] port made or a store returned.
            pub const fn new(value: Uuid) -> Self {
                Self(value)
            }

            /// The UUID itself, for adapters.
            pub const fn get(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

numeric_id!(
    /// An order's number: starts at 1, also the key of its events.
    OrderId
);
numeric_id!(
    /// A product's number: starts at 1, also the key of its stock events.
    ProductId
);
numeric_id!(
    /// The number of one delivery; an order has at most one.
    DeliveryId
);
uuid_id!(
    /// The identity of one event, kept over every retry so that consumers can drop duplicates.
    EventId
);
uuid_id!(
    /// The identity of one payment attempt towards the payment gateway.
    TransactionId
);

/// Port: makes identities. Domains never call it; use cases do and pass the values on.
pub trait Ids: Send + Sync {
    /// MUST return a UUID that was never returned before; production uses version 7 so that ids sort by time.
    fn uuid(&self) -> Uuid;
}
