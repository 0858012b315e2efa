use diesel::prelude::{AsChangeset, Identifiable, Insertable, Queryable, Selectable};
use diesel::result::Error as SqlError;

use ordersystem_inventory::{Product, StockLevel, Stocking};
use ordersystem_shared_kernel::{Aggregate, ProductId, Timestamp, Version};

use super::Micros;
use super::value::money;
use crate::schema::products;

/// A product with its level; the level of an unlimited one is zero and means nothing.
#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = products, treat_none_as_default_value = false)]
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

    pub(crate) const fn id(&self) -> ProductId {
        ProductId::new(self.id)
    }

    pub(crate) const fn version(&self) -> Version {
        Version::new(self.version)
    }

    pub(crate) fn level(&self) -> Option<StockLevel> {
        self.managed.then_some(StockLevel {
            product: self.id(),
            total: self.total_stock,
            reserved: self.reserved_stock,
            version: Version::new(self.stock_version),
        })
    }

    pub(crate) fn restore(self) -> Result<(Product, Option<StockLevel>), SqlError> {
        let (id, version, level) = (self.id(), self.version(), self.level());
        let price = money("products.price", self.price, &self.currency)?;
        let stocking = if self.managed { Stocking::Managed } else { Stocking::Unlimited };
        Ok((Product::restore(id, self.name, price, stocking, version), level))
    }
}

/// What an administrator can change.
#[derive(AsChangeset, Identifiable)]
#[diesel(table_name = products)]
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
#[derive(AsChangeset, Identifiable)]
#[diesel(table_name = products)]
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
