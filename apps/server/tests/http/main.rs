//! The HTTP surface over the ports in RAM, byte for byte.

mod golden;
mod support;
