use ordersystem_shared_kernel::{Coded, ErrorKind, OrderId, ProductId, RepositoryError};
use thiserror::Error;

/// Why a move was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum StockError {
    /// Not enough units can be sold.
    #[error("product {product} is out of stock")]
    OutOfStock {
        /// Which product.
        product: ProductId,
    },
    /// An adjustment would take units that are held for orders.
    #[error("{held} units of product {product} are held for orders")]
    BelowHeld {
        /// Which product.
        product: ProductId,
        /// How many units must stay.
        held: i64,
    },
    /// There is no hold of that quantity to resolve, or it was resolved before.
    #[error("the hold on product {product} was resolved before")]
    NotHeld {
        /// Which product.
        product: ProductId,
    },
    /// The product's stock is not managed, or the product does not exist.
    #[error("the stock of product {product} is not managed")]
    NotManaged {
        /// Which product.
        product: ProductId,
    },
    /// A number that no shop has.
    #[error("the stock level does not fit")]
    Overflow,
}

impl Coded for StockError {
    fn code(&self) -> &'static str {
        match self {
            Self::OutOfStock { .. } => "INSUFFICIENT_STOCK",
            Self::BelowHeld { .. } => "STOCK_BELOW_HELD",
            Self::NotHeld { .. } => "HOLD_RESOLVED",
            Self::NotManaged { .. } => "STOCK_NOT_MANAGED",
            Self::Overflow => "STOCK_OVERFLOW",
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::OutOfStock { .. } | Self::BelowHeld { .. } | Self::NotManaged { .. } => {
                ErrorKind::Refused
            }
            Self::NotHeld { .. } => ErrorKind::Conflict,
            Self::Overflow => ErrorKind::Invalid,
        }
    }
}

/// Why a step of [`crate::StockService`] was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InventoryError {
    /// Nothing was ever held for the order.
    #[error("nothing is held for order {0}")]
    NothingHeld(OrderId),
    /// The stock does not allow it.
    #[error(transparent)]
    Stock(#[from] StockError),
    /// The repository failed; see its kinds.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl Coded for InventoryError {
    fn code(&self) -> &'static str {
        match self {
            Self::NothingHeld(_) => "NOTHING_HELD",
            Self::Stock(error) => error.code(),
            Self::Repository(error) => error.code(),
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::NothingHeld(_) => ErrorKind::Refused,
            Self::Stock(error) => error.kind(),
            Self::Repository(error) => error.kind(),
        }
    }
}
