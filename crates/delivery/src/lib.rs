#![doc = include_str!("../README.md")]

mod delivery;
mod error;
mod event;
mod port;
mod service;
mod stage;
mod tracking;

pub use delivery::Delivery;
pub use error::{DeliveryError, DeliveryTransition};
pub use event::DeliveryEvent;
pub use port::DeliveryRepository;
pub use service::DeliveryService;
pub use stage::{DeliveryStatus, Shipment, Stage};
pub use tracking::{TrackingNumber, estimated_arrival};
