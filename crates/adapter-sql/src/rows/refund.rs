use std::borrow::Cow;

use diesel::prelude::{Insertable, Queryable, Selectable};
use diesel::result::Error as SqlError;

use ordersystem_application::DueRefund;
use ordersystem_payment::{Payment, Refund, RefundReason, RefundState, Retry};
use ordersystem_shared_kernel::{Aggregate, OrderId, TransactionId};

use super::value::{corrupt, money, restored_retry};
use super::{Micros, UuidBytes};
use crate::schema::refunds;

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = refunds, treat_none_as_default_value = false)]
pub(crate) struct RefundRow {
    pub(crate) order_id: i64,
    pub(crate) number: i64,
    pub(crate) transaction_id: UuidBytes,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) reason: Cow<'static, str>,
    pub(crate) note: Option<String>,
    pub(crate) state: Cow<'static, str>,
    pub(crate) refusal: Option<String>,
    pub(crate) tries: i64,
    pub(crate) next_try_at: Option<Micros>,
    pub(crate) owed_since: Micros,
    pub(crate) done_at: Option<Micros>,
}

impl RefundRow {
    pub(crate) fn new(payment: &Payment, refund: &Refund) -> Self {
        let retry = refund.state.retry();
        Self {
            order_id: payment.id().get(),
            number: refund.number.into(),
            transaction_id: UuidBytes(refund.transaction.get()),
            amount: refund.amount.amount(),
            currency: refund.amount.currency().to_string(),
            reason: Cow::Borrowed(refund.reason.as_str()),
            note: refund.reason.note().map(str::to_owned),
            state: Cow::Borrowed(refund.state.as_str()),
            refusal: refund.state.refusal().map(str::to_owned),
            tries: retry.map_or(0, |retry| retry.tries.into()),
            next_try_at: retry.map(|retry| Micros(retry.next_at)),
            owed_since: Micros(refund.owed_since),
            done_at: refund.state.done_at().map(Micros),
        }
    }

    pub(crate) fn restore(self) -> Result<Refund, SqlError> {
        let state = self.restore_state()?;
        let reason = RefundReason::restore(&self.reason, self.note);
        Ok(Refund {
            number: number(self.number)?,
            transaction: TransactionId::new(self.transaction_id.0),
            amount: money("refunds.amount", self.amount, &self.currency)?,
            reason: reason.ok_or_else(|| corrupt("refunds.reason", &self.reason))?,
            state,
            owed_since: self.owed_since.0,
        })
    }

    fn restore_state(&self) -> Result<RefundState, SqlError> {
        Ok(match (&*self.state, &self.refusal, self.done_at) {
            ("PENDING", None, None) => RefundState::Pending { retry: self.retry()? },
            ("REFUSED", Some(code), None) => {
                RefundState::Refused { code: code.clone(), retry: self.retry()? }
            }
            ("DONE", None, Some(Micros(at))) => RefundState::Done { at },
            _ => return Err(corrupt("refunds.state", &self.state)),
        })
    }

    fn retry(&self) -> Result<Retry, SqlError> {
        restored_retry("refunds.tries", self.tries, self.next_try_at.unwrap_or(self.owed_since))
    }
}

/// A refund that the gateway is to be asked for.
pub(crate) fn due_refund(order: i64, refund: i64) -> Result<DueRefund, SqlError> {
    Ok(DueRefund { order: OrderId::new(order), number: number(refund)? })
}

fn number(stored: i64) -> Result<u32, SqlError> {
    u32::try_from(stored).map_err(|_outside| corrupt("refunds.number", stored))
}
