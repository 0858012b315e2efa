use ordersystem_shared_kernel::{Coded, ErrorKind, OrderId, RepositoryError};
use thiserror::Error;

/// Why a step of [`crate::PaymentService`] was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PaymentError {
    /// A callback for an order whose payment nobody asked for.
    #[error("the payment of order {0} was never requested")]
    NeverRequested(OrderId),
    /// The repository failed; see its kinds.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl Coded for PaymentError {
    fn code(&self) -> &'static str {
        match self {
            Self::NeverRequested(_) => "PAYMENT_NOT_REQUESTED",
            Self::Repository(error) => error.code(),
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::NeverRequested(_) => ErrorKind::Refused,
            Self::Repository(error) => error.kind(),
        }
    }
}
