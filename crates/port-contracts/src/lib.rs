#![doc = include_str!("../README.md")]
#![expect(clippy::expect_used, reason = "a broken promise is a panic that names it")]

pub mod admission;
pub mod broker;
#[macro_use]
mod macros;
pub mod script;
pub mod store;
pub mod unit;
mod wait;
mod world;

pub use wait::{eventually, soon};
pub use world::World;
