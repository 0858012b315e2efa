use std::sync::Arc;

use ordersystem_shared_kernel::{Change, Money, OrderId, RepositoryError, Stamp, TransactionId};

use crate::{GatewayOutcome, Payment, PaymentError, PaymentEvent, PaymentRepository};

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
    /// [`PaymentError::NeverRequested`], or a repository that failed.
    pub async fn settle(
        &self,
        order: OrderId,
        outcome: GatewayOutcome,
        late_transaction: TransactionId,
        stamp: Stamp,
    ) -> Result<Option<PaymentEvent>, PaymentError> {
        for _ in 0..Self::ATTEMPTS {
            let payment = self.payments.payment(order).await?;
            let mut change = Change::of(payment.ok_or(PaymentError::NeverRequested(order))?);
            let event = change.apply_if(|payment| payment.settle(outcome, late_transaction, stamp));
            if event.is_none() {
                return Ok(None);
            }
            match self.payments.commit(change).await {
                Err(RepositoryError::Conflict) => {}
                result => return Ok(result.map(|()| event)?),
            }
        }
        Err(RepositoryError::Conflict.into())
    }
}
