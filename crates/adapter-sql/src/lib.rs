#![doc = include_str!("../README.md")]

mod batch;
mod database;
mod error;
mod invariants;
mod migrations;
mod postgres;
mod queue;
mod rows;
mod schema;
mod sqlite;

pub use database::Database;
pub use error::OpenError;
pub use migrations::MigrationState;
pub use postgres::{PostgresConfig, PostgresStore};
pub use sqlite::{SqliteConfig, SqliteStore};
