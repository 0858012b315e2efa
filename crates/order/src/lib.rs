#![doc = include_str!("../README.md")]

mod basket;
mod error;
mod event;
mod line;
mod order;
mod port;
mod service;
mod status;

pub use basket::Basket;
pub use error::{BasketError, IllegalTransition, OrderError};
pub use event::{Cause, OrderEvent};
pub use line::{OrderLine, OrderLines};
pub use order::Order;
pub use port::{Catalogue, CatalogueError, Offer, OrderRepository};
pub use service::OrderService;
pub use status::{OrderStatus, TRANSITIONS, UnknownStatus};
