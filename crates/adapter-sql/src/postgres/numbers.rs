use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Integer};
use futures_util::FutureExt as _;
use tokio::sync::Mutex;

use ordersystem_application::{Numbers, StoreUnavailable};
use ordersystem_shared_kernel::{DeliveryId, OrderId, ProductId};

use super::PostgresStore;
use super::readers::Readers;

/// The numbers that this process hands out.
pub(super) struct Numbering {
    orders: Sequence,
    deliveries: Sequence,
    products: Sequence,
}

impl Numbering {
    pub(super) fn new() -> Self {
        let new = |fetch| Sequence { fetch, callers: AtomicUsize::new(0), stock: Mutex::default() };
        Self {
            orders: new("SELECT nextval('order_numbers') FROM generate_series(1, "),
            deliveries: new("SELECT nextval('delivery_numbers') FROM generate_series(1, "),
            products: new("SELECT nextval('product_numbers') FROM generate_series(1, "),
        }
    }
}

/// Whoever comes while numbers are fetched waits, and the first of those fetches for all of them.
struct Sequence {
    /// Up to how many.
    fetch: &'static str,
    /// How many want a number now.
    callers: AtomicUsize,
    stock: Mutex<Stock>,
}

/// Fetched and not handed out.
#[derive(Default)]
struct Stock {
    numbers: VecDeque<i64>,
    fetched: Option<Instant>,
    failed: Option<Instant>,
}

/// Numbers should tell about when an order was placed, also beside those of other processes: old ones stay unused.
const FRESH: Duration = Duration::from_secs(1);

/// The most numbers that are fetched before anybody wants them.
const AHEAD: usize = 256;

impl Stock {
    fn take(&mut self) -> Option<i64> {
        if self.fetched.is_none_or(|fetched| fetched.elapsed() > FRESH) {
            self.numbers.clear();
        }
        self.numbers.pop_front()
    }
}

impl Sequence {
    async fn next(&self, readers: &Readers) -> Result<i64, StoreUnavailable> {
        let came = Instant::now();
        let _caller = Caller::new(&self.callers);
        let mut stock = self.stock.lock().await;
        if let Some(number) = stock.take() {
            return Ok(number);
        }
        // Or everybody who waits would find out in turn.
        if stock.failed.is_some_and(|failed| failed >= came) {
            return Err(StoreUnavailable);
        }
        match self.fetch(readers).await {
            Ok(numbers) => {
                stock.numbers = numbers.into();
                stock.fetched = Some(Instant::now());
                stock.take().ok_or(StoreUnavailable)
            }
            Err(error) => {
                stock.failed = Some(Instant::now());
                Err(error)
            }
        }
    }

    /// One number for a lone caller; a crowd is likely to be followed by another one.
    async fn fetch(&self, readers: &Readers) -> Result<Vec<i64>, StoreUnavailable> {
        let callers = self.callers.load(Ordering::Relaxed).max(1);
        let ahead = if callers > 1 { (2 * callers).min(AHEAD) } else { 0 };
        let statement = NextNumbers {
            sql: self.fetch,
            count: i32::try_from(callers.saturating_add(ahead)).unwrap_or(i32::MAX),
        };
        let numbers = readers.read("new numbers", |connection| {
            diesel_async::RunQueryDsl::load(statement, connection).boxed()
        });
        numbers.await
    }
}

/// Counts for as long as it lives: a caller may stop waiting.
struct Caller<'a>(&'a AtomicUsize);

impl<'a> Caller<'a> {
    fn new(callers: &'a AtomicUsize) -> Self {
        callers.fetch_add(1, Ordering::Relaxed);
        Self(callers)
    }
}

impl Drop for Caller<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A statement that the connection keeps prepared, unlike one of [`diesel::sql_query`].
struct NextNumbers {
    sql: &'static str,
    count: i32,
}

impl QueryFragment<Pg> for NextNumbers {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(self.sql);
        out.push_bind_param::<Integer, _>(&self.count)?;
        out.push_sql(")");
        Ok(())
    }
}

impl QueryId for NextNumbers {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for NextNumbers {
    type SqlType = BigInt;
}

#[async_trait]
impl Numbers for PostgresStore {
    async fn next_order(&self) -> Result<OrderId, StoreUnavailable> {
        let shared = &self.shared;
        shared.numbers.orders.next(&shared.readers).await.map(OrderId::new)
    }

    async fn next_delivery(&self) -> Result<DeliveryId, StoreUnavailable> {
        let shared = &self.shared;
        shared.numbers.deliveries.next(&shared.readers).await.map(DeliveryId::new)
    }

    async fn next_product(&self) -> Result<ProductId, StoreUnavailable> {
        let shared = &self.shared;
        shared.numbers.products.next(&shared.readers).await.map(ProductId::new)
    }
}
