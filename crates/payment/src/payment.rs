use std::time::Duration;

use ordersystem_shared_kernel::{Aggregate, Money, OrderId, Stamp, TransactionId, Version};

use crate::{
    Attempt, AttemptOutcome, Callback, Charge, GatewayOutcome, PaymentEvent, PaymentEventKind,
    Refund, RefundError, RefundOrder, RefundReason, RefundState, Retry,
};

/// The payment of one order: what is owed, every attempt to take it, and everything that goes back. At most one attempt
/// ever captures, and never more goes back than it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    order: OrderId,
    amount: Money,
    attempts: Vec<Attempt>,
    refunds: Vec<Refund>,
    version: Version,
}

impl Payment {
    /// Asks for the order's total.
    pub fn request(
        order: OrderId,
        amount: Money,
        transaction: TransactionId,
        stamp: Stamp,
    ) -> (Self, PaymentEvent) {
        let outcome = AttemptOutcome::Pending { retry: Retry::due(stamp.at) };
        let attempts = vec![Attempt { transaction, requested_at: stamp.at, outcome }];
        let version = Version::FIRST;
        let payment = Self { order, amount, attempts, refunds: Vec::new(), version };
        let event = payment.event(transaction, PaymentEventKind::Requested, stamp);
        (payment, event)
    }

    /// Rebuilds a payment from what a store kept; attempts in the order in which they were made, refunds by number.
    pub const fn restore(
        order: OrderId,
        amount: Money,
        attempts: Vec<Attempt>,
        refunds: Vec<Refund>,
        version: Version,
    ) -> Self {
        Self { order, amount, attempts, refunds, version }
    }

    /// Records what somebody reports; none when it is known already or what stands is stronger. A success with another
    /// amount is only a [`AttemptOutcome::Mismatch`]: from then on no failure is believed but the gateway's own. A success
    /// after a failure is money that was taken all the same.
    pub fn report(&mut self, callback: &Callback, stamp: Stamp) -> Option<PaymentEvent> {
        let at = stamp.at;
        let attempt = *self.attempt(callback.transaction)?;
        let outcome = match (callback.outcome, self.mismatch(callback)) {
            (GatewayOutcome::Success, None) => AttemptOutcome::Captured { at, amount: self.amount },
            (GatewayOutcome::Success, Some(reported)) => {
                AttemptOutcome::Mismatch { at, reported, retry: Retry::due(at) }
            }
            (GatewayOutcome::Failure, _) => AttemptOutcome::Failed { at },
        };
        match (attempt.outcome, outcome) {
            (AttemptOutcome::Mismatch { .. }, AttemptOutcome::Mismatch { .. })
            | (AttemptOutcome::Mismatch { .. }, AttemptOutcome::Failed { .. }) => None,
            _ => self.decide(attempt.transaction, outcome, stamp),
        }
    }

    /// The amount that a success reports when it is not the payment's.
    pub fn mismatch(&self, callback: &Callback) -> Option<Money> {
        let succeeded = callback.outcome == GatewayOutcome::Success;
        callback.amount.filter(|amount| succeeded && *amount != self.amount)
    }

    /// Records that the gateway itself says it took so much; none when that is known.
    pub fn captured_by_gateway(
        &mut self,
        transaction: TransactionId,
        amount: Money,
        stamp: Stamp,
    ) -> Option<PaymentEvent> {
        self.decide(transaction, AttemptOutcome::Captured { at: stamp.at, amount }, stamp)
    }

    /// Records that the gateway itself says it took nothing; none when that is known, or money was taken.
    pub fn failed_at_gateway(
        &mut self,
        transaction: TransactionId,
        stamp: Stamp,
    ) -> Option<PaymentEvent> {
        self.decide(transaction, AttemptOutcome::Failed { at: stamp.at }, stamp)
    }

