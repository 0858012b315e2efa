use diesel::prelude::{Queryable, Selectable};
use diesel::result::Error as SqlError;

use ordersystem_inventory::{Product, StockLevel, Stocking};
use ordersystem_shared_kernel::{Aggregate, ProductId, Timestamp, Version};

use super::Micros;
use super::value::money;
use crate::schema::products;

/// A product with its level; the level of an unlimited one is zero and means nothing.
#[derive(Queryable, Selectable)]
#[diesel(table_name = products)]
pub(crate) struct ProductRow {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) price: i64,
    pub(crate) currency: String,
    pub(crate) managed: bool,
    pub(crate) version: i64,
    pub(crate) total_stock: i64,
    pub(crate) reserved_stock: i64,
    pub(crate) stock_version: i64,
    pub(crate) moved_at: Micros,
}

impl ProductRow {
    pub(crate) fn new(product: &Product, level: Option<StockLevel>, now: Timestamp) -> Self {
        let level = level.unwrap_or_else(|| StockLevel::empty(product.id()));
        Self {
            id: product.id().get(),
            name: product.name().to_owned(),
            price: product.price().amount(),
            currency: product.price().currency().to_string(),
            managed: product.stocking() == Stocking::Managed,
            version: product.version().get(),
            total_stock: level.total,
            reserved_stock: level.reserved,
            stock_version: level.version.get(),
            moved_at: Micros(now),
        }
    }

    pub(crate) fn level(&self) -> Option<StockLevel> {
        self.managed.then_some(StockLevel {
            product: ProductId::new(self.id),
            total: self.total_stock,
            reserved: self.reserved_stock,
            version: Version::new(self.stock_version),
        })
    }

    pub(crate) fn restore(self) -> Result<(Product, Option<StockLevel>), SqlError> {
        let (id, version, level) =
            (ProductId::new(self.id), Version::new(self.version), self.level());
        let price = money("products.price", self.price, &self.currency)?;
        let stocking = if self.managed { Stocking::Managed } else { Stocking::Unlimited };
        Ok((Product::restore(id, self.name, price, stocking, version), level))
    }
}

/// What a batch is decided on, of a product: nothing that would have to be copied.
#[derive(Queryable, Selectable)]
#[diesel(table_name = products)]
pub(crate) struct VersionRow {
    managed: bool,
    version: i64,
    total_stock: i64,
    reserved_stock: i64,
    stock_version: i64,
}

impl VersionRow {
    pub(crate) const fn version(&self) -> Version {
        Version::new(self.version)
    }

    pub(crate) fn level(&self, product: ProductId) -> Option<StockLevel> {
        self.managed.then_some(StockLevel {
            product,
            total: self.total_stock,
            reserved: self.reserved_stock,
            version: Version::new(self.stock_version),
        })
    }
}

/// What an administrator can change.
pub(crate) struct ProductUpdate<'a> {
    pub(crate) id: i64,
    pub(crate) name: &'a str,
    pub(crate) price: i64,
    pub(crate) currency: String,
    pub(crate) version: i64,
}

impl<'a> From<&'a Product> for ProductUpdate<'a> {
    fn from(product: &'a Product) -> Self {
        Self {
            id: product.id().get(),
            name: product.name(),
            price: product.price().amount(),
            currency: product.price().currency().to_string(),
            version: product.version().get(),
        }
    }
}

/// What stock moves change.
pub(crate) struct LevelUpdate {
    pub(crate) id: i64,
    pub(crate) total_stock: i64,
    pub(crate) reserved_stock: i64,
    pub(crate) stock_version: i64,
    pub(crate) moved_at: Micros,
}

impl LevelUpdate {
    pub(crate) const fn new(level: &StockLevel, now: Timestamp) -> Self {
        Self {
            id: level.product.get(),
            total_stock: level.total,
            reserved_stock: level.reserved,
            stock_version: level.version.get(),
            moved_at: Micros(now),
        }
    }
}
