use std::borrow::Cow;

use diesel::prelude::{Queryable, Selectable};
use diesel::result::Error as SqlError;

use ordersystem_payment::{Attempt, AttemptOutcome, Payment, Retry};
use ordersystem_shared_kernel::{Aggregate, Money, OrderId, TransactionId, Version};

use super::value::{corrupt, money, restored_retry};
use super::{Micros, RefundRow, UuidBytes};
use crate::schema::payments;

/// One attempt of a payment.
#[derive(Queryable, Selectable)]
#[diesel(table_name = payments)]
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
    pub(crate) reported_amount: Option<i64>,
    pub(crate) reported_currency: Option<String>,
    pub(crate) tries: i64,
    pub(crate) next_try_at: Option<Micros>,
}

/// One row per attempt, in their order, all in the payment's present version.
pub(crate) fn payment_rows(payment: &Payment) -> impl Iterator<Item = PaymentRow> {
    (1..).zip(payment.attempts()).map(|(number, attempt)| {
        let (reported, retry) = (attempt.outcome.reported(), attempt.outcome.retry());
        PaymentRow {
            transaction_id: UuidBytes(attempt.transaction.get()),
            order_id: payment.id().get(),
            attempt: number,
            amount: payment.amount().amount(),
            currency: payment.amount().currency().to_string(),
            outcome: Cow::Borrowed(attempt.outcome.as_str()),
            requested_at: Micros(attempt.requested_at),
            decided_at: attempt.outcome.decided_at().map(Micros),
            version: payment.version().get(),
            reported_amount: reported.map(Money::amount),
            reported_currency: reported.map(|money| money.currency().to_string()),
            tries: retry.map_or(0, |retry| retry.tries.into()),
            next_try_at: retry.map(|retry| Micros(retry.next_at)),
        }
    })
}

/// The payment behind its attempts, which come in their order, each once per refund of what it took; none when there are no
/// attempts.
pub(crate) fn payment_from_rows(
    rows: Vec<(PaymentRow, Option<RefundRow>)>,
) -> Result<Option<Payment>, SqlError> {
    let (mut attempts, refunds): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    attempts.dedup_by_key(|row| row.attempt);
    let Some(version) = attempts.iter().map(|row| row.version).max() else { return Ok(None) };
    let Some(first) = attempts.first() else { return Ok(None) };
    let order = OrderId::new(first.order_id);
    let amount = money("payments.amount", first.amount, &first.currency)?;
    let attempts = attempts.iter().map(PaymentRow::restore).collect::<Result<_, _>>()?;
    let refunds = refunds.into_iter().flatten().map(RefundRow::restore);
    let refunds = refunds.collect::<Result<_, _>>()?;
    Ok(Some(Payment::restore(order, amount, attempts, refunds, Version::new(version))))
}

/// The rows of [`payment_from_rows`]: one statement, so that attempts and refunds are seen at the same moment. A macro because
/// each database's connection runs it in its own way.
macro_rules! payment_rows_of {
    ($order:expr) => {{
        use crate::rows::{PaymentRow, RefundRow};
        use crate::schema::{payments, refunds};
        let same_order = refunds::order_id.eq(payments::order_id);
        let taken_by = refunds::transaction_id.eq(payments::transaction_id);
        payments::table
            .left_join(refunds::table.on(same_order.and(taken_by)))
            .filter(payments::order_id.eq($order.get()))
            .order((payments::attempt, refunds::number))
            .select((PaymentRow::as_select(), Option::<RefundRow>::as_select()))
    }};
}

pub(crate) use payment_rows_of;

impl PaymentRow {
    fn restore(&self) -> Result<Attempt, SqlError> {
        let outcome = match (&*self.outcome, self.decided_at) {
            ("PENDING", None) => AttemptOutcome::Pending { retry: self.retry()? },
            ("MISMATCH", Some(Micros(at))) => {
                AttemptOutcome::Mismatch { at, reported: self.reported()?, retry: self.retry()? }
            }
            ("CAPTURED", Some(Micros(at))) => {
                AttemptOutcome::Captured { at, amount: self.reported()? }
            }
            ("FAILED", Some(Micros(at))) => AttemptOutcome::Failed { at },
            _ => return Err(corrupt("payments.outcome", &self.outcome)),
        };
        Ok(Attempt {
            transaction: TransactionId::new(self.transaction_id.0),
            requested_at: self.requested_at.0,
            outcome,
        })
    }

    /// A program of the version before does not say what was reported, for it was always what is to be paid.
    fn reported(&self) -> Result<Money, SqlError> {
        let amount = self.reported_amount.unwrap_or(self.amount);
        let currency = self.reported_currency.as_ref().unwrap_or(&self.currency);
        money("payments.reported_amount", amount, currency)
    }

    fn retry(&self) -> Result<Retry, SqlError> {
        restored_retry("payments.tries", self.tries, self.next_try_at.unwrap_or(self.requested_at))
    }
}
