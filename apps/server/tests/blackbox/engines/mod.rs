//! What happens when an engine has a bad day. `fault_NN` are the rows of the fault matrix in the design of reliability.

mod database;
mod kafka;
mod reconcile;
mod redis;
mod replicas;
mod settings;
mod start_up;
