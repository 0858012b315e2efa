//! Three shops that are told the same.

use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::Text;
use ordersystem_adapter_memory::{ManualClock, MemoryStore};
use ordersystem_adapter_sql::{
    Database as _, PostgresConfig, PostgresStore, SqliteConfig, SqliteStore,
};
use ordersystem_inventory::LedgerEntry;
use ordersystem_port_contracts::World;
use ordersystem_port_contracts::script::{Command, Shop};
use ordersystem_shared_kernel::ProductId;
use ordersystem_test_engines::postgres::Database;
use tempfile::TempDir;

use crate::view::{View, view};

/// A row of the ledger as one line, the same on both databases.
const LEDGER: &str = "SELECT product_id || ' ' || version || ' ' || kind || ' ' || COALESCE(order_id, 0) || ' ' ||
    COALESCE(reason, '-') || ' ' || delta_total || ' ' || delta_reserved || ' ' || total_after || ' ' || reserved_after
    AS line FROM stock_ledger WHERE product_id >= ";

struct Place<S> {
    store: S,
    world: World,
    shop: Shop,
}

impl<S> Place<S> {
    fn new(store: S, world: World) -> Self {
        let shop = Shop::on(&world);
        Self { store, world, shop }
    }
}

pub(crate) struct Shops {
    memory: Place<MemoryStore>,
    sqlite: Place<SqliteStore>,
    postgres: Place<PostgresStore>,
    folder: TempDir,
    database: Database,
    /// How many have begun.
    pub(crate) lives: usize,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

impl Shops {
    pub(crate) async fn open() -> Self {
        let clock = ManualClock::default();
        let store = MemoryStore::new(Arc::new(clock.clone()));
        let memory = Place::new(store.clone(), World::new(store, clock));
        let (folder, clock) = (tempfile::tempdir().unwrap(), ManualClock::default());
        let patience = Duration::from_secs(20);
        let config =
            SqliteConfig { old: patience, ..SqliteConfig::new(folder.path().join("shop.db")) };
        let store = SqliteStore::open(&config, Arc::new(clock.clone())).unwrap();
        let sqlite = Place::new(store.clone(), World::new(store, clock));
        let (database, clock) = (Database::fresh().await, ManualClock::default());
        let config =
            PostgresConfig { patience, old: patience, ..PostgresConfig::new(database.url()) };
        let store = PostgresStore::open(&config, Arc::new(clock.clone())).await.unwrap();
        let postgres = Place::new(store.clone(), World::new(store, clock));
        Self { memory, sqlite, postgres, folder, database, lives: 0 }
    }

    fn all(&mut self) -> [&mut Shop; 3] {
        [&mut self.memory.shop, &mut self.sqlite.shop, &mut self.postgres.shop]
    }

    pub(crate) async fn begin(&mut self) {
        for shop in self.all() {
            shop.open().await;
        }
        self.lives += 1;
    }

    /// All of them, at the same time.
    pub(crate) async fn obey(&mut self, command: &Command) {
        let [memory, sqlite, postgres] = self.all();
        let (sqlite, postgres) = tokio::join!(sqlite.obey(command), postgres.obey(command));
        let memory = memory.obey(command).await;
        assert_eq!(sqlite, memory, "SQLite: {command:?}");
        assert_eq!(postgres, memory, "PostgreSQL: {command:?}");
    }

    /// Everything that can be seen of this life, and the invariants of all.
    pub(crate) async fn compare(&self) {
        let memory = seen(&self.memory).await;
        let (sqlite, postgres) = tokio::join!(seen(&self.sqlite), seen(&self.postgres));
        assert_eq!(sqlite, memory, "SQLite");
        assert_eq!(postgres, memory, "PostgreSQL");
        let first = self.memory.shop.products().first().copied().unwrap();
        let ledger = self.ledger(first);
        assert_eq!(self.sqlite_ledger(first), ledger, "SQLite");
        assert_eq!(self.postgres_ledger(first).await, ledger, "PostgreSQL");
        self.audit().await;
    }

    async fn audit(&self) {
        assert_eq!(self.memory.store.audit(), Vec::<String>::new());
        let (sqlite, postgres) =
            (self.sqlite.store.verify().await, self.postgres.store.verify().await);
        for finding in sqlite.unwrap().into_iter().chain(postgres.unwrap()) {
            assert!(!finding.is_a_bug(), "{finding}");
        }
    }

    fn ledger(&self, first: ProductId) -> Vec<String> {
        let products = self.memory.shop.products().iter();
        let rows = products.flat_map(|product| self.memory.store.ledger(*product));
        sorted(rows.filter(|row| row.product >= first).map(|row| line(&row)).collect())
    }

    fn sqlite_ledger(&self, first: ProductId) -> Vec<String> {
        let path = self.folder.path().join("shop.db");
        let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        let rows = diesel::sql_query(format!("{LEDGER}{first}")).load::<Line>(&mut connection);
        sorted(rows.unwrap().into_iter().map(|row| row.line).collect())
    }

    async fn postgres_ledger(&self, first: ProductId) -> Vec<String> {
        let client = self.database.client().await;
        let rows = client.query(&format!("{LEDGER}{first}"), &[]).await.unwrap();
        sorted(rows.iter().map(|row| row.get(0)).collect())
    }
}

async fn seen<S>(place: &Place<S>) -> View {
    view(&place.world, &place.shop).await
}

fn line(row: &LedgerEntry) -> String {
    let order = row.order.map_or(0, |order| order.get());
    let reason = row.reason.as_deref().unwrap_or("-");
    let (product, version, kind) = (row.product, row.version, row.kind.as_str());
    let (total, reserved) = (row.total_after, row.reserved_after);
    let deltas = format!("{} {}", row.delta_total, row.delta_reserved);
    format!("{product} {version} {kind} {order} {reason} {deltas} {total} {reserved}")
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort_unstable();
    lines
}
