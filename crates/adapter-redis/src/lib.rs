#![doc = include_str!("../README.md")]

mod admission;
mod basket;
mod breaker;
mod config;
mod fuse;
mod heartbeat;
mod info;
mod keys;
mod lease;
mod link;
mod losses;
mod open;
mod projection;
mod script;

pub use self::admission::RedisAdmission;
pub use self::config::{OpenError, RedisConfig, RedisDown};
pub use self::lease::RedisLease;
pub use self::open::Redis;
