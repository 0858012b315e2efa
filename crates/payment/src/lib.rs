#![doc = include_str!("../README.md")]

mod attempt;
mod error;
mod event;
mod gateway;
mod payment;
mod port;
mod refund;
mod service;

pub use attempt::{Attempt, AttemptOutcome, Callback, GatewayOutcome, Retry};
pub use error::{PaymentError, RefundError};
pub use event::{PaymentEvent, PaymentEventKind};
pub use gateway::{CallbackOnly, Charge, ChargeState, GatewayError, PaymentGateway, RefundOrder};
pub use payment::Payment;
pub use port::PaymentRepository;
pub use refund::{Refund, RefundReason, RefundState};
pub use service::PaymentService;
