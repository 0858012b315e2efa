//! What the use cases need from the outside. Each doc comment says what an adapter MUST do; `port-contracts` tests
//! exactly that on every adapter.

mod broker;
mod dead_letters;
mod due;
mod numbers;
mod outbox;
mod position;
mod reads;
mod store;

pub use broker::{BrokerError, EventBroker, Record, Subscription, Tail, TailFrom};
pub use dead_letters::{DeadLetter, DeadLetterFilter, DeadLetterState, DeadLetters};
pub use due::{CLAIM, DeliveryCounts, DueRefund, DueWork};
pub use numbers::Numbers;
pub use outbox::{Backlog, Bucket, LEASE, Outbox, OutboxRow};
pub use position::{NoPosition, Position};
pub use reads::{HistoryEntry, ListedProduct, OrderFilter, OrderSummary, Page, Reads};
pub use store::{Store, StoreUnavailable};
