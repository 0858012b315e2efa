use std::borrow::Cow;

use diesel::prelude::{Insertable, Queryable, Selectable};
use diesel::result::Error as SqlError;

use ordersystem_payment::{Attempt, AttemptOutcome, Payment, Refund, RefundReason, RefundState};
use ordersystem_shared_kernel::{Aggregate, OrderId, TransactionId, Version};

use super::value::{corrupt, money, named};
use super::{Micros, UuidBytes};
use crate::schema::{payments, refunds};

/// One attempt of a payment.
#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = payments, treat_none_as_default_value = false)]
pub(crate) struct PaymentRow {
    pub(crate) transaction_id: UuidBytes,
    pub(crate) order_id: i64,
    pub(crate) attempt: i64,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) outcome: Cow<'static, str>,
    pub(crate) requested_at: Micros,
    pub(crate) decided_at: Option<Micros>,
    pub(crate) version: i64,
}

/// One row per attempt, in their order, all in the payment's present version.
pub(crate) fn payment_rows(payment: &Payment) -> impl Iterator<Item = PaymentRow> {
    (1..).zip(payment.attempts()).map(|(number, attempt)| PaymentRow {
        transaction_id: UuidBytes(attempt.transaction.get()),
        order_id: payment.id().get(),
        attempt: number,
        amount: payment.amount().amount(),
        currency: payment.amount().currency().to_string(),
        outcome: Cow::Borrowed(attempt.outcome.as_str()),
        requested_at: Micros(attempt.requested_at),
        decided_at: attempt.outcome.decided_at().map(Micros),
        version: payment.version().get(),
    })
}

/// The payment behind its attempts, which come in their order; none when there are none.
pub(crate) fn payment_from_rows(rows: Vec<PaymentRow>) -> Result<Option<Payment>, SqlError> {
    let Some(version) = rows.iter().map(|row| row.version).max() else { return Ok(None) };
    let Some(first) = rows.first() else { return Ok(None) };
    let order = OrderId::new(first.order_id);
    let amount = money("payments.amount", first.amount, &first.currency)?;
    let attempts = rows.iter().map(PaymentRow::restore).collect::<Result<_, _>>()?;
    Ok(Some(Payment::restore(order, amount, attempts, Version::new(version))))
}

impl PaymentRow {
    fn restore(&self) -> Result<Attempt, SqlError> {
        let outcome = match (&*self.outcome, self.decided_at) {
            ("PENDING", None) => AttemptOutcome::Pending,
            ("CAPTURED", Some(Micros(at))) => AttemptOutcome::Captured { at },
            ("FAILED", Some(Micros(at))) => AttemptOutcome::Failed { at },
            _ => return Err(corrupt("payments.outcome", &self.outcome)),
        };
        Ok(Attempt {
            transaction: TransactionId::new(self.transaction_id.0),
            requested_at: self.requested_at.0,
            outcome,
        })
    }
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = refunds, treat_none_as_default_value = false)]
pub(crate) struct RefundRow {
    pub(crate) order_id: i64,
    pub(crate) transaction_id: UuidBytes,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) reason: Cow<'static, str>,
    pub(crate) state: Cow<'static, str>,
    pub(crate) owed_since: Micros,
}

impl From<&Refund> for RefundRow {
    fn from(refund: &Refund) -> Self {
        Self {
            order_id: refund.order.get(),
            transaction_id: UuidBytes(refund.transaction.get()),
            amount: refund.amount.amount(),
            currency: refund.amount.currency().to_string(),
            reason: Cow::Borrowed(refund.reason.as_str()),
            state: Cow::Borrowed(refund.state.as_str()),
            owed_since: Micros(refund.owed_since),
        }
    }
}

impl RefundRow {
    pub(crate) fn restore(self) -> Result<Refund, SqlError> {
        let (reasons, states) = (&RefundReason::ALL, &RefundState::ALL);
        Ok(Refund {
            order: OrderId::new(self.order_id),
            transaction: TransactionId::new(self.transaction_id.0),
            amount: money("refunds.amount", self.amount, &self.currency)?,
            reason: named("refunds.reason", reasons, RefundReason::as_str, &self.reason)?,
            state: named("refunds.state", states, RefundState::as_str, &self.state)?,
            owed_since: self.owed_since.0,
        })
    }
}
