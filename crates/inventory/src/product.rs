use ordersystem_shared_kernel::{
    Aggregate, Coded, ErrorKind, Event, EventId, Money, ProductId, Stamp, Timestamp, Version,
};
use thiserror::Error;

/// Whether a product's stock is counted. Fixed when the product is created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stocking {
    /// Orders hold and use up stock.
    Managed,
    /// Never runs out; its counters never move.
    Unlimited,
}

/// What the shop sells. Its stock is a [`crate::StockLevel`] of its own with a version of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    id: ProductId,
    name: String,
    price: Money,
    stocking: Stocking,
    version: Version,
}

/// What a new product is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductDraft {
    /// 1–200 characters.
    pub name: String,
    /// Per unit.
    pub price: Money,
    /// For good.
    pub stocking: Stocking,
}

/// What an administrator wants to be different; none leaves as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductChange {
    /// 1–200 characters.
    pub name: Option<String>,
    /// Per unit; placed orders keep their frozen price.
    pub price: Option<Money>,
}

impl Product {
    /// The longest name, in characters.
    pub const MAX_NAME: usize = 200;

    /// Puts a product on sale; its first stock arrives as an adjustment in the same unit of work.
    ///
    /// # Errors
    /// [`ProductError::InvalidName`].
    pub fn create(
        id: ProductId,
        draft: ProductDraft,
        stamp: Stamp,
    ) -> Result<(Self, ProductEvent), ProductError> {
        let ProductDraft { name, price, stocking } = draft;
        check_name(&name)?;
        let product = Self { id, name, price, stocking, version: Version::FIRST };
        Ok((product, ProductEvent { id: stamp.event, at: stamp.at }))
    }

    /// Rebuilds a product from what a store kept.
    pub const fn restore(
        id: ProductId,
        name: String,
        price: Money,
        stocking: Stocking,
        version: Version,
    ) -> Self {
        Self { id, name, price, stocking, version }
    }

    /// Renames or reprices.
    ///
    /// # Errors
    /// [`ProductError::InvalidName`]; nothing is changed then.
    pub fn change(
        &mut self,
        change: ProductChange,
        stamp: Stamp,
    ) -> Result<ProductEvent, ProductError> {
        if let Some(name) = &change.name {
            check_name(name)?;
        }
        self.name = change.name.unwrap_or_else(|| std::mem::take(&mut self.name));
        self.price = change.price.unwrap_or(self.price);
        self.version = self.version.next();
        Ok(ProductEvent { id: stamp.event, at: stamp.at })
    }

    /// As shown to customers.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Per unit.
    pub const fn price(&self) -> Money {
        self.price
    }

    /// Whether its stock is counted.
    pub const fn stocking(&self) -> Stocking {
        self.stocking
    }
}

impl Aggregate for Product {
    type Id = ProductId;
    type Event = ProductEvent;

    fn id(&self) -> ProductId {
        self.id
    }

    fn version(&self) -> Version {
        self.version
    }
}

/// A product was created or changed. Not published: the contract knows order and inventory events only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProductEvent {
    /// The identity of this fact.
    pub id: EventId,
    /// When it was decided.
    pub at: Timestamp,
}

impl Event for ProductEvent {
    fn id(&self) -> EventId {
        self.id
    }

    fn occurred_at(&self) -> Timestamp {
        self.at
    }
}

/// Why a product cannot be as wished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ProductError {
    /// Empty, too long, or with control characters.
    #[error("a product's name has 1 to {} printable characters", Product::MAX_NAME)]
    InvalidName,
}

impl Coded for ProductError {
    fn code(&self) -> &'static str {
        match self {
            Self::InvalidName => "INVALID_PRODUCT_NAME",
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::InvalidName => ErrorKind::Invalid,
        }
    }
}

fn check_name(name: &str) -> Result<(), ProductError> {
    let length = name.chars().count();
    let printable = !name.trim().is_empty() && !name.chars().any(char::is_control);
    if printable && length <= Product::MAX_NAME { Ok(()) } else { Err(ProductError::InvalidName) }
}
