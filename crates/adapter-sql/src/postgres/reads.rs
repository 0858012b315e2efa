use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::FutureExt as _;

use ordersystem_application::{
    HistoryEntry, ListedProduct, OrderFilter, OrderSummary, Page, Reads, StoreUnavailable,
};
use ordersystem_inventory::StockLevel;
use ordersystem_order::OrderStatus;
use ordersystem_shared_kernel::{OrderId, Timestamp};

use super::PostgresStore;
use crate::rows::{HistoryRow, Micros, OrderRow, ProductRow, sql_limit};
use crate::schema::types::DbTs;
use crate::schema::{order_history, products, stock_epoch};

#[async_trait]
impl Reads for PostgresStore {
    async fn orders(
        &self,
        filter: &OrderFilter,
        page: Page,
    ) -> Result<Vec<OrderSummary>, StoreUnavailable> {
        let list = List::of(filter, page);
        let orders = self.shared.readers.look("a list of orders", move |connection| {
            async move { list.load(connection).await }.boxed()
        });
        orders.await
    }

    async fn history(&self, order: OrderId) -> Result<Vec<HistoryEntry>, StoreUnavailable> {
        let history = self.shared.readers.look("a history", move |connection| {
            async move {
                let rows = order_history::table.filter(order_history::order_id.eq(order.get()));
                let rows = rows.order(order_history::version).select(HistoryRow::as_select());
                let rows: Vec<HistoryRow> = rows.load(connection).await?;
                rows.into_iter().map(HistoryRow::restore).collect()
            }
            .boxed()
        });
        history.await
    }

    async fn products(&self, page: Page) -> Result<Vec<ListedProduct>, StoreUnavailable> {
        let products = self.shared.readers.look("a list of products", move |connection| {
            async move {
                let rows = products::table.filter(products::id.gt(page.after.unwrap_or_default()));
                let rows = rows.order(products::id).limit(sql_limit(page.limit));
                let rows: Vec<ProductRow> =
                    rows.select(ProductRow::as_select()).load(connection).await?;
                let rows = rows.into_iter().map(ProductRow::restore);
                rows.map(|row| row.map(|(product, level)| ListedProduct { product, level }))
                    .collect()
            }
            .boxed()
        });
        products.await
    }

    /// Every product is looked at: they are few, and an index would be written with every order.
    async fn moved_levels(
        &self,
        since: Timestamp,
        page: Page,
    ) -> Result<Vec<StockLevel>, StoreUnavailable> {
        let levels = self.read("levels", move |connection| {
            async move {
                let rows = products::table.filter(products::id.gt(page.after.unwrap_or_default()));
                let rows =
                    rows.filter(products::managed).filter(products::moved_at.ge(Micros(since)));
                let rows = rows.order(products::id).limit(sql_limit(page.limit));
                let rows: Vec<ProductRow> =
                    rows.select(ProductRow::as_select()).load(connection).await?;
                Ok(rows.iter().filter_map(ProductRow::level).collect())
            }
            .boxed()
        });
        levels.await
    }

    async fn stock_epoch(&self) -> Result<i64, StoreUnavailable> {
        let epoch = self.read("the epoch", |connection| {
            stock_epoch::table.select(stock_epoch::epoch).first(connection).boxed()
        });
        epoch.await
    }

    async fn raise_stock_epoch(&self, from: i64) -> Result<i64, StoreUnavailable> {
        let raised = self.read("a new epoch", move |connection| {
            let epoch = stock_epoch::table.filter(stock_epoch::epoch.eq(from));
            let raised = diesel::update(epoch).set(stock_epoch::epoch.eq(from.saturating_add(1)));
            raised.execute(connection).boxed()
        });
        raised.await?;
        self.stock_epoch().await
    }
}

/// One statement for a list: its states are seen at the same moment, and no order shows up in two of them.
///
/// Its text is never prepared for later: how narrow a span of time is decides which index is the right one.
struct List {
    sql: String,
    statuses: Vec<&'static str>,
    product: i64,
    placed_from: Timestamp,
    placed_to: Timestamp,
    page: Page,
}

impl List {
    fn of(filter: &OrderFilter, page: Page) -> Self {
        let mut statuses = filter.statuses.clone();
        statuses.sort_unstable();
        statuses.dedup();
        let slices: Vec<String> = match filter.product {
            Some(_) => vec![slice_of_product(filter, &statuses)],
            None if statuses.is_empty() => vec![slice_of(filter, None)],
            None => (1..=statuses.len()).map(|place| slice_of(filter, Some(place))).collect(),
        };
        Self {
            sql: format!(
                "SELECT * FROM ({}) o ORDER BY id DESC LIMIT $2",
                slices.join(" UNION ALL ")
            ),
            statuses: statuses.into_iter().map(OrderStatus::as_str).collect(),
            product: filter.product.map(|product| product.get()).unwrap_or_default(),
            placed_from: filter.placed_from.unwrap_or(Timestamp::EPOCH),
            placed_to: filter.placed_to.unwrap_or(Timestamp::EPOCH),
            page,
        }
    }

    async fn load(self, connection: &mut AsyncPgConnection) -> QueryResult<Vec<OrderSummary>> {
        let query = diesel::sql_query(self.sql)
            .bind::<BigInt, _>(self.page.after.unwrap_or(i64::MAX))
            .bind::<BigInt, _>(sql_limit(self.page.limit))
            .bind::<Array<Text>, _>(self.statuses)
            .bind::<BigInt, _>(self.product)
            .bind::<DbTs, _>(Micros(self.placed_from))
            .bind::<DbTs, _>(Micros(self.placed_to));
        let rows: Vec<OrderRow> = query.load(connection).await?;
        rows.into_iter().map(OrderRow::summary).collect()
    }
}

const COLUMNS: &str = "o.id, o.status, o.version, o.total, o.currency, o.line_count, o.placed_at, \
    o.updated_at";

/// Walks along the orders, or along those in one state, from the newest on.
///
/// A state is a range of one name: its order is the one of the index by state. Asked for `status = 'CANCELLED'` the planner
/// may walk along all orders instead, past very many if none was cancelled lately.
fn slice_of(filter: &OrderFilter, status: Option<usize>) -> String {
    let (state, order) = match status {
        Some(place) => (
            format!(" AND o.status BETWEEN $3[{place}] AND $3[{place}]"),
            "o.status DESC, o.id DESC",
        ),
        None => (String::new(), "o.id DESC"),
    };
    let placed = placed(filter);
    format!(
        "(SELECT {COLUMNS} FROM orders o WHERE o.id < $1{state}{placed} ORDER BY {order} LIMIT $2)"
    )
}

/// Walks along the lines of a product.
fn slice_of_product(filter: &OrderFilter, statuses: &[OrderStatus]) -> String {
    let status = if statuses.is_empty() { "" } else { " AND o.status = ANY ($3)" };
    let placed = placed(filter);
    format!(
        "(SELECT {COLUMNS} FROM order_lines l JOIN orders o ON o.id = l.order_id
        WHERE l.product_id = $4 AND l.order_id < $1{status}{placed}
        ORDER BY l.order_id DESC LIMIT $2)"
    )
}

fn placed(filter: &OrderFilter) -> String {
    let from = filter.placed_from.map(|_| " AND o.placed_at >= $5").unwrap_or_default();
    let to = filter.placed_to.map(|_| " AND o.placed_at < $6").unwrap_or_default();
    format!("{from}{to}")
}
