//! What sharing a transaction is worth: orders per second of 64 concurrent callers with up to 256 units in a transaction,
//! and with one. Each order is a whole one: order, line, hold, ledger, history and two messages.
//!
//! `cargo run --release -p ordersystem-adapter-sql --example group_commit [FOLDER]`
#![expect(clippy::print_stdout, reason = "an example talks to who runs it")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ordersystem_adapter_memory::{ManualClock, SequentialIds};
use ordersystem_adapter_sql::{Database, SqliteConfig, SqliteStore};
use ordersystem_application::{Numbers, Store, UnitOfWork};
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
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.as_deref().unwrap_or(temporary.path());
    let grouped = measure(folder, 256).await?;
    let alone = measure(folder, 1).await?;
    println!("256 units per transaction: {grouped:.0} orders/s");
    println!("  1 unit  per transaction: {alone:.0} orders/s");
    println!("ratio: {:.1}", grouped / alone);
    Ok(())
}

/// Orders per second in a fresh database.
async fn measure(folder: &Path, max_batch: usize) -> Outcome<f64> {
    let path = folder.join(format!("group-commit-{max_batch}.db"));
    let config = SqliteConfig { max_batch, ..SqliteConfig::new(path) };
    let shop = Arc::new(Shop { clock: ManualClock::default(), ids: SequentialIds::default() });
    let store = SqliteStore::open(&config, Arc::new(shop.clock.clone()))?;
    for product in 1..=PRODUCTS {
        store.commit(shop.product(product)?).await?;
    }
    let start = Instant::now();
    let callers: Vec<_> =
        (0..CALLERS).map(|_| tokio::spawn(call(store.clone(), Arc::clone(&shop), start))).collect();
    let mut orders = 0_u32;
    for caller in callers {
        orders += caller.await??;
    }
    let elapsed = start.elapsed();
    store.close().await;
    Ok(f64::from(orders) / elapsed.as_secs_f64())
}

/// One customer after another.
async fn call(store: SqliteStore, shop: Arc<Shop>, start: Instant) -> Outcome<u32> {
    let mut orders = 0;
    while start.elapsed() < SPAN {
        let id = store.next_order().await?;
        store.commit(shop.order(id)?).await?;
        orders += 1;
    }
    Ok(orders)
}

struct Shop {
    clock: ManualClock,
    ids: SequentialIds,
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

    fn order(&self, id: OrderId) -> Outcome<UnitOfWork> {
        let product = ProductId::new(id.get() % PRODUCTS + 1);
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
