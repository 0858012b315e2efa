//! The built binary as its users meet it: started as a process, called over HTTP, stopped, killed, started again.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that fails here fails with a place, and its environment is what it has to clean"
)]

mod durability;
mod life;
mod must_not_repeat;
mod races;
mod readme;
mod start;
mod support;
