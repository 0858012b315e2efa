//! One struct per table, and how it becomes a value of a domain and back.

mod dead_letter;
mod delivery;
mod order;
mod outbox;
mod payment;
mod product;
mod receipt;
mod refund;
mod stock;
mod unpaid;
mod value;

pub(crate) use dead_letter::{DeadLetterRow, NewDeadLetterRow};
pub(crate) use delivery::{DeliveryRow, DeliveryUpdate};
pub(crate) use order::{HistoryRow, LineRow, OrderRow, OrderUpdate};
pub(crate) use outbox::{NewOutboxRow, StoredOutboxRow};
pub(crate) use payment::{PaymentRow, payment_from_rows, payment_rows, payment_rows_of};
pub(crate) use product::{LevelUpdate, ProductRow, ProductUpdate, VersionRow};
pub(crate) use receipt::{AnswerRow, InboxRow, RequestRow};
pub(crate) use refund::{RefundRow, due_refund};
pub(crate) use stock::{LedgerRow, ReservationRow};
pub(crate) use unpaid::{UnpaidRow, unpaid_states};
pub(crate) use value::{Micros, UuidBytes, sql_limit};
