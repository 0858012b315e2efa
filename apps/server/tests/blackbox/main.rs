//! The built binary as its users meet it: started as a process, called over HTTP, stopped, killed, started again.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test that fails here fails with a place, its environment is what it has to clean, and it tells of figures"
)]

mod crashes;
mod dead_letters;
mod durability;
mod engines;
mod fakepg;
mod life;
mod money;
mod must_not_repeat;
mod races;
mod readme;
mod resets;
mod start;
mod support;
mod transcript;
