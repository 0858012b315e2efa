//! The ports of the application as a replica sees them: the shared engines behind a link that fails.

mod broker;
mod counters;
mod gateway;
mod lease;
mod store;

pub(crate) use broker::SimBroker;
pub(crate) use counters::SimCounters;
pub(crate) use gateway::SimGateway;
pub(crate) use lease::SimLease;
pub(crate) use store::SimStore;
