//! What the use cases need from the outside. Each doc comment says what an adapter MUST do; `port-contracts` tests
//! exactly that on every adapter.

mod broker;
mod due;
mod numbers;
mod outbox;
mod reads;
mod store;

pub use broker::{BrokerError, EventBroker, Record, Subscription, TailFrom};
pub use due::{DeliveryCounts, DueWork};
pub use numbers::Numbers;
pub use outbox::{Backlog, Outbox, OutboxRow};
pub use reads::{HistoryEntry, ListedProduct, OrderFilter, OrderSummary, Page, Reads};
pub use store::{Store, StoreUnavailable};
