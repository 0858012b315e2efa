//! A store in a database of its own.

use std::sync::Arc;

use ordersystem_adapter_memory::ManualClock;
use ordersystem_adapter_sql::{PostgresConfig, PostgresStore};
use ordersystem_test_engines::postgres::Database;

/// A database that goes with the test.
pub(crate) struct Place {
    pub(crate) database: Database,
    pub(crate) clock: ManualClock,
}

impl Place {
    pub(crate) async fn new() -> Self {
        Self { database: Database::fresh().await, clock: ManualClock::default() }
    }

    pub(crate) fn config(&self) -> PostgresConfig {
        PostgresConfig::new(self.database.url())
    }

    pub(crate) async fn open(&self) -> PostgresStore {
        self.open_with(self.config()).await
    }

    pub(crate) async fn open_with(&self, config: PostgresConfig) -> PostgresStore {
        PostgresStore::open(&config, Arc::new(self.clock.clone())).await.unwrap()
    }
}
