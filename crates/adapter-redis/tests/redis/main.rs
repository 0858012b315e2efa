//! The fast counters and the leases on real Redis servers.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests fail the test"
)]

mod contract;
mod faults;
mod keys;
mod lease;
mod open;
mod support;
