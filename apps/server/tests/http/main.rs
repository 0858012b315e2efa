//! The HTTP surface over the ports in RAM, byte for byte.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails where it stands"
)]

mod actuator;
mod bad_input;
mod conventions;
mod defects;
mod documents;
mod errors;
mod events;
mod golden;
mod hoarding;
mod hostile;
mod idempotency;
mod lists;
#[cfg(feature = "load-reference")]
mod load_reference;
mod log;
mod overload;
mod pages;
mod payments;
mod security;
mod slow_clients;
mod smuggling;
mod sockets;
mod stores;
mod support;
mod versions;
mod webhooks;
mod wire;
