#![doc = include_str!("../README.md")]

mod rows;
mod schema;
mod sqlite;

pub use sqlite::{
    Finding, MigrationState, OpenError, SqliteConfig, SqliteStore, migrate, migration_status,
};
