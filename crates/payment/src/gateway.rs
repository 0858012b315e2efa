use async_trait::async_trait;
use ordersystem_shared_kernel::{Money, OrderId, Timestamp, TransactionId};
use thiserror::Error;

/// Port: the company that moves the money. Every call may be repeated: an adapter names the attempt, or the refund, as its
/// idempotency key, and a call without an answer says nothing about what happened.
#[async_trait]
pub trait PaymentGateway: Send + Sync {
    /// Asks for the money. MUST take it at most once per transaction, however often it is asked, and MUST answer a
    /// repetition with what became of the first.
    async fn charge(&self, charge: &Charge) -> Result<ChargeState, GatewayError>;

    /// What became of a charge, without asking for it. MUST answer [`ChargeState::Unheard`] only when the gateway is sure
    /// that it took nothing under this transaction.
    async fn look_up(&self, charge: &Charge) -> Result<ChargeState, GatewayError>;

    /// Gives money back. MUST give it once per refund number, and MUST succeed again for a refund that was done.
    async fn refund(&self, refund: &RefundOrder) -> Result<(), GatewayError>;
}

/// What the gateway is asked to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    /// Whose payment.
    pub order: OrderId,
    /// The attempt; the gateway's idempotency key.
    pub transaction: TransactionId,
    /// How much.
    pub amount: Money,
    /// When the customer asked to pay: a gateway may let a charge run out that nobody confirms.
    pub requested_at: Timestamp,
}

/// What the gateway is asked to give back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundOrder {
    /// Whose money.
    pub order: OrderId,
    /// The attempt that took it.
    pub transaction: TransactionId,
    /// The refund's number within its payment, from 1; with the transaction the gateway's idempotency key.
    pub number: u32,
    /// How much.
    pub amount: Money,
}

/// What a gateway knows of a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChargeState {
    /// The gateway has never heard of it.
    Unheard,
    /// The gateway, or the customer, has not decided yet.
    Waiting,
    /// The money was taken.
    Captured {
        /// How much; what differs from the charge is a mismatch.
        amount: Money,
    },
    /// The money was not taken and will not be under this transaction.
    Failed,
}

/// Why a gateway gave no answer that counts.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GatewayError {
    /// It did not answer, or answered that it cannot now. It may have acted all the same.
    #[error("the payment gateway does not answer: {0}")]
    Unavailable(String),
    /// It understood the call and refuses it for good, such as a refund of more than was taken.
    #[error("the payment gateway refuses with {code}")]
    Refused {
        /// The gateway's own code.
        code: String,
    },
}

/// No gateway at all: whoever takes the money reports it by a callback, and gives it back without being asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct CallbackOnly;

#[async_trait]
impl PaymentGateway for CallbackOnly {
    async fn charge(&self, _: &Charge) -> Result<ChargeState, GatewayError> {
        Ok(ChargeState::Waiting)
    }

    async fn look_up(&self, _: &Charge) -> Result<ChargeState, GatewayError> {
        Ok(ChargeState::Waiting)
    }

    async fn refund(&self, _: &RefundOrder) -> Result<(), GatewayError> {
        Ok(())
    }
}
