//! The ports on SQLite, each test in a database of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod contracts;
mod group_commit;
mod outbox;
#[path = "../common/past.rs"]
mod past;
mod plans;
mod restart;
mod schema;
mod support;
mod verify;
