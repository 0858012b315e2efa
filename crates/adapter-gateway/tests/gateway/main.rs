//! The client against a server that answers by a script, also badly.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot set up its world has failed"
)]

mod client;
mod script;
