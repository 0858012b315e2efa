//! The inventory domain from outside: what a team that embeds it may rely on.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod book;
mod event;
mod fixture;
mod level;
mod model;
mod product;
mod reservation;
mod service;

#[path = "../../examples/inventory_alone.rs"]
mod example;

#[test]
fn the_example_holds() {
    example::main().unwrap();
}
