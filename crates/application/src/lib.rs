#![doc = include_str!("../README.md")]

mod alone;
mod batch;
mod error;
mod journal;
mod offers;
mod outbox;
pub mod port;
mod unit_of_work;
mod usecase;

pub use alone::SingleDomain;
pub use batch::{Accepted, Batch, Needs, ReceiptKey};
pub use error::{
    DeliveryStepError, Failure, OrderStepError, PlaceOrderError, ProductStepError, RefundOrderError,
};
pub use outbox::{OutboxMessage, Topic};
pub use port::{
    Backlog, BrokerError, Bucket, CLAIM, DeadLetter, DeadLetterFilter, DeadLetterState,
    DeadLetters, DeliveryCounts, DueRefund, DueWork, EventBroker, HistoryEntry, LEASE,
    ListedProduct, NoPosition, Numbers, OrderFilter, OrderSummary, Outbox, OutboxRow, Page,
    Position, Reads, Record, Store, StoreUnavailable, Subscription, Tail, TailFrom,
};
pub use unit_of_work::{CommitError, Committed, StoredAnswer, UnitOfWork, UnpaidAccount};
pub use usecase::{Call, CallReceipt, NewProduct, Policy, Ports, StockStatus, UseCases};
