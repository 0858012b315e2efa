//! The order system as one program: settings, command line, and what they start.

pub mod config;
