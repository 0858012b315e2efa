#![doc = include_str!("../README.md")]

mod aggregate;
mod error;
mod id;
mod money;
mod quantity;
mod receipt;
mod seeded;
mod time;

pub use aggregate::{Aggregate, Change, Event, Expected, Version};
pub use error::{Coded, ErrorKind, RepositoryError};
pub use id::{DeliveryId, EventId, Ids, OrderId, ProductId, TransactionId};
pub use money::{Currency, Money, MoneyError};
pub use quantity::{InvalidQuantity, Quantity};
pub use receipt::{Answer, Fingerprint, Receipt, RequestKey};
#[cfg(feature = "seeded-bugs")]
pub use seeded::sow;
pub use seeded::{Bug, seeded};
pub use time::{Clock, Stamp, Timestamp};
