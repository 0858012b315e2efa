//! The ports on PostgreSQL, each test in a database of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod contracts;
mod faults;
mod group_commit;
mod opening;
mod plans;
mod rivals;
mod support;
