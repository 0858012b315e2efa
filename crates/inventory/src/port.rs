use async_trait::async_trait;
use ordersystem_shared_kernel::{OrderId, ProductId, Quantity, RepositoryError, Version};

use crate::{InventoryError, Reservation, StockLevel, StockMove};

/// Port: keeps stock, for teams that embed this domain alone.
#[async_trait]
pub trait StockRepository: Send + Sync {
    /// MUST return the last committed level; none for an unknown or unmanaged product.
    async fn level(&self, product: ProductId) -> Result<Option<StockLevel>, RepositoryError>;

    /// MUST return every hold of the order, resolved ones included.
    async fn reservations(&self, order: OrderId) -> Result<Vec<Reservation>, RepositoryError>;

    /// MUST decide the moves with [`crate::StockBook`] on rows that nobody else can change meanwhile, and store all of
    /// their effects or none.
    async fn commit(&self, moves: Vec<StockMove>) -> Result<(), InventoryError>;
}

/// The answer of the fast counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Every line fits; its units are softly held until the next projection.
    Admitted,
    /// This product has too few units, as far as the counters know.
    SoldOut(ProductId),
    /// The counters do not know (a missing key, or they are down): the database decides.
    Unknown,
}

/// The fast counters of one product: the contract's `redisStock` and `reservedStock`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counters {
    /// What can still be sold.
    pub stock: i64,
    /// What is held.
    pub reserved: i64,
}

/// What the counters of a product were last set to: a later epoch is newer than any version of an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fence {
    /// Of the stock versions, see [`StockAdmission::enter_epoch`].
    pub epoch: i64,
    /// Of the level that was projected.
    pub version: Version,
}

/// Port: the fast counters in front of the database (Redis, or RAM). They only ever hint: no answer of theirs sells
/// anything. None of the calls fails; counters that are down answer as if they knew nothing.
#[async_trait]
pub trait StockAdmission: Send + Sync {
    /// MUST softly hold all lines or none, atomically.
    async fn admit(&self, lines: &[(ProductId, Quantity)]) -> Admission;

    /// MUST set the counters to exactly these levels, except where a newer version is known already; an equal version
    /// overwrites, which repairs leaked soft holds. A version of a later epoch is newer than any of an earlier one.
    /// Returns the products of which a newer version is known: mostly projections that were overtaken on their way.
    async fn project(&self, levels: &[StockLevel]) -> Vec<ProductId>;

    /// From now on projections are of this epoch; an earlier one than before is ignored. The first is 1.
    fn enter_epoch(&self, epoch: i64);

    /// MUST return when the counters may have forgotten something, so that everything is projected once more. Counters
    /// that never forget never return.
    async fn wait_for_loss(&self);

    /// MUST return what the counters of each product were last set to, none where they know nothing.
    async fn fences(&self, products: &[ProductId]) -> Vec<Option<Fence>>;

    /// MUST return one entry per product, none where the counters know nothing.
    async fn counters(&self, products: &[ProductId]) -> Vec<Option<Counters>>;
}
