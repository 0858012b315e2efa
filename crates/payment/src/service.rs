use std::sync::Arc;

use ordersystem_shared_kernel::{Change, Money, OrderId, RepositoryError, Stamp, TransactionId};

use crate::{Callback, Payment, PaymentError, PaymentEvent, PaymentRepository};

/// Payments over a repository of one's own: load, decide, commit.
#[derive(Clone)]
pub struct PaymentService {
    payments: Arc<dyn PaymentRepository>,
}

impl PaymentService {
    /// How often a step is decided again when others are faster.
    const ATTEMPTS: usize = 16;

    /// Works on any adapter of the port.
    pub fn new(payments: Arc<dyn PaymentRepository>) -> Self {
        Self { payments }
    }

    /// Starts the first attempt for an order.
    ///
    /// # Errors
    /// [`RepositoryError::Conflict`] when the order has a payment already.
    pub async fn request(
        &self,
        order: OrderId,
        amount: Money,
        transaction: TransactionId,
        stamp: Stamp,
    ) -> Result<(), PaymentError> {
        let change = Change::created(Payment::request(order, amount, transaction, stamp));
        Ok(self.payments.commit(change).await?)
    }

    /// Records a callback; none for repeats and contradictions, which change nothing.
    ///
    /// # Errors
    /// [`PaymentError`]; a mismatch is recorded all the same.
    pub async fn report(
        &self,
        order: OrderId,
        callback: Callback,
        stamp: Stamp,
    ) -> Result<Option<PaymentEvent>, PaymentError> {
        let (event, payment) = self
            .change(order, |change| {
                let unknown =
                    callback.transaction.filter(|t| change.state().attempt(Some(*t)).is_none());
                match unknown {
                    Some(unknown) => Err(PaymentError::UnknownTransaction(unknown)),
                    None => Ok(change.apply_if(|payment| payment.report(&callback, stamp))),
                }
            })
            .await?;
        match payment.mismatch(&callback) {
            Some(reported) => {
                Err(PaymentError::AmountMismatch { expected: payment.amount(), reported })
            }
            None => Ok(event),
        }
    }

    /// Owes back a part of what was taken.
    ///
    /// # Errors
    /// [`PaymentError`]; nothing is owed then.
    pub async fn refund(
        &self,
        order: OrderId,
        amount: i64,
        note: &str,
        stamp: Stamp,
    ) -> Result<Option<PaymentEvent>, PaymentError> {
        let refunded = self.change(order, |change| {
            change.apply(|payment| payment.refund(amount, note.to_owned(), stamp))?;
            Ok(change.events().last().copied())
        });
        Ok(refunded.await?.0)
    }

    /// Records that the money went back; none when that is known.
    ///
    /// # Errors
    /// [`PaymentError`].
    pub async fn refund_done(
        &self,
        order: OrderId,
        number: u32,
        stamp: Stamp,
    ) -> Result<Option<PaymentEvent>, PaymentError> {
        let done = self.change(order, |change| {
            Ok(change.apply_if(|payment| payment.refund_done(number, stamp)))
        });
        Ok(done.await?.0)
    }

    /// What the verb did, and the payment afterwards.
    async fn change(
        &self,
        order: OrderId,
        verb: impl Fn(&mut Change<Payment>) -> Result<Option<PaymentEvent>, PaymentError>,
    ) -> Result<(Option<PaymentEvent>, Payment), PaymentError> {
        for _ in 0..Self::ATTEMPTS {
            let payment = self.payments.payment(order).await?;
            let mut change = Change::of(payment.ok_or(PaymentError::NeverRequested(order))?);
            let event = verb(&mut change)?;
            let payment = change.state().clone();
            if event.is_none() {
                return Ok((None, payment));
            }
            match self.payments.commit(change).await {
                Err(RepositoryError::Conflict) => {}
                result => return Ok(result.map(|()| (event, payment))?),
            }
        }
        Err(RepositoryError::Conflict.into())
    }
}
