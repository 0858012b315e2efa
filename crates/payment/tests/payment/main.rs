//! The payment domain from outside: what a team that embeds it may rely on.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod callbacks;
mod fixture;
mod refunds;
mod service;

#[path = "../../examples/payment_alone.rs"]
mod example;

#[test]
fn the_example_holds() {
    example::main().unwrap();
}
