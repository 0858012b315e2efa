//! Placing, looking at and cancelling orders.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use ordersystem_application::{
    Call, HistoryEntry, OrderFilter, OrderStepError, OrderSummary, StoreUnavailable, UnpaidAccount,
};
use ordersystem_order::{Basket, BasketError, Order, OrderLine, OrderLines};
use ordersystem_shared_kernel::{
    Aggregate, Currency, EventId, OrderId, ProductId, Quantity, Timestamp, Version,
};
use serde::{Deserialize, Serialize};

use super::body::Object;
use super::envelope::List;
use super::error::ApiError;
use super::field::{Expected, FieldProblem};
use super::page::Wanted;
use super::query::{self, Query, path_number};
use super::reply::Reply;
use super::{Api, body, client, etag, idempotency};
use crate::config::OrderSettings;

/// Either one product or a list of them.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewOrder {
    #[serde(default, deserialize_with = "body::present", skip_serializing_if = "Option::is_none")]
    product_id: Option<i64>,
    #[serde(default, deserialize_with = "body::present", skip_serializing_if = "Option::is_none")]
    quantity: Option<i64>,
    #[serde(default, deserialize_with = "body::present", skip_serializing_if = "Option::is_none")]
    items: Option<Vec<Object<NewItem>>>,
}

/// One line of a new order.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewItem {
    product_id: i64,
    quantity: i64,
}

/// How the client asked, and so how it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Single,
    Items,
}

impl NewOrder {
    fn basket(&self) -> Result<(Basket, Shape), ApiError> {
        match (self.product_id, self.quantity, &self.items) {
            (Some(product), Some(requested), None) => {
                let quantity = quantity(requested, || "/quantity".to_owned())?;
                Ok((Basket::single(ProductId::new(product), quantity), Shape::Single))
            }
            (None, None, Some(items)) => Ok((basket(items)?, Shape::Items)),
            (None, _, None) => Err(ApiError::body("/productId", FieldProblem::Missing)),
            (Some(_), None, None) => Err(ApiError::body("/quantity", FieldProblem::Missing)),
            (Some(_), _, Some(_)) => Err(not_beside_items("/productId")),
            (None, Some(_), Some(_)) => Err(not_beside_items("/quantity")),
        }
    }
}

fn not_beside_items(pointer: &str) -> ApiError {
    ApiError::body(pointer, FieldProblem::Excludes("items"))
}

fn quantity(requested: i64, pointer: impl Fn() -> String) -> Result<Quantity, ApiError> {
    Quantity::new(requested).map_err(|error| ApiError::quantity(pointer(), error))
}

fn basket(items: &[Object<NewItem>]) -> Result<Basket, ApiError> {
    let requested = items.len();
    if requested > OrderLines::MAX {
        let error = ApiError::basket(BasketError::TooManyLines { requested });
        return Err(error.with("/items", FieldProblem::Lines { requested }));
    }
    let mut lines = Vec::with_capacity(requested);
    for (index, Object(item)) in items.iter().enumerate() {
        let quantity = quantity(item.quantity, || format!("/items/{index}/quantity"))?;
        lines.push((ProductId::new(item.product_id), quantity));
    }
    Basket::new(lines).map_err(|error| match error {
        BasketError::Quantity(sum) => ApiError::quantity("/items", sum),
        BasketError::Empty => ApiError::basket(error).with("/items", FieldProblem::Missing),
        error => ApiError::basket(error),
    })
}

/// What one product's order is answered with.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlacedSingle {
    order_id: OrderId,
    product_id: ProductId,
    quantity: Quantity,
    status: &'static str,
}

/// What a list's order is answered with.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlacedItems {
    order_id: OrderId,
    items: Vec<PlacedItem>,
    status: &'static str,
}

/// One line after equal products were added up.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlacedItem {
    product_id: ProductId,
    quantity: Quantity,
}

fn placed(order: &Order, shape: Shape) -> Reply {
    let (order_id, status) = (order.id(), order.status().as_str());
    let location = location(order_id);
    match (shape, order.lines().as_slice()) {
        (Shape::Single, [OrderLine { product, quantity, .. }]) => {
            let (product_id, quantity) = (*product, *quantity);
            Reply::created(location, PlacedSingle { order_id, product_id, quantity, status })
        }
        (_, lines) => {
            let item =
                |line: &OrderLine| PlacedItem { product_id: line.product, quantity: line.quantity };
            let items = lines.iter().map(item).collect();
            Reply::created(location, PlacedItems { order_id, items, status })
        }
    }
}

