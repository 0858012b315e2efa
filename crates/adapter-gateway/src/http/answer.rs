//! What an answer of the gateway means.

use ordersystem_payment::{ChargeState, GatewayError};
use ordersystem_shared_kernel::{Money, TransactionId};

use crate::wire::{PaymentBody, Refusal, Status};

/// An earlier call did it.
pub(super) const ALREADY_PROCESSED: &str = "ALREADY_PROCESSED_PAYMENT";
/// The call itself is wrong; nothing is known of the payment.
pub(super) const INVALID_REQUEST: &str = "INVALID_REQUEST";
/// There is no such payment.
pub(super) const NOT_FOUND: &str = "NOT_FOUND_PAYMENT";
/// A call with the same key is not done yet.
pub(super) const PROCESSING: &str = "IDEMPOTENT_REQUEST_PROCESSING";

/// Refusals that say nothing about the payment: the gateway has a bad moment, or our key is wrong.
const NOT_NOW: &[&str] = &[
    "PROVIDER_ERROR",
    "COMMON_ERROR",
    "INVALID_API_KEY",
    "UNAUTHORIZED_KEY",
    "INCORRECT_BASIC_AUTH_FORMAT",
    "FORBIDDEN_REQUEST",
    "TOO_MANY_REQUESTS",
];
const NOT_NOW_STATUS: &[u16] = &[401, 408, 425, 429];

/// What came back, whole.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// Why an answer shows no payment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Refused for good.
    Rejected { code: String },
    /// An earlier repetition of this call is still under way.
    Busy,
    /// Anything may have happened.
    Unclear(String),
}

impl Trouble {
    pub(super) fn unclear(why: impl ToString) -> Self {
        Self::Unclear(why.to_string())
    }
}

impl Answer {
    pub(super) fn read(&self, transaction: TransactionId) -> Result<PaymentBody, Trouble> {
        match self.status {
            200..=299 => self.payment(transaction),
            400..=499 => Err(self.refusal()),
            status => Err(Trouble::Unclear(format!("it answered {status}"))),
        }
    }

    fn payment(&self, transaction: TransactionId) -> Result<PaymentBody, Trouble> {
        let body: PaymentBody = serde_json::from_slice(&self.body)
            .map_err(|error| Trouble::Unclear(format!("its answer makes no sense: {error}")))?;
        if body.payment_key == transaction.to_string() {
            Ok(body)
        } else {
            Err(Trouble::unclear("it answered for another payment"))
        }
    }

    fn refusal(&self) -> Trouble {
        let Ok(Refusal { code, .. }) = serde_json::from_slice(&self.body) else {
            return Trouble::Unclear(format!("it answered {} without a code", self.status));
        };
        if code == PROCESSING {
            Trouble::Busy
        } else if NOT_NOW.contains(&code.as_str()) || NOT_NOW_STATUS.contains(&self.status) {
            Trouble::Unclear(format!("it answered {} {code}", self.status))
        } else {
            Trouble::Rejected { code }
        }
    }
}

/// A payment that was cancelled before money came (a deposit nobody made) has no moment of approval: nothing was taken.
pub(super) fn state_of(body: &PaymentBody) -> Result<ChargeState, GatewayError> {
    match body.status {
        Status::Ready | Status::InProgress | Status::WaitingForDeposit => Ok(ChargeState::Waiting),
        Status::Aborted | Status::Expired => Ok(ChargeState::Failed),
        Status::Canceled if body.approved_at.is_none() => Ok(ChargeState::Failed),
        Status::Done | Status::Canceled | Status::PartialCanceled => {
            let amount = Money::new(body.total_amount, body.currency);
            let amount = amount.map_err(|error| GatewayError::Unavailable(error.to_string()))?;
            Ok(ChargeState::Captured { amount })
        }
    }
}
