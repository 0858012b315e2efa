use ordersystem_shared_kernel::{Coded, ErrorKind, Money, OrderId, RepositoryError, TransactionId};
use thiserror::Error;

/// Why a step of [`crate::PaymentService`] was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PaymentError {
    /// A callback for an order whose payment nobody asked for.
    #[error("the payment of order {0} was never requested")]
    NeverRequested(OrderId),
    /// A callback about an attempt that nobody made.
    #[error("the payment has no attempt {0}")]
    UnknownTransaction(TransactionId),
    /// A success with another amount. It is recorded; the gateway must say what is true.
    #[error("{reported} were reported instead of {expected}")]
    AmountMismatch {
        /// What is to be paid.
        expected: Money,
        /// What the callback says was taken.
        reported: Money,
    },
    /// See its kinds.
    #[error(transparent)]
    Refund(#[from] RefundError),
    /// The repository failed; see its kinds.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl Coded for PaymentError {
    fn code(&self) -> &'static str {
        match self {
            Self::NeverRequested(_) => "PAYMENT_NOT_REQUESTED",
            Self::UnknownTransaction(_) => "PAYMENT_TRANSACTION_UNKNOWN",
            Self::AmountMismatch { .. } => "PAYMENT_AMOUNT_MISMATCH",
            Self::Refund(error) => error.code(),
            Self::Repository(error) => error.code(),
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::NeverRequested(_) => ErrorKind::Refused,
            Self::UnknownTransaction(_) | Self::AmountMismatch { .. } => ErrorKind::Invalid,
            Self::Refund(error) => error.kind(),
            Self::Repository(error) => error.kind(),
        }
    }
}

/// Why money does not go back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RefundError {
    /// Nothing was taken.
    #[error("no money was taken")]
    NothingCaptured,
    /// More than what is left of the captured amount.
    #[error("at most {rest} can be given back, not {wanted}")]
    AboveCaptured {
        /// What was taken and is not owed back yet.
        rest: Money,
        /// What was asked for.
        wanted: Money,
    },
    /// A refund of nothing.
    #[error("a refund of nothing")]
    Nothing,
}

impl Coded for RefundError {
    fn code(&self) -> &'static str {
        match self {
            Self::NothingCaptured => "ORDER_NOT_PAID",
            Self::AboveCaptured { .. } => "REFUND_ABOVE_CAPTURED",
            Self::Nothing => "INVALID_REFUND_AMOUNT",
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::NothingCaptured | Self::AboveCaptured { .. } => ErrorKind::Refused,
            Self::Nothing => ErrorKind::Invalid,
        }
    }
}