fn location(order: OrderId) -> String {
    format!("/api/orders/{order}")
}

/// `POST /api/orders`: one parse, one commit, one write.
pub(super) async fn place(
    request: HttpRequest,
    payload: Payload,
    api: Data<Api>,
) -> Result<HttpResponse, ApiError> {
    query::none(&request)?;
    let wanted: NewOrder = body::json(&request, payload, api.max_body).await?;
    let (basket, shape) = wanted.basket()?;
    let reply = |order: &Order| placed(order, shape);
    let account = account(&request, &api);
    let run = async |call: Call<'_, Order>| {
        api.use_cases.place_order(basket, Call { account, ..call }).await
    };
    idempotency::command(&api, &request, &wanted, reply, run).await
}

/// Who may leave only so many orders unpaid; nobody unless the settings say so.
fn account(request: &HttpRequest, api: &Api) -> Option<UnpaidAccount> {
    let OrderSettings { max_unpaid_per_client, max_unpaid_per_client_and_product } = api.orders;
    max_unpaid_per_client.or(max_unpaid_per_client_and_product)?;
    Some(UnpaidAccount {
        client: client::of(request)?.to_string(),
        most: max_unpaid_per_client,
        most_per_product: max_unpaid_per_client_and_product,
    })
}

/// `DELETE /api/orders/{orderId}`.
pub(super) async fn cancel(request: HttpRequest, api: Data<Api>) -> Result<HttpResponse, ApiError> {
    query::none(&request)?;
    let id = order_id(&request)?;
    let run = async |call: Call<'_, ()>| {
        let expected = expected(&request, &api, id).await?;
        Ok::<_, ApiError>(api.use_cases.cancel_order(id, Call { expected, ..call }).await?)
    };
    idempotency::command(&api, &request, &(), |()| Reply::ok(()), run).await
}

/// The order's number in the path.
pub(super) fn order_id(request: &HttpRequest) -> Result<OrderId, ApiError> {
    path_number(request, "orderId").map(OrderId::new)
}

/// The version of the order that `If-Match` insists on.
pub(super) async fn expected(
    request: &HttpRequest,
    api: &Api,
    id: OrderId,
) -> Result<Option<Version>, ApiError> {
    etag::expected(request, async || Ok(load(api, id).await.ok().map(|order| order.version())))
        .await
}

/// The order, or 404.
pub(super) async fn load(api: &Api, id: OrderId) -> Result<Order, ApiError> {
    let found = api.store.order(id).await.map_err(OrderStepError::from)?;
    Ok(found.ok_or(OrderStepError::NotFound(id))?)
}

/// One order in full.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderView {
    order_id: OrderId,
    lines: Vec<LineView>,
    total: i64,
    currency: Currency,
    status: &'static str,
    next_statuses: Vec<&'static str>,
    created_at: Timestamp,
    updated_at: Timestamp,
    version: i64,
}

/// One line with its frozen name and price.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LineView {
    product_id: ProductId,
    name: String,
    unit_price: i64,
    quantity: Quantity,
    amount: i64,
}

impl From<Order> for OrderView {
    fn from(order: Order) -> Self {
        let total = order.lines().total();
        Self {
            order_id: order.id(),
            lines: order.lines().as_slice().iter().map(LineView::from).collect(),
            total: total.amount(),
            currency: total.currency(),
            status: order.status().as_str(),
            next_statuses: order.status().next().map(|next| next.as_str()).collect(),
            created_at: order.placed_at(),
            updated_at: order.updated_at(),
            version: order.version().get(),
        }
    }
}

impl From<&OrderLine> for LineView {
    fn from(line: &OrderLine) -> Self {
        Self {
            product_id: line.product,
            name: line.name.clone(),
            unit_price: line.unit_price.amount(),
            quantity: line.quantity,
            // The order's total has been added up from the same products, so this fits.
            amount: line.amount().map_or(i64::MAX, |amount| amount.amount()),
        }
    }
}

