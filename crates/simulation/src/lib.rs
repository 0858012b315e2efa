#![doc = include_str!("../README.md")]

mod book;
mod checks;
mod client;
mod clock;
mod counter_server;
mod edge;
mod gateway_server;
mod injection;
mod leases;
mod link;
mod locks;
mod nemesis;
mod panics;
mod plan;
mod ports;
mod replica;
mod rng;
mod run;
mod spread;
mod steps;
mod trace;
mod withheld;
mod world;

pub use injection::Mode;
pub use plan::Profile;
pub use run::{Order, Report, run};
pub use spread::spread;
pub use steps::{Act, Outcome, step, steps};
