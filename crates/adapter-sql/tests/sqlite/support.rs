//! A store in a folder of its own, and units of work to feed it with.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use ordersystem_adapter_memory::ManualClock;
use ordersystem_adapter_sql::{SqliteConfig, SqliteStore};
use ordersystem_application::{CommitError, Store, UnitOfWork};
use ordersystem_inventory::{MoveKind, Product, ProductDraft, StockMove, Stocking};
use ordersystem_order::{Order, OrderLine, OrderLines};
use ordersystem_shared_kernel::{
    Change, Currency, EventId, Money, OrderId, ProductId, Quantity, Stamp, Timestamp,
};
use uuid::Uuid;

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// A database that goes with the test.
pub(crate) struct Place {
    folder: tempfile::TempDir,
    pub(crate) clock: ManualClock,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), clock: ManualClock::default() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("data/ordersystem.db")
    }

    /// A machine that does other things as well must not look like a shop with too many customers.
    pub(crate) fn config(&self) -> SqliteConfig {
        SqliteConfig { old: Duration::from_secs(20), ..SqliteConfig::new(self.path()) }
    }

    pub(crate) fn open(&self) -> SqliteStore {
        self.open_with(self.config())
    }

    pub(crate) fn open_with(&self, config: SqliteConfig) -> SqliteStore {
        SqliteStore::open(&config, Arc::new(self.clock.clone())).unwrap()
    }

    /// A connection beside the store's own.
    pub(crate) fn connect(&self) -> SqliteConnection {
        let mut connection = SqliteConnection::establish(self.path().to_str().unwrap()).unwrap();
        connection.batch_execute("PRAGMA busy_timeout = 5000").unwrap();
        connection
    }

    /// What a query calls `number`.
    pub(crate) fn number(&self, query: &str) -> i64 {
        let row: Number = diesel::sql_query(query).get_result(&mut self.connect()).unwrap();
        row.number
    }

    /// Keeps the writer waiting until the connection is told to roll back.
    pub(crate) fn lock(&self) -> SqliteConnection {
        let mut connection = self.connect();
        connection.batch_execute("BEGIN IMMEDIATE").unwrap();
        connection
    }
}

pub(crate) fn unlock(mut lock: SqliteConnection) {
    lock.batch_execute("ROLLBACK").unwrap();
}

static LAST_UUID: AtomicI64 = AtomicI64::new(1);

pub(crate) fn uuid() -> Uuid {
    let number = LAST_UUID.fetch_add(1, Ordering::Relaxed);
    Uuid::from_u128(u128::try_from(number).unwrap())
}

pub(crate) fn stamp(at: Timestamp) -> Stamp {
    Stamp { at, event: EventId::new(uuid()) }
}

pub(crate) fn won(amount: i64) -> Money {
    Money::new(amount, Currency::KRW).unwrap()
}

pub(crate) fn units(number: i64) -> Quantity {
    Quantity::new(number).unwrap()
}

/// A managed product with its first stock.
pub(crate) fn product(id: i64, stock: i64, at: Timestamp) -> UnitOfWork {
    let draft = ProductDraft {
        name: format!("상품 {id}"),
        price: won(10_000),
        stocking: Stocking::Managed,
    };
    let created = Product::create(ProductId::new(id), draft, stamp(at)).unwrap();
    let kind = MoveKind::Adjust { delta: stock, reason: "first stock".to_owned() };
    UnitOfWork {
        products: vec![Change::created(created)],
        stock: vec![StockMove { product: ProductId::new(id), kind, stamp: stamp(at) }],
        ..UnitOfWork::default()
    }
}

/// An order of one unit of one product, with its hold.
pub(crate) fn order(id: i64, product: i64, at: Timestamp) -> UnitOfWork {
    order_of(id, &[(product, 1)], at)
}

pub(crate) fn order_of(id: i64, lines: &[(i64, i64)], at: Timestamp) -> UnitOfWork {
    let (id, until) = (OrderId::new(id), at.after(Duration::from_secs(900)));
    let frozen = lines.iter().map(|(product, quantity)| OrderLine {
        product: ProductId::new(*product),
        name: format!("상품 {product}"),
        unit_price: won(10_000),
        quantity: units(*quantity),
    });
    let placed = Order::place(id, OrderLines::new(frozen.collect()).unwrap(), stamp(at));
    let hold = |(product, quantity): &(i64, i64)| StockMove {
        product: ProductId::new(*product),
        kind: MoveKind::Reserve { order: id, quantity: units(*quantity), until },
        stamp: stamp(at),
    };
    UnitOfWork {
        trace: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
        orders: vec![Change::created(placed)],
        stock: lines.iter().map(hold).collect(),
        ..UnitOfWork::default()
    }
}

/// Commits in a task of its own.
pub(crate) fn submit(
    store: &SqliteStore,
    unit: UnitOfWork,
) -> tokio::task::JoinHandle<Result<(), CommitError>> {
    let store = store.clone();
    tokio::spawn(async move { store.commit(unit).await.map(drop) })
}
