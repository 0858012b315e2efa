use ordersystem_shared_kernel::{Aggregate, Money, OrderId, Stamp, TransactionId, Version};

use crate::{Attempt, AttemptOutcome, GatewayOutcome, PaymentEvent, PaymentEventKind};

/// The payment of one order: what is owed and every attempt to take it. At most one attempt ever captures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    order: OrderId,
    amount: Money,
    attempts: Vec<Attempt>,
    version: Version,
}

impl Payment {
    /// Asks the gateway for the order's total.
    pub fn request(
        order: OrderId,
        amount: Money,
        transaction: TransactionId,
        stamp: Stamp,
    ) -> (Self, PaymentEvent) {
        let attempt =
            Attempt { transaction, requested_at: stamp.at, outcome: AttemptOutcome::Pending };
        let payment = Self { order, amount, attempts: vec![attempt], version: Version::FIRST };
        let event = payment.event(transaction, PaymentEventKind::Requested, stamp);
        (payment, event)
    }

    /// Rebuilds a payment from what a store kept; `attempts` in the order in which they were made.
    pub const fn restore(
        order: OrderId,
        amount: Money,
        attempts: Vec<Attempt>,
        version: Version,
    ) -> Self {
        Self { order, amount, attempts, version }
    }

    /// Records what the gateway reports; none when it is known already or an outcome that stands contradicts it. A success
    /// after a failure is money that was taken all the same: it becomes an attempt of its own under `late_transaction`, so
    /// that a refund can name it.
    pub fn settle(
        &mut self,
        outcome: GatewayOutcome,
        late_transaction: TransactionId,
        stamp: Stamp,
    ) -> Option<PaymentEvent> {
        let at = stamp.at;
        let (decided, kind) = match outcome {
            GatewayOutcome::Success => {
                (AttemptOutcome::Captured { at }, PaymentEventKind::Captured)
            }
            GatewayOutcome::Failure => (AttemptOutcome::Failed { at }, PaymentEventKind::Failed),
        };
        let transaction = match self.attempts.last_mut() {
            Some(attempt) if attempt.outcome == AttemptOutcome::Pending => {
                attempt.outcome = decided;
                attempt.transaction
            }
            Some(Attempt { outcome: AttemptOutcome::Failed { .. }, .. })
                if outcome == GatewayOutcome::Success =>
            {
                let transaction = late_transaction;
                self.attempts.push(Attempt { transaction, requested_at: at, outcome: decided });
                transaction
            }
            _ => return None,
        };
        self.version = self.version.next();
        Some(self.event(transaction, kind, stamp))
    }

    /// The order's total when the payment was requested.
    pub const fn amount(&self) -> Money {
        self.amount
    }

    /// In the order in which they were made.
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }

    /// The attempt that took the money, when one did.
    pub fn captured(&self) -> Option<&Attempt> {
        self.attempts
            .iter()
            .find(|attempt| matches!(attempt.outcome, AttemptOutcome::Captured { .. }))
    }

    const fn event(
        &self,
        transaction: TransactionId,
        kind: PaymentEventKind,
        stamp: Stamp,
    ) -> PaymentEvent {
        PaymentEvent { id: stamp.event, order: self.order, transaction, kind, at: stamp.at }
    }
}

impl Aggregate for Payment {
    type Id = OrderId;
    type Event = PaymentEvent;

    fn id(&self) -> OrderId {
        self.order
    }

    fn version(&self) -> Version {
        self.version
    }
}
