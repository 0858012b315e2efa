use async_trait::async_trait;
use ordersystem_shared_kernel::{
    Change, Coded, ErrorKind, Money, OrderId, ProductId, RepositoryError, Version,
};
use thiserror::Error;

use crate::{Basket, Order};

/// A product as the order domain sees it: what it is called and what it costs right now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Frozen into the order line.
    pub name: String,
    /// Frozen into the order line.
    pub unit_price: Money,
    /// The product's version; the store refuses the order when the product has changed since.
    pub version: Version,
}

/// Port: the products that can be ordered, whoever keeps them.
#[async_trait]
pub trait Catalogue: Send + Sync {
    /// MUST return one offer per item of the basket, in its order, or an error that names the first unknown product.
    async fn offers(&self, basket: &Basket) -> Result<Vec<Offer>, CatalogueError>;
}

/// Why offers could not be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CatalogueError {
    /// Nobody sells this.
    #[error("product {0} does not exist")]
    UnknownProduct(ProductId),
    /// The catalogue cannot be reached.
    #[error("the catalogue is not available")]
    Unavailable,
}

impl Coded for CatalogueError {
    fn code(&self) -> &'static str {
        match self {
            Self::UnknownProduct(_) => "PRODUCT_NOT_FOUND",
            Self::Unavailable => "STORE_UNAVAILABLE",
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::UnknownProduct(_) => ErrorKind::NotFound,
            Self::Unavailable => ErrorKind::Unavailable,
        }
    }
}

/// Port: keeps orders, for teams that embed this domain alone.
#[async_trait]
pub trait OrderRepository: Send + Sync {
    /// MUST return the last committed state, or none.
    async fn order(&self, id: OrderId) -> Result<Option<Order>, RepositoryError>;

    /// MUST store the state and all its events, or nothing; MUST answer [`RepositoryError::Conflict`] when the stored
    /// version is not the expected one.
    async fn commit(&self, change: Change<Order>) -> Result<(), RepositoryError>;
}
