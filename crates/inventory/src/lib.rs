#![doc = include_str!("../README.md")]

mod book;
mod error;
mod event;
mod level;
mod movement;
mod port;
mod product;
mod reservation;
mod service;

pub use book::{Booked, StockBook};
pub use error::{InventoryError, StockError};
pub use event::{InventoryEvent, StockEventType};
pub use level::StockLevel;
pub use movement::{LedgerEntry, LedgerKind, MoveKind, StockMove};
pub use port::{Admission, Counters, Fence, StockAdmission, StockRepository};
pub use product::{Product, ProductChange, ProductDraft, ProductError, ProductEvent, Stocking};
pub use reservation::{HoldExtension, Reservation, ReservationState};
pub use service::StockService;
