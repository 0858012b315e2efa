//! The ports on PostgreSQL: writers with a queue and a connection each, a pool of connections that read.

mod connection;
mod load;
mod migrations;
mod readers;
mod store;
mod writer;

pub use store::{PostgresConfig, PostgresStore};
