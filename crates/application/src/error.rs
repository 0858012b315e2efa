use ordersystem_delivery::DeliveryTransition;
use ordersystem_inventory::{ProductError, StockError};
use ordersystem_order::{BasketError, CatalogueError, IllegalTransition, OrderStatus};
use ordersystem_payment::{PaymentError, RefundError};
use ordersystem_shared_kernel::{Coded, ErrorKind, Money, OrderId, ProductId, TransactionId};
use thiserror::Error;

use crate::{CommitError, StoreUnavailable, StoredAnswer};

/// What can go wrong in every use case, whatever it is about.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Failure {
    /// The request was answered before: answer the same again.
    #[error("the request was answered before")]
    Replayed(StoredAnswer),
    /// The caller's expected version is not the present one.
    #[error("the resource is no longer in the expected version")]
    Stale,
    /// Others kept being faster, several times in a row.
    #[error("too many concurrent changes")]
    Contended,
    /// More is waiting than can be handled soon.
    #[error("too much is waiting to be committed")]
    Overloaded,
    /// The store is down.
    #[error("the store is not available")]
    Unavailable,
    /// The effect may or may not have happened; a retry with the same idempotency key finds out.
    #[error("the outcome of the commit is not known")]
    OutcomeUnknown,
    /// Stored data contradict each other: a defect.
    #[error("stored data contradict each other: {0}")]
    Inconsistent(&'static str),
}

impl From<StoreUnavailable> for Failure {
    fn from(StoreUnavailable: StoreUnavailable) -> Self {
        Self::Unavailable
    }
}

impl Coded for Failure {
    fn code(&self) -> &'static str {
        match self {
            Self::Replayed(_) => "REPLAYED",
            Self::Stale => "PRECONDITION_FAILED",
            Self::Contended => "CONCURRENT_CHANGE",
            Self::Overloaded => "OVERLOADED",
            Self::Unavailable => "STORE_UNAVAILABLE",
            Self::OutcomeUnknown => "OUTCOME_UNKNOWN",
            Self::Inconsistent(_) => "INTERNAL_ERROR",
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::Replayed(_) | Self::Stale => ErrorKind::Conflict,
            Self::Contended | Self::Overloaded | Self::Unavailable | Self::OutcomeUnknown => {
                ErrorKind::Unavailable
            }
            Self::Inconsistent(_) => ErrorKind::Internal,
        }
    }
}

/// What a commit that was not refused for stock can fail with; conflicts are the retry loop's business.
pub(crate) fn failure(error: CommitError) -> Failure {
    match error {
        CommitError::Conflict => Failure::Contended,
        CommitError::AlreadyHandled(Some(answer)) => Failure::Replayed(answer),
        CommitError::AlreadyHandled(None) => Failure::Inconsistent("an event receipt was awaited"),
        CommitError::Stock { .. } => Failure::Inconsistent("stock refused what it had held"),
        CommitError::TooManyUnpaid => {
            Failure::Inconsistent("a limit was met that was not asked for")
        }
        CommitError::Overloaded => Failure::Overloaded,
        CommitError::Unavailable => Failure::Unavailable,
        CommitError::OutcomeUnknown => Failure::OutcomeUnknown,
    }
}

/// Implements [`Coded`] by asking the error inside each variant, or by a literal pair.
macro_rules! coded {
    ($name:ident { $($pattern:pat => $answer:expr),+ $(,)? }) => {
        impl $name {
            fn coded(&self) -> (&'static str, ErrorKind) {
                use $name::*;
                match self { $($pattern => $answer),+ }
            }
        }

        impl Coded for $name {
            fn code(&self) -> &'static str {
                self.coded().0
            }

            fn kind(&self) -> ErrorKind {
                self.coded().1
            }
        }
    };
}

fn of(error: &impl Coded) -> (&'static str, ErrorKind) {
    (error.code(), error.kind())
}

