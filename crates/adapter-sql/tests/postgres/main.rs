//! The ports on PostgreSQL, each test in a database of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod claims;
mod clock;
mod contracts;
mod faults;
mod group_commit;
mod numbers;
mod opening;
#[path = "../common/past.rs"]
mod past;
mod plans;
mod relays;
mod rivals;
mod support;
mod verify;
