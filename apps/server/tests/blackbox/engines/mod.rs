//! What happens when an engine has a bad day. `fault_NN` are the rows of the fault matrix in the design of reliability.

mod brokers;
mod commits;
mod database;
mod failover;
mod groups;
mod kafka;
mod locks;
mod outcomes;
mod partitions;
mod reconcile;
mod redis;
mod replicas;
mod restore;
mod settings;
mod start_up;
