use async_trait::async_trait;
use ordersystem_inventory::{Product, StockLevel};
use ordersystem_order::{Cause, OrderStatus};
use ordersystem_shared_kernel::{EventId, Money, OrderId, ProductId, Timestamp, Version};

use crate::StoreUnavailable;

/// A slice of a list: rows beyond `after` in the list's order, at most `limit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The key of the last row of the page before; none for the first page.
    pub after: Option<i64>,
    /// At least 1.
    pub limit: usize,
}

/// Which orders to list; every condition that is set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// In any of these states; empty for all.
    pub statuses: Vec<OrderStatus>,
    /// With a line of this product.
    pub product: Option<ProductId>,
    /// Placed at this moment or later.
    pub placed_from: Option<Timestamp>,
    /// Placed before this moment.
    pub placed_to: Option<Timestamp>,
}

/// One row of the list of orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderSummary {
    /// The order.
    pub id: OrderId,
    /// Its present state.
    pub status: OrderStatus,
    /// What the customer owes.
    pub total: Money,
    /// How many lines it has.
    pub lines: i64,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// One transition of an order's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// The order's version after the transition: 1, 2, 3 …
    pub version: Version,
    /// The state before; none for the first entry.
    pub from: Option<OrderStatus>,
    /// The state after.
    pub to: OrderStatus,
    /// What set it off.
    pub cause: Cause,
    /// When it was decided.
    pub at: Timestamp,
    /// The published event.
    pub event: EventId,
}

/// One row of the list of products.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedProduct {
    /// The product.
    pub product: Product,
    /// Its level; none when its stock is unlimited.
    pub level: Option<StockLevel>,
}

/// Port: what people look at. Never used for a decision.
#[async_trait]
pub trait Reads: Send + Sync {
    /// MUST list newest first (by id, descending), so that a page is stable under inserts.
    async fn orders(
        &self,
        filter: &OrderFilter,
        page: Page,
    ) -> Result<Vec<OrderSummary>, StoreUnavailable>;

    /// MUST return every transition in the order of its version; empty for an unknown order.
    async fn history(&self, order: OrderId) -> Result<Vec<HistoryEntry>, StoreUnavailable>;

    /// MUST list by id, ascending.
    async fn products(&self, page: Page) -> Result<Vec<ListedProduct>, StoreUnavailable>;

    /// MUST list, by product ascending, the levels of the products whose stock moved at `since` or later.
    async fn moved_levels(
        &self,
        since: Timestamp,
        page: Page,
    ) -> Result<Vec<StockLevel>, StoreUnavailable>;

    /// The epoch of the stock versions: 1 in a new store. It is raised when a store turns out to have been set back, for
    /// then its versions count anew.
    async fn stock_epoch(&self) -> Result<i64, StoreUnavailable>;

    /// MUST raise the epoch by one if it still is `from`, and return what it is then.
    async fn raise_stock_epoch(&self, from: i64) -> Result<i64, StoreUnavailable>;
}