/// Why an order was not placed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlaceOrderError {
    /// The basket can never become an order.
    #[error(transparent)]
    Basket(#[from] BasketError),
    /// An unknown product, or no catalogue.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// Not enough units can be sold.
    #[error("product {0} is out of stock")]
    OutOfStock(ProductId),
    /// The account has as many unpaid orders as it may have.
    #[error("too many orders are unpaid")]
    TooManyUnpaid,
    /// See its kinds.
    #[error(transparent)]
    Failure(#[from] Failure),
}

coded!(PlaceOrderError {
    Basket(error) => of(error),
    Catalogue(error) => of(error),
    OutOfStock(product) => of(&StockError::OutOfStock { product: *product }),
    TooManyUnpaid => ("TOO_MANY_UNPAID_ORDERS", ErrorKind::Refused),
    Failure(failure) => of(failure),
});

/// Why an order did not move on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OrderStepError {
    /// There is no such order.
    #[error("order {0} does not exist")]
    NotFound(OrderId),
    /// The present state does not allow the step.
    #[error(transparent)]
    Illegal(#[from] IllegalTransition),
    /// A callback for an order whose payment nobody asked for.
    #[error("the payment of order {0} was never requested")]
    PaymentNotRequested(OrderId),
    /// A callback about an attempt that nobody made.
    #[error("the payment of order {order} has no attempt {transaction}")]
    UnknownTransaction {
        /// Whose payment.
        order: OrderId,
        /// What the callback names.
        transaction: TransactionId,
    },
    /// A success with another amount. It is recorded; the gateway must say what is true.
    #[error("order {order}: {reported} were reported instead of {expected}")]
    AmountMismatch {
        /// Whose payment.
        order: OrderId,
        /// What is to be paid.
        expected: Money,
        /// What the callback says was taken.
        reported: Money,
    },
    /// See its kinds.
    #[error(transparent)]
    Failure(#[from] Failure),
}

coded!(OrderStepError {
    NotFound(_) => ("ORDER_NOT_FOUND", ErrorKind::NotFound),
    Illegal(_) => ("INVALID_STATUS_TRANSITION", ErrorKind::Refused),
    PaymentNotRequested(order) => of(&PaymentError::NeverRequested(*order)),
    UnknownTransaction { transaction, .. } => of(&PaymentError::UnknownTransaction(*transaction)),
    AmountMismatch { expected, reported, .. } => {
        of(&PaymentError::AmountMismatch { expected: *expected, reported: *reported })
    },
    Failure(failure) => of(failure),
});

/// Why no money goes back.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RefundOrderError {
    /// There is no such order.
    #[error("order {0} does not exist")]
    NotFound(OrderId),
    /// The order is not paid, or was cancelled and owes everything back already.
    #[error("order {order} is {status}")]
    NotPaid {
        /// Which order.
        order: OrderId,
        /// Its present state.
        status: OrderStatus,
    },
    /// The payment does not allow it.
    #[error(transparent)]
    Refund(#[from] RefundError),
    /// See its kinds.
    #[error(transparent)]
    Failure(#[from] Failure),
}

coded!(RefundOrderError {
    NotFound(_) => ("ORDER_NOT_FOUND", ErrorKind::NotFound),
    NotPaid { .. } => of(&RefundError::NothingCaptured),
    Refund(error) => of(error),
    Failure(failure) => of(failure),
});

/// Why a delivery did not move on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DeliveryStepError {
    /// The order has no delivery (yet).
    #[error("order {0} has no delivery")]
    NotFound(OrderId),
    /// The present stage does not allow the step.
    #[error(transparent)]
    Illegal(#[from] DeliveryTransition),
    /// See its kinds.
    #[error(transparent)]
    Failure(#[from] Failure),
}

coded!(DeliveryStepError {
    NotFound(_) => ("DELIVERY_NOT_FOUND", ErrorKind::NotFound),
    Illegal(_) => ("INVALID_DELIVERY_TRANSITION", ErrorKind::Refused),
    Failure(failure) => of(failure),
});

/// Why a product or its stock was not shown or changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProductStepError {
    /// There is no such product.
    #[error("product {0} does not exist")]
    NotFound(ProductId),
    /// The product cannot be as wished.
    #[error(transparent)]
    Product(#[from] ProductError),
    /// The stock does not allow it.
    #[error(transparent)]
    Stock(#[from] StockError),
    /// See its kinds.
    #[error(transparent)]
    Failure(#[from] Failure),
}

coded!(ProductStepError {
    NotFound(_) => ("PRODUCT_NOT_FOUND", ErrorKind::NotFound),
    Product(error) => of(error),
    Stock(error) => of(error),
    Failure(failure) => of(failure),
});

macro_rules! from_unavailable {
    ($($name:ident),+) => { $(
        impl From<StoreUnavailable> for $name {
            fn from(error: StoreUnavailable) -> Self {
                Self::Failure(error.into())
            }
        }
    )+ };
}

from_unavailable!(
    PlaceOrderError,
    OrderStepError,
    RefundOrderError,
    DeliveryStepError,
    ProductStepError
);
