use ordersystem_shared_kernel::{
    Coded, ErrorKind, InvalidQuantity, MoneyError, OrderId, RepositoryError,
};
use thiserror::Error;

use crate::{OrderLines, OrderStatus};

/// A transition that the table does not list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("an order cannot go from {from} to {to}")]
pub struct IllegalTransition {
    /// Where the order is.
    pub from: OrderStatus,
    /// Where somebody wanted it.
    pub to: OrderStatus,
}

/// A basket that can never become an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BasketError {
    /// No line at all.
    #[error("an order has at least one line")]
    Empty,
    /// More lines than an order may have.
    #[error("an order has at most {} lines, requested {requested}", OrderLines::MAX)]
    TooManyLines {
        /// How many there were before equal products were added up.
        requested: usize,
    },
    /// Lines of one product that add up to too much.
    #[error(transparent)]
    Quantity(#[from] InvalidQuantity),
    /// A total that cannot be expressed.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// The catalogue broke its promise of one offer per line.
    #[error("the catalogue has not priced every line")]
    Unpriced,
}

impl Coded for BasketError {
    fn code(&self) -> &'static str {
        match self {
            Self::Empty => "EMPTY_ORDER",
            Self::TooManyLines { .. } => "TOO_MANY_LINES",
            Self::Quantity(_) => "INVALID_QUANTITY",
            Self::Money(_) => "INVALID_TOTAL",
            Self::Unpriced => "INTERNAL_ERROR",
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::Empty | Self::TooManyLines { .. } | Self::Quantity(_) | Self::Money(_) => {
                ErrorKind::Invalid
            }
            Self::Unpriced => ErrorKind::Internal,
        }
    }
}

/// Why a step of [`crate::OrderService`] was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum OrderError {
    /// There is no such order.
    #[error("order {0} does not exist")]
    NotFound(OrderId),
    /// The present state does not allow the step.
    #[error(transparent)]
    Illegal(#[from] IllegalTransition),
    /// The repository failed; see its kinds.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl Coded for OrderError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "ORDER_NOT_FOUND",
            Self::Illegal(_) => "INVALID_STATUS_TRANSITION",
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
