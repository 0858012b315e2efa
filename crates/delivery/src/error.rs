use ordersystem_shared_kernel::{Coded, ErrorKind, OrderId, RepositoryError};
use thiserror::Error;

use crate::DeliveryStatus;

/// A step that a delivery cannot take from where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a delivery cannot go from {from} to {to}")]
pub struct DeliveryTransition {
    /// Where the delivery is.
    pub from: DeliveryStatus,
    /// Where somebody wanted it.
    pub to: DeliveryStatus,
}

/// Why a step of [`crate::DeliveryService`] was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DeliveryError {
    /// The order has no delivery (yet).
    #[error("order {0} has no delivery")]
    NotFound(OrderId),
    /// The present stage does not allow the step.
    #[error(transparent)]
    Illegal(#[from] DeliveryTransition),
    /// The repository failed; see its kinds.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl Coded for DeliveryError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "DELIVERY_NOT_FOUND",
            Self::Illegal(_) => "INVALID_DELIVERY_TRANSITION",
            Self::Repository(error) => error.code(),
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound(_) => ErrorKind::NotFound,
            Self::Illegal(_) => ErrorKind::Refused,
            Self::Repository(error) => error.kind(),
        }
    }
}
