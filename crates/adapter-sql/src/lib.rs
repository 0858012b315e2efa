#![doc = include_str!("../README.md")]

mod batch;
mod error;
mod migrations;
mod postgres;
mod rows;
mod schema;
mod sqlite;

pub use error::OpenError;
pub use migrations::MigrationState;
pub use postgres::{PostgresConfig, PostgresStore};
pub use sqlite::{Finding, SqliteConfig, SqliteStore};