    /// Remembers that the gateway had no answer that counts; none when nothing is in doubt any more.
    pub fn postpone(
        &mut self,
        transaction: TransactionId,
        longest: Duration,
        stamp: Stamp,
    ) -> Option<PaymentEvent> {
        let attempt = self.attempts.iter_mut().find(|a| a.transaction == transaction)?;
        match &mut attempt.outcome {
            AttemptOutcome::Pending { retry } | AttemptOutcome::Mismatch { retry, .. } => {
                *retry = retry.later(stamp.at, longest);
            }
            AttemptOutcome::Captured { .. } | AttemptOutcome::Failed { .. } => return None,
        }
        Some(self.changed(transaction, PaymentEventKind::Postponed, stamp))
    }

    /// Owes back everything that was taken and is not owed back yet; none when that is nothing.
    pub fn give_back(&mut self, reason: RefundReason, stamp: Stamp) -> Option<PaymentEvent> {
        let rest = self.refundable().filter(|rest| rest.amount() > 0)?;
        Some(self.owe(self.captured()?.transaction, rest, reason, stamp))
    }

    /// Owes back a part of what was taken, because an operator says so.
    ///
    /// # Errors
    /// [`RefundError`]; nothing is owed then.
    pub fn refund(
        &mut self,
        amount: i64,
        note: String,
        stamp: Stamp,
    ) -> Result<PaymentEvent, RefundError> {
        let captured = self.captured().ok_or(RefundError::NothingCaptured)?.transaction;
        let rest = self.refundable().ok_or(RefundError::NothingCaptured)?;
        let wanted =
            Money::new(amount, rest.currency()).map_err(|_negative| RefundError::Nothing)?;
        if wanted.amount() == 0 {
            return Err(RefundError::Nothing);
        }
        if wanted.amount() > rest.amount() {
            return Err(RefundError::AboveCaptured { rest, wanted });
        }
        Ok(self.owe(captured, wanted, RefundReason::Operator { note }, stamp))
    }

    /// Records that the gateway gave the money back; none when that is known.
    pub fn refund_done(&mut self, number: u32, stamp: Stamp) -> Option<PaymentEvent> {
        self.move_refund(number, PaymentEventKind::RefundDone { number }, stamp, |_, _| {
            RefundState::Done { at: stamp.at }
        })
    }

    /// Records that the gateway refuses for good; none when the money went back. The same refusal again is no news.
    pub fn refund_refused(
        &mut self,
        number: u32,
        code: String,
        longest: Duration,
        stamp: Stamp,
    ) -> Option<PaymentEvent> {
        let known = self.refund_number(number)?.state.refusal() == Some(&code);
        let kind = if known {
            PaymentEventKind::RefundPostponed { number }
        } else {
            PaymentEventKind::RefundRefused { number }
        };
        self.move_refund(number, kind, stamp, |_, retry| RefundState::Refused {
            code,
            retry: retry.later(stamp.at, longest),
        })
    }

    /// Remembers that the gateway had no answer that counts, whatever it said before; none when the money went back.
    pub fn postpone_refund(
        &mut self,
        number: u32,
        longest: Duration,
        stamp: Stamp,
    ) -> Option<PaymentEvent> {
        self.move_refund(
            number,
            PaymentEventKind::RefundPostponed { number },
            stamp,
            |state, retry| {
                let retry = retry.later(stamp.at, longest);
                match state.refusal() {
                    Some(code) => RefundState::Refused { code: code.to_owned(), retry },
                    None => RefundState::Pending { retry },
                }
            },
        )
    }

    /// The order's total when the payment was requested.
    pub const fn amount(&self) -> Money {
        self.amount
    }

