//! What runs beside the requests, mostly over the ports in RAM: every message twice, every failure in between, a clock that
//! the test moves.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot set up its world has failed"
)]

mod consumers;
mod counters;
mod deliveries;
mod events;
mod flaky;
mod holds;
mod lease;
mod lost;
mod money;
mod relay;
mod restart;
mod shop;
mod sqlite;
mod statistics;
mod verification;
