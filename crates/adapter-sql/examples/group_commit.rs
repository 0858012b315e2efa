//! What sharing a transaction is worth: orders per second of 64 concurrent callers with up to 256 units in a transaction,
//! and with one, over 1,000 products and on a single one. Each order is a whole one: order, line, hold, ledger, history and
//! two messages.
//!
//! `cargo run --release -p ordersystem-adapter-sql --example group_commit [FOLDER | postgres://… of an empty database]`
#![expect(clippy::print_stdout, reason = "an example talks to who runs it")]

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use ordersystem_adapter_memory::{ManualClock, SequentialIds};
use ordersystem_adapter_sql::{PostgresConfig, PostgresStore, SqliteConfig, SqliteStore};
use ordersystem_application::{Store, UnitOfWork};
use ordersystem_inventory::{MoveKind, Product, ProductDraft, StockMove, Stocking};
use ordersystem_order::{Order, OrderLine, OrderLines};
use ordersystem_shared_kernel::{
    Change, Clock, Currency, EventId, Ids, Money, OrderId, ProductId, Quantity, Stamp, Version,
};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const CALLERS: usize = 64;
const PRODUCTS: i64 = 1_000;
const SPAN: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() -> Outcome<()> {
    let temporary = tempfile::tempdir()?;
    let folder = temporary.path().display().to_string();
    let place = std::env::args().nth(1).unwrap_or(folder);
    let shop = Arc::new(Shop::default());
    let mut stores = Vec::new();
    for max_batch in [256, 1] {
        stores.push((max_batch, open(&place, max_batch, &shop.clock).await?));
    }
    let (_, any) = stores.first().ok_or("there are two")?;
    for product in 1..=PRODUCTS {
        any.commit(shop.product(product)?).await?;
    }
    for (what, products) in [("1,000 products", PRODUCTS), ("one product", 1)] {
        let mut rates = Vec::new();
        for (max_batch, store) in &stores {
            let rate = measure(store, &shop, products).await?;
            println!("{what}, up to {max_batch:3} units per transaction: {rate:.0} orders/s");
            rates.push(rate);
        }
        if let [grouped, alone] = rates[..] {
            println!("{what}: {:.1} times as many", grouped / alone);
        }
    }
    Ok(())
}

/// Both stores use the same database, one after the other.
async fn open(place: &str, max_batch: usize, clock: &ManualClock) -> Outcome<Arc<dyn Store>> {
    let clock = Arc::new(clock.clone());
    // Nothing is refused: this measures how fast, not how soon.
    let old = Duration::from_mins(1);
    if place.starts_with("postgres") {
        let config = PostgresConfig { max_batch, old, ..PostgresConfig::new(place) };
        return Ok(Arc::new(PostgresStore::open(&config, clock).await?));
    }
    let config =
        SqliteConfig { max_batch, old, ..SqliteConfig::new(Path::new(place).join("orders.db")) };
    Ok(Arc::new(SqliteStore::open(&config, clock)?))
}

/// Orders per second.
async fn measure(store: &Arc<dyn Store>, shop: &Arc<Shop>, products: i64) -> Outcome<f64> {
    let start = Instant::now();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| tokio::spawn(call(Arc::clone(store), Arc::clone(shop), products, start)))
        .collect();
    let mut orders = 0_u32;
    for caller in callers {
        orders += caller.await??;
    }
    Ok(f64::from(orders) / start.elapsed().as_secs_f64())
}

/// One customer after another.
async fn call(
    store: Arc<dyn Store>,
    shop: Arc<Shop>,
    products: i64,
    start: Instant,
) -> Outcome<u32> {
    let mut orders = 0;
    while start.elapsed() < SPAN {
        store.commit(shop.order(products)?).await?;
        orders += 1;
    }
    Ok(orders)
}

#[derive(Default)]
struct Shop {
    clock: ManualClock,
    ids: SequentialIds,
    orders: AtomicI64,
}

impl Shop {
    fn stamp(&self) -> Stamp {
        Stamp { at: self.clock.now(), event: EventId::new(self.ids.uuid()) }
    }

    fn product(&self, id: i64) -> Outcome<UnitOfWork> {
        let product = ProductId::new(id);
        let price = Money::new(10_000, Currency::KRW)?;
        let draft =
            ProductDraft { name: format!("상품 {id}"), price, stocking: Stocking::Managed };
        let created = Product::create(product, draft, self.stamp())?;
        let kind = MoveKind::Adjust { delta: 1_000_000_000, reason: "first stock".to_owned() };
        let stock = vec![StockMove { product, kind, stamp: self.stamp() }];
        Ok(UnitOfWork { products: vec![Change::created(created)], stock, ..UnitOfWork::default() })
    }

    fn order(&self, products: i64) -> Outcome<UnitOfWork> {
        let id = OrderId::new(self.orders.fetch_add(1, Ordering::Relaxed) + 1);
        let product = ProductId::new(id.get() % products + 1);
        let (name, quantity) = (format!("상품 {product}"), Quantity::new(1)?);
        let unit_price = Money::new(10_000, Currency::KRW)?;
        let lines = OrderLines::new(vec![OrderLine { product, name, unit_price, quantity }])?;
        let placed = Order::place(id, lines, self.stamp());
        let until = self.clock.now().after(Duration::from_secs(900));
        let kind = MoveKind::Reserve { order: id, quantity, until };
        Ok(UnitOfWork {
            orders: vec![Change::created(placed)],
            quotes: vec![(product, Version::FIRST)],
            stock: vec![StockMove { product, kind, stamp: self.stamp() }],
            ..UnitOfWork::default()
        })
    }
}
