#![doc = include_str!("../README.md")]

mod admission;
mod broker;
mod clock;
mod faults;
mod ids;
mod store;

pub use admission::CounterAdmission;
pub use broker::MemoryBroker;
pub use clock::ManualClock;
pub use faults::{CommitFault, Faults};
pub use ids::SequentialIds;
pub use store::MemoryStore;