    /// In the order in which they were made.
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }

    /// By their number, which counts from 1.
    pub fn refunds(&self) -> &[Refund] {
        &self.refunds
    }

    /// The refund with this number.
    pub fn refund_number(&self, number: u32) -> Option<&Refund> {
        self.refunds.iter().find(|refund| refund.number == number)
    }

    /// The attempt with this transaction, or the present one; none when nobody made it.
    pub fn attempt(&self, transaction: Option<TransactionId>) -> Option<&Attempt> {
        match transaction {
            Some(transaction) => self.attempts.iter().find(|a| a.transaction == transaction),
            None => self.attempts.last(),
        }
    }

    /// The attempt that took the money, when one did.
    pub fn captured(&self) -> Option<&Attempt> {
        self.attempts
            .iter()
            .find(|attempt| matches!(attempt.outcome, AttemptOutcome::Captured { .. }))
    }

    /// The attempt about which the gateway has to be asked.
    pub fn in_doubt(&self) -> Option<&Attempt> {
        self.attempts.iter().find(|attempt| attempt.outcome.retry().is_some())
    }

    /// What was taken and is not owed back yet; none when nothing was taken.
    pub fn refundable(&self) -> Option<Money> {
        let captured = self.captured()?.outcome.reported()?;
        let owed = self.refunds.iter().try_fold(captured, |rest, r| rest.minus(r.amount));
        Some(owed.unwrap_or(Money::zero(captured.currency())))
    }

    /// What the gateway is asked for in this attempt.
    pub const fn charge(&self, attempt: &Attempt) -> Charge {
        Charge {
            order: self.order,
            transaction: attempt.transaction,
            amount: self.amount,
            requested_at: attempt.requested_at,
        }
    }

    /// What the gateway is asked to give back.
    pub const fn refund_order(&self, refund: &Refund) -> RefundOrder {
        RefundOrder {
            order: self.order,
            transaction: refund.transaction,
            number: refund.number,
            amount: refund.amount,
        }
    }

    /// What was captured stays captured; nothing else is repeated.
    fn decide(
        &mut self,
        transaction: TransactionId,
        outcome: AttemptOutcome,
        stamp: Stamp,
    ) -> Option<PaymentEvent> {
        if self.captured().is_some() {
            return None;
        }
        let attempt = self.attempts.iter_mut().find(|a| a.transaction == transaction)?;
        let kind = match outcome {
            AttemptOutcome::Captured { .. } => PaymentEventKind::Captured,
            AttemptOutcome::Mismatch { .. } => PaymentEventKind::Mismatched,
            AttemptOutcome::Failed { .. } if attempt.outcome.retry().is_some() => {
                PaymentEventKind::Failed
            }
            AttemptOutcome::Failed { .. } | AttemptOutcome::Pending { .. } => return None,
        };
        attempt.outcome = outcome;
        Some(self.changed(transaction, kind, stamp))
    }

    fn owe(
        &mut self,
        transaction: TransactionId,
        amount: Money,
        reason: RefundReason,
        stamp: Stamp,
    ) -> PaymentEvent {
        let number = self.refunds.last().map_or(1, |last| last.number.saturating_add(1));
        let state = RefundState::Pending { retry: Retry::due(stamp.at) };
        let owed_since = stamp.at;
        self.refunds.push(Refund { number, transaction, amount, reason, state, owed_since });
        self.changed(transaction, PaymentEventKind::RefundOwed { number }, stamp)
    }

    /// What is done stays done.
    fn move_refund(
        &mut self,
        number: u32,
        kind: PaymentEventKind,
        stamp: Stamp,
        next: impl FnOnce(&RefundState, Retry) -> RefundState,
    ) -> Option<PaymentEvent> {
        let refund = self.refunds.iter_mut().find(|refund| refund.number == number)?;
        refund.state = next(&refund.state, refund.state.retry()?);
        let transaction = refund.transaction;
        Some(self.changed(transaction, kind, stamp))
    }

    const fn changed(
        &mut self,
        transaction: TransactionId,
        kind: PaymentEventKind,
        stamp: Stamp,
    ) -> PaymentEvent {
        self.version = self.version.next();
        self.event(transaction, kind, stamp)
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
