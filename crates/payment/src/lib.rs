#![doc = include_str!("../README.md")]

mod attempt;
mod error;
mod event;
mod gateway;
mod payment;
mod port;
mod refund;
mod service;

pub use attempt::{Attempt, AttemptOutcome, GatewayOutcome};
pub use error::PaymentError;
pub use event::{PaymentEvent, PaymentEventKind};
pub use gateway::{Charge, ChargeState, GatewayError, PaymentGateway, RefundOrder};
pub use payment::Payment;
pub use port::PaymentRepository;
pub use refund::{Refund, RefundReason, RefundState};
pub use service::PaymentService;
