//! What the shop sells.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use ordersystem_application::{Call, ListedProduct, NewProduct, ProductStepError};
use ordersystem_inventory::{Product, ProductChange, ProductDraft, Stocking};
use ordersystem_shared_kernel::{Aggregate, Currency, Money, ProductId};
use serde::{Deserialize, Serialize};

use super::error::ApiError;
use super::field::{Expected, FieldProblem};
use super::inventory::product_id;
use super::orders::unavailable;
use super::page::Wanted;
use super::query::{self, Query};
use super::reason::check_reason;
use super::reply::Reply;
use super::{Api, body, etag, idempotency};

/// A product without its stock, which has a life and a version of its own.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProductView {
    product_id: ProductId,
    name: String,
    price: i64,
    currency: Currency,
    unlimited: bool,
    version: i64,
}

impl From<&Product> for ProductView {
    fn from(product: &Product) -> Self {
        Self {
            product_id: product.id(),
            name: product.name().to_owned(),
            price: product.price().amount(),
            currency: product.price().currency(),
            unlimited: product.stocking() == Stocking::Unlimited,
            version: product.version().get(),
        }
    }
}

/// `GET /api/products`, by id.
pub(super) async fn list(request: HttpRequest, api: Data<Api>) -> Result<HttpResponse, ApiError> {
    let query = Query::of(&request, &["limit", "cursor"])?;
    let wanted = Wanted::of(&query, "products")?;
    let rows = api.reads.products(wanted.page()).await.map_err(unavailable)?;
    let key = |row: &ListedProduct| row.product.id().get();
    let list = wanted.list(rows, key, |row| ProductView::from(&row.product));
    Ok(Reply::ok(list).into_response())
}

/// `GET /api/products/{productId}`.
pub(super) async fn show(request: HttpRequest, api: Data<Api>) -> Result<HttpResponse, ApiError> {
    query::none(&request)?;
    let product = load(&api, product_id(&request)?).await?;
    Ok(etag::answer(&request, product.version(), || ProductView::from(&product)))
}

async fn load(api: &Api, id: ProductId) -> Result<Product, ApiError> {
    let found = api.store.product(id).await.map_err(ProductStepError::from)?;
    let (product, _) = found.ok_or(ProductStepError::NotFound(id))?;
    Ok(product)
}

/// A new product: with a counted `stock`, or `"unlimited":true`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewProductBody {
    name: String,
    price: i64,
    #[serde(default, deserialize_with = "body::present")]
    currency: Option<String>,
    #[serde(default, deserialize_with = "body::present")]
    stock: Option<i64>,
    #[serde(default)]
    unlimited: bool,
}

impl NewProductBody {
    fn product(&self) -> Result<NewProduct, ApiError> {
        let (stocking, stock) = match (self.stock, self.unlimited) {
            (Some(stock), false) => (Stocking::Managed, at_least_zero(stock, "/stock")?),
            (None, true) => (Stocking::Unlimited, 0),
            (None, false) => return Err(ApiError::body("/stock", FieldProblem::Missing)),
            (Some(_), true) => {
                return Err(ApiError::body("/stock", FieldProblem::Excludes("unlimited")));
            }
        };
        let price = price(self.price, self.currency()?)?;
        Ok(NewProduct { draft: ProductDraft { name: self.name.clone(), price, stocking }, stock })
    }

    fn currency(&self) -> Result<Currency, ApiError> {
        let code = self.currency.as_deref().map_or(Ok(Currency::KRW), str::parse);
        code.map_err(|_unknown| ApiError::body("/currency", FieldProblem::NotA(Expected::Currency)))
    }
}

fn price(amount: i64, currency: Currency) -> Result<Money, ApiError> {
    Money::new(amount, currency).map_err(|_negative| below_zero("/price"))
}

fn at_least_zero(number: i64, pointer: &str) -> Result<i64, ApiError> {
    if number < 0 { Err(below_zero(pointer)) } else { Ok(number) }
}

fn below_zero(pointer: &str) -> ApiError {
    ApiError::body(pointer, FieldProblem::Below { min: 0 })
}

/// `POST /api/products`.
pub(super) async fn create(
    request: HttpRequest,
    payload: Payload,
    api: Data<Api>,
) -> Result<HttpResponse, ApiError> {
    query::none(&request)?;
    let wanted: NewProductBody = body::json(&request, payload, api.max_body).await?;
    let new = wanted.product()?;
    let reply = |product: &Product| {
        let location = format!("/api/products/{}", product.id());
        Reply::created(location, ProductView::from(product)).at(product.version())
    };
    let run = async |call: Call<'_, Product>| api.use_cases.create_product(new, call).await;
    idempotency::command(&api, &request, &wanted, reply, run).await
}

/// Another name, another price, or both.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ProductChangeBody {
    #[serde(default, deserialize_with = "body::present")]
    name: Option<String>,
    #[serde(default, deserialize_with = "body::present")]
    price: Option<i64>,
}

/// `PATCH /api/products/{productId}`. A new price stays in the product's currency.
pub(super) async fn change(
    request: HttpRequest,
    payload: Payload,
    api: Data<Api>,
) -> Result<HttpResponse, ApiError> {
    query::none(&request)?;
    let id = product_id(&request)?;
    let wanted: ProductChangeBody = body::json(&request, payload, api.max_body).await?;
    if wanted.name.is_none() && wanted.price.is_none() {
        return Err(ApiError::body("", FieldProblem::NothingOf(&["name", "price"])));
    }
    let reply = |product: &Product| Reply::ok(ProductView::from(product)).at(product.version());
    let run = async |call: Call<'_, Product>| {
        let currency = load(&api, id).await?.price().currency();
        let price = wanted.price.map(|amount| price(amount, currency)).transpose()?;
        let change = ProductChange { name: wanted.name.clone(), price };
        let present = async || Ok(load(&api, id).await.ok().map(|product| product.version()));
        let expected = etag::expected(&request, present).await?;
        let call = Call { expected, ..call };
        Ok::<_, ApiError>(api.use_cases.change_product(id, change, call).await?)
    };
    idempotency::command(&api, &request, &wanted, reply, run).await
}

/// A signed number of units and why.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AdjustmentBody {
    delta: i64,
    reason: String,
}

/// `POST /api/products/{productId}/stock`.
pub(super) async fn adjust(
    request: HttpRequest,
    payload: Payload,
    api: Data<Api>,
) -> Result<HttpResponse, ApiError> {
    query::none(&request)?;
    let id = product_id(&request)?;
    let wanted: AdjustmentBody = body::json(&request, payload, api.max_body).await?;
    check_reason(&wanted.reason)?;
    let (delta, reason) = (wanted.delta, wanted.reason.clone());
    let run = async |call: Call<'_, ()>| api.use_cases.adjust_stock(id, delta, reason, call).await;
    idempotency::command(&api, &request, &wanted, |()| Reply::ok(()), run).await
}
