//! Stock as the store and the fast counters see it.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use ordersystem_application::StockStatus;
use ordersystem_inventory::StockLevel;
use ordersystem_shared_kernel::{Aggregate, ProductId, Quantity};
use serde::Serialize;

use super::Api;
use super::error::ApiError;
use super::field::{Expected, FieldProblem};
use super::orders::unavailable;
use super::page::Wanted;
use super::query::{self, Query, path_number};
use super::reply::Reply;

/// The status of contract §2; `unlimited` is there only when it is true.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StockView {
    product_id: ProductId,
    database_stock: i64,
    redis_stock: Option<i64>,
    reserved_stock: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    unlimited: Option<bool>,
}

impl From<StockStatus> for StockView {
    fn from(status: StockStatus) -> Self {
        let StockStatus { product, level, counters } = status;
        Self {
            product_id: product,
            database_stock: level.map_or(0, |level| level.total),
            redis_stock: counters.map(|counters| counters.stock),
            reserved_stock: match (counters, level) {
                (Some(counters), _) => counters.reserved,
                (None, Some(StockLevel { reserved, .. })) => reserved,
                (None, None) => 0,
            },
            unlimited: level.is_none().then_some(true),
        }
    }
}

/// `GET /api/inventory/{productId}/status`.
pub(super) async fn status(request: HttpRequest, api: Data<Api>) -> Result<HttpResponse, ApiError> {
    query::none(&request)?;
    let status = api.use_cases.stock_status(product_id(&request)?).await?;
    Ok(Reply::ok(StockView::from(status)).into_response())
}

/// `POST /api/inventory/{productId}/sync`. Repeats itself harmlessly, so it needs no idempotency key.
pub(super) async fn sync(request: HttpRequest, api: Data<Api>) -> Result<HttpResponse, ApiError> {
    query::none(&request)?;
    api.use_cases.sync_stock(product_id(&request)?).await?;
    Ok(Reply::ok(()).into_response())
}

/// `GET /api/inventory/{productId}/available?quantity=`.
pub(super) async fn available(
    request: HttpRequest,
    api: Data<Api>,
) -> Result<HttpResponse, ApiError> {
    let id = product_id(&request)?;
    let query = Query::of(&request, &["quantity"])?;
    let requested = query.parsed("quantity", Expected::Integer)?;
    let requested =
        requested.ok_or_else(|| ApiError::parameter("quantity", FieldProblem::Missing))?;
    let quantity =
        Quantity::new(requested).map_err(|error| ApiError::quantity("/quantity", error))?;
    let available = api.use_cases.is_available(id, quantity).await?;
    Ok(Reply::ok(available).into_response())
}

/// `GET /api/inventory`: every product's status, by id, with one question to the counters per page.
pub(super) async fn list(request: HttpRequest, api: Data<Api>) -> Result<HttpResponse, ApiError> {
    let query = Query::of(&request, &["limit", "cursor"])?;
    let wanted = Wanted::of(&query, "inventory")?;
    let rows = api.reads.products(wanted.page()).await.map_err(unavailable)?;
    let levels: Vec<_> = rows.iter().map(|row| (row.product.id(), row.level)).collect();
    let statuses = api.use_cases.stock_statuses(&levels).await;
    let list = wanted.list(statuses, |status| status.product.get(), StockView::from);
    Ok(Reply::ok(list).into_response())
}

/// The product's number in the path.
pub(super) fn product_id(request: &HttpRequest) -> Result<ProductId, ApiError> {
    path_number(request, "productId").map(ProductId::new)
}
