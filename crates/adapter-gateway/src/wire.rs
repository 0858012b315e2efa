//! The bodies that travel, in the shape of Toss Payments; what is not named here is ignored when it is read.

use ordersystem_shared_kernel::{Currency, OrderId, Timestamp, TransactionId};
use serde::{Deserialize, Serialize};

/// `POST /v1/payments/confirm`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Confirm {
    /// The transaction.
    pub payment_key: String,
    /// As [`order_name`] writes it.
    pub order_id: String,
    /// In minor units.
    pub amount: i64,
    /// Left out for KRW: the original knows no other here.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub currency: Option<Currency>,
}

/// `POST /v1/payments/{paymentKey}/cancel`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cancel {
    /// What the merchant finds the refund by.
    pub cancel_reason: String,
    /// Absent: all that is left.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cancel_amount: Option<i64>,
}

/// A payment as every successful call answers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentBody {
    /// The transaction.
    pub payment_key: String,
    /// What the merchant called the order.
    pub order_id: String,
    /// Where it stands.
    pub status: Status,
    /// Of all amounts.
    pub currency: Currency,
    /// What was, or is to be, taken.
    pub total_amount: i64,
    /// What is left of it after refunds.
    pub balance_amount: i64,
    /// When the money was taken; absent while it was not.
    #[serde(default)]
    pub approved_at: Option<Timestamp>,
    /// Refunds, oldest first.
    #[serde(default)]
    pub cancels: Option<Vec<CancelBody>>,
    /// Why the money was not taken.
    #[serde(default)]
    pub failure: Option<Refusal>,
}

/// One refund of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelBody {
    /// How much went back.
    pub cancel_amount: i64,
    /// As it was asked for.
    pub cancel_reason: String,
    /// When.
    pub canceled_at: Timestamp,
}

/// The states of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// The customer has not authorised it.
    Ready,
    /// Authorised, not confirmed yet.
    InProgress,
    /// A bank account waits for the customer's transfer.
    WaitingForDeposit,
    /// The money was taken.
    Done,
    /// All of it went back; or it never came, when there is no moment of approval.
    Canceled,
    /// Some of it went back.
    PartialCanceled,
    /// It failed.
    Aborted,
    /// Nobody confirmed it in time.
    Expired,
}

/// What every refused call answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// For programs.
    pub code: String,
    /// For people.
    pub message: String,
}

/// An order's number as the gateway takes it: six characters at least, hence the word in front.
pub fn order_name(order: OrderId) -> String {
    format!("order-{order}")
}

/// The order of a name that [`order_name`] made.
pub fn order_of(name: &str) -> Option<OrderId> {
    name.strip_prefix("order-")?.parse().ok()
}

/// How a refund's number stands in its reason, by which it is found again.
pub fn refund_reason(number: u32) -> String {
    format!("refund {number}")
}

/// The idempotency key of a refund.
pub fn refund_key(transaction: TransactionId, number: u32) -> String {
    format!("{transaction}-{number}")
}

/// The number of a key that [`refund_key`] made.
pub fn refund_number(transaction: TransactionId, key: &str) -> Option<u32> {
    key.strip_prefix(&transaction.to_string())?.strip_prefix('-')?.parse().ok()
}
