#![doc = include_str!("../README.md")]

mod books;
mod finding;
mod list;
mod rules;

pub use books::{Books, OutboxEntry};
pub use finding::Finding;
pub use list::{ALL, Holds, Invariant, LATE, Subject};