/// `GET /api/orders/{orderId}`.
pub(super) async fn show(request: HttpRequest, api: Data<Api>) -> Result<HttpResponse, ApiError> {
    query::none(&request)?;
    let order = load(&api, order_id(&request)?).await?;
    Ok(etag::answer(&request, order.version(), || OrderView::from(order)))
}

/// One row of the list of orders.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderRow {
    order_id: OrderId,
    status: &'static str,
    total: i64,
    currency: Currency,
    lines: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<OrderSummary> for OrderRow {
    fn from(order: OrderSummary) -> Self {
        Self {
            order_id: order.id,
            status: order.status.as_str(),
            total: order.total.amount(),
            currency: order.total.currency(),
            lines: order.lines,
            created_at: order.placed_at,
            updated_at: order.updated_at,
        }
    }
}

/// `GET /api/orders`, newest first.
pub(super) async fn list(request: HttpRequest, api: Data<Api>) -> Result<HttpResponse, ApiError> {
    const KNOWN: &[&str] = &["limit", "cursor", "status", "productId", "createdFrom", "createdTo"];
    let query = Query::of(&request, KNOWN)?;
    let filter = filter(&query)?;
    let wanted = Wanted::of(&query, &format!("orders {filter:?}"))?;
    let rows = api.reads.orders(&filter, wanted.page()).await.map_err(unavailable)?;
    let list = wanted.list(rows, |order| order.id.get(), OrderRow::from);
    Ok(Reply::ok(list).into_response())
}

fn filter(query: &Query) -> Result<OrderFilter, ApiError> {
    let product = query.parsed::<i64>("productId", Expected::Integer)?;
    if product.is_some_and(|product| product < 1) {
        return Err(ApiError::parameter("productId", FieldProblem::Below { min: 1 }));
    }
    let mut statuses = Vec::new();
    for name in query.text("status").into_iter().flat_map(|names| names.split(',')) {
        let status = name.parse();
        statuses.push(status.map_err(|_unknown| {
            ApiError::parameter("status", FieldProblem::none_of(&STATUS_NAMES))
        })?);
    }
    statuses.sort_unstable();
    statuses.dedup();
    Ok(OrderFilter {
        statuses,
        product: product.map(ProductId::new),
        placed_from: moment(query, "createdFrom")?,
        placed_to: moment(query, "createdTo")?,
    })
}

const STATUS_NAMES: [&str; 8] = {
    use ordersystem_order::OrderStatus;
    let [a, b, c, d, e, f, g, h] = OrderStatus::ALL;
    [a.as_str(), b.as_str(), c.as_str(), d.as_str(), e.as_str(), f.as_str(), g.as_str(), h.as_str()]
};

fn moment(query: &Query, name: &str) -> Result<Option<Timestamp>, ApiError> {
    let moment = query.parsed::<DateTime<Utc>>(name, Expected::Moment)?;
    Ok(moment.map(Timestamp::from))
}

/// One transition.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HistoryView {
    version: i64,
    from: Option<&'static str>,
    to: &'static str,
    cause: &'static str,
    timestamp: Timestamp,
    event_id: EventId,
}

impl From<HistoryEntry> for HistoryView {
    fn from(entry: HistoryEntry) -> Self {
        Self {
            version: entry.version.get(),
            from: entry.from.map(|from| from.as_str()),
            to: entry.to.as_str(),
            cause: entry.cause.as_str(),
            timestamp: entry.at,
            event_id: entry.event,
        }
    }
}

/// `GET /api/orders/{orderId}/history`: all of it; an order has a handful of transitions.
pub(super) async fn history(
    request: HttpRequest,
    api: Data<Api>,
) -> Result<HttpResponse, ApiError> {
    query::none(&request)?;
    let id = order_id(&request)?;
    let entries = api.reads.history(id).await.map_err(unavailable)?;
    if entries.is_empty() {
        return Err(OrderStepError::NotFound(id).into());
    }
    let items: Vec<_> = entries.into_iter().map(HistoryView::from).collect();
    Ok(Reply::ok(List { items, next_cursor: None }).into_response())
}

/// A list that cannot be read.
pub(super) fn unavailable(error: StoreUnavailable) -> ApiError {
    OrderStepError::from(error).into()
}
