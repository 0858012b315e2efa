#![doc = include_str!("../README.md")]

mod blocking;
mod broker;
mod config;
mod context;
mod health;
mod letters;
mod publisher;
mod reader;
mod record;
mod topics;

pub use broker::KafkaBroker;
pub use config::{KafkaConfig, KafkaConfigError, Patience, TopicNames};
