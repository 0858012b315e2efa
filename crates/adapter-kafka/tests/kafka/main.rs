//! The broker on a real Apache Kafka, and on the mock of librdkafka where errors have to be ordered.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod contract;
mod log;
mod mock;
mod outage;
mod publishing;
mod reading;
mod rebalance;
mod strangers;
mod unreachable;
mod world;
