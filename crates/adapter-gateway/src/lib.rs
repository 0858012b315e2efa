#![doc = include_str!("../README.md")]

mod http;
mod simulator;
pub mod webhook;
pub mod wire;

pub use http::{HttpGateway, HttpGatewayConfig, InvalidGateway};
pub use simulator::{
    Announcement, Entry, GivenBack, Plan, Reply, Service, SimulatedGateway, TestCode, Trouble,
    UnknownTestCode, Verdict,
};
