use async_trait::async_trait;
use diesel::prelude::*;

use ordersystem_application::{
    HistoryEntry, ListedProduct, OrderFilter, OrderSummary, Page, Reads, StoreUnavailable,
};
use ordersystem_inventory::StockLevel;
use ordersystem_order::OrderStatus;
use ordersystem_shared_kernel::{OrderId, Timestamp};

use super::SqliteStore;
use super::chores::Chore;
use crate::rows::{HistoryRow, Micros, OrderRow, ProductRow, sql_limit};
use crate::schema::{order_history, order_lines, orders, products, stock_epoch};

#[async_trait]
impl Reads for SqliteStore {
    async fn orders(
        &self,
        filter: &OrderFilter,
        page: Page,
    ) -> Result<Vec<OrderSummary>, StoreUnavailable> {
        let filter = filter.clone();
        let read = move |connection: &mut SqliteConnection| list(connection, &filter, page);
        self.shared.readers.read("orders", read).await
    }

    async fn history(&self, order: OrderId) -> Result<Vec<HistoryEntry>, StoreUnavailable> {
        let history = self.shared.readers.read("a history", move |connection| {
            let rows = order_history::table.filter(order_history::order_id.eq(order.get()));
            let rows = rows.order(order_history::version).select(HistoryRow::as_select());
            rows.load(connection)?.into_iter().map(HistoryRow::restore).collect()
        });
        history.await
    }

    async fn products(&self, page: Page) -> Result<Vec<ListedProduct>, StoreUnavailable> {
        let products = self.shared.readers.read("products", move |connection| {
            let rows = products::table.filter(products::id.gt(page.after.unwrap_or_default()));
            let rows = rows.order(products::id).limit(sql_limit(page.limit));
            let rows = rows.select(ProductRow::as_select()).load(connection)?;
            let listed = rows.into_iter().map(ProductRow::restore);
            listed.map(|row| row.map(|(product, level)| ListedProduct { product, level })).collect()
        });
        products.await
    }

    /// Every product is looked at: they are few, and an index would be written with every order.
    async fn moved_levels(
        &self,
        since: Timestamp,
        page: Page,
    ) -> Result<Vec<StockLevel>, StoreUnavailable> {
        let levels = self.shared.readers.read("levels", move |connection| {
            let rows = products::table.filter(products::id.gt(page.after.unwrap_or_default()));
            let moved = rows.filter(products::managed).filter(products::moved_at.ge(Micros(since)));
            let moved = moved.order(products::id).limit(sql_limit(page.limit));
            let moved: Vec<ProductRow> = moved.select(ProductRow::as_select()).load(connection)?;
            Ok(moved.iter().filter_map(ProductRow::level).collect())
        });
        levels.await
    }

    async fn stock_epoch(&self) -> Result<i64, StoreUnavailable> {
        let epoch = self.shared.readers.read("the epoch", |connection| {
            stock_epoch::table.select(stock_epoch::epoch).first(connection)
        });
        epoch.await
    }

    async fn raise_stock_epoch(&self, from: i64) -> Result<i64, StoreUnavailable> {
        self.chore(Chore::RaiseEpoch { from }).await?;
        self.stock_epoch().await
    }
}

/// One query per state: each walks its index from the newest order on, where a query for several would sort them all.
fn list(
    connection: &mut SqliteConnection,
    filter: &OrderFilter,
    page: Page,
) -> QueryResult<Vec<OrderSummary>> {
    let mut statuses: Vec<Option<OrderStatus>> =
        filter.statuses.iter().copied().map(Some).collect();
    statuses.sort_unstable();
    statuses.dedup();
    if statuses.is_empty() {
        statuses.push(None);
    }
    let mut found = Vec::new();
    for status in statuses {
        for row in slice(connection, filter, status, page)? {
            found.push(row.summary()?);
        }
    }
    found.sort_unstable_by_key(|order| std::cmp::Reverse(order.id));
    found.truncate(page.limit);
    Ok(found)
}

/// The conditions that every list has, on the key that it walks along.
macro_rules! slice_of {
    ($rows:expr, $key:expr, $filter:expr, $status:expr, $page:expr) => {{
        let mut rows = $rows.filter($key.lt($page.after.unwrap_or(i64::MAX))).into_boxed();
        if let Some(status) = $status {
            rows = rows.filter(orders::status.eq(status.as_str()));
        }
        if let Some(from) = $filter.placed_from {
            rows = rows.filter(orders::placed_at.ge(Micros(from)));
        }
        if let Some(to) = $filter.placed_to {
            rows = rows.filter(orders::placed_at.lt(Micros(to)));
        }
        rows.order($key.desc()).limit(sql_limit($page.limit)).select(OrderRow::as_select())
    }};
}

fn slice(
    connection: &mut SqliteConnection,
    filter: &OrderFilter,
    status: Option<OrderStatus>,
    page: Page,
) -> QueryResult<Vec<OrderRow>> {
    match filter.product {
        None => slice_of!(orders::table, orders::id, filter, status, page).load(connection),
        Some(product) => {
            let lines = order_lines::table.inner_join(orders::table);
            let lines = lines.filter(order_lines::product_id.eq(product.get()));
            slice_of!(lines, order_lines::order_id, filter, status, page).load(connection)
        }
    }
}
