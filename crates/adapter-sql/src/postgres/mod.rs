//! The ports on PostgreSQL: writers with a queue and a connection each, a pool of connections that read.

mod clock;
mod connection;
mod dead_letters;
mod due;
mod invariants;
mod lease;
mod load;
mod migrations;
mod numbers;
mod outbox;
mod readers;
mod reads;
mod store;
mod writer;

pub use store::{PostgresConfig, PostgresStore};
