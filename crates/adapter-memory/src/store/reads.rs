use std::ops::Bound;

use async_trait::async_trait;
use ordersystem_application::{
    HistoryEntry, ListedProduct, OrderFilter, OrderSummary, Page, Reads, StoreUnavailable,
};
use ordersystem_inventory::StockLevel;
use ordersystem_order::Order;
use ordersystem_shared_kernel::{Aggregate, OrderId, ProductId, Timestamp};

use super::MemoryStore;

#[async_trait]
impl Reads for MemoryStore {
    async fn orders(
        &self,
        filter: &OrderFilter,
        page: Page,
    ) -> Result<Vec<OrderSummary>, StoreUnavailable> {
        let end = page.after.map_or(Bound::Unbounded, |id| Bound::Excluded(OrderId::new(id)));
        let tables = self.read()?;
        let newest_first = tables.orders.range((Bound::Unbounded, end)).rev();
        let wanted = newest_first.map(|(_, order)| order).filter(|order| matches(filter, order));
        Ok(wanted.take(page.limit).map(summary).collect())
    }

    async fn history(&self, order: OrderId) -> Result<Vec<HistoryEntry>, StoreUnavailable> {
        Ok(self.read()?.history.get(&order).cloned().unwrap_or_default())
    }

    async fn products(&self, page: Page) -> Result<Vec<ListedProduct>, StoreUnavailable> {
        let start = page.after.map_or(Bound::Unbounded, |id| Bound::Excluded(ProductId::new(id)));
        let tables = self.read()?;
        let listed = tables.products.range((start, Bound::Unbounded)).take(page.limit);
        let listed = listed.map(|(id, product)| ListedProduct {
            product: product.clone(),
            level: tables.levels.get(id).copied(),
        });
        Ok(listed.collect())
    }

    async fn moved_levels(
        &self,
        since: Timestamp,
        page: Page,
    ) -> Result<Vec<StockLevel>, StoreUnavailable> {
        let start = page.after.map_or(Bound::Unbounded, |id| Bound::Excluded(ProductId::new(id)));
        let tables = self.read()?;
        let last_move =
            |id| tables.ledger.get(id).and_then(|moves| moves.last()).map(|last| last.at);
        let levels = tables.levels.range((start, Bound::Unbounded));
        let moved = levels.filter(|(id, _)| last_move(id).is_some_and(|at| at >= since));
        Ok(moved.map(|(_, level)| *level).take(page.limit).collect())
    }

    async fn stock_epoch(&self) -> Result<i64, StoreUnavailable> {
        Ok(self.read()?.raised_epochs + 1)
    }

    async fn raise_stock_epoch(&self, from: i64) -> Result<i64, StoreUnavailable> {
        let mut tables = self.read()?;
        if tables.raised_epochs + 1 == from {
            tables.raised_epochs += 1;
        }
        Ok(tables.raised_epochs + 1)
    }
}

fn matches(filter: &OrderFilter, order: &Order) -> bool {
    let placed = order.placed_at();
    (filter.statuses.is_empty() || filter.statuses.contains(&order.status()))
        && filter.product.is_none_or(|id| order.lines().as_slice().iter().any(|l| l.product == id))
        && filter.placed_from.is_none_or(|from| placed >= from)
        && filter.placed_to.is_none_or(|to| placed < to)
}

fn summary(order: &Order) -> OrderSummary {
    OrderSummary {
        id: order.id(),
        status: order.status(),
        total: order.lines().total(),
        lines: i64::try_from(order.lines().as_slice().len()).unwrap_or(i64::MAX),
        placed_at: order.placed_at(),
        updated_at: order.updated_at(),
    }
}
