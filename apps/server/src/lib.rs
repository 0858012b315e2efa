//! The order system as one program: settings, command line, and what they start.

pub mod background;
pub mod banner;
pub mod cli;
pub mod clock;
pub mod config;
pub mod exit;
pub mod http;
pub mod metrics;
pub mod only_server;
pub mod output;
pub mod serve;
pub mod shutdown;
pub mod telemetry;
pub mod wiring;
