//! The ports on SQLite: one writer thread with a queue, a few read connections beside it.

mod chores;
mod connection;
mod dead_letters;
mod due;
mod invariants;
mod load;
mod migrations;
mod numbers;
mod outbox;
mod readers;
mod reads;
mod record;
mod statement;
mod store;
mod writer;

pub use store::{SqliteConfig, SqliteStore};
