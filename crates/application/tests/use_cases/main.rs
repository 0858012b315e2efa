//! The use cases on the memory adapter: given a shop, when something happens, then what.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot set up its world has failed"
)]

mod fixture;

mod alone;
mod failures;
mod forced;
mod gateway;
mod idempotency;
mod model;
mod money;
mod orders_of_events;
mod placing;
mod prices;
mod products;
mod races;
mod sold_out;
mod transitions;
