use std::time::Duration;

use ordersystem_order::{Order, OrderStatus};
use ordersystem_payment::{
    Attempt, AttemptOutcome, ChargeState, GatewayError, Payment, PaymentEvent,
};
use ordersystem_shared_kernel::{Change, OrderId, Stamp, TransactionId};

use super::UseCases;
use crate::{OrderStepError, UnitOfWork};

/// The longest pause while the customer or the gateway decides.
const LONGEST_WAIT: Duration = Duration::from_mins(2);

/// The longest pause while the gateway does not answer.
const LONGEST_OUTAGE: Duration = Duration::from_secs(30);

/// So long after the end of an order a charge that was sent before may still arrive at the gateway.
const IN_FLIGHT: Duration = Duration::from_mins(10);

impl UseCases {
    /// Asks the gateway about an order's attempt in doubt, and for the money while the order still waits for it; settles by
    /// the answer. An answer that decides nothing is asked for again later. Does nothing when nothing is in doubt.
    ///
    /// # Errors
    /// [`OrderStepError`]; the gateway's failures are none.
    pub async fn charge(&self, id: OrderId) -> Result<(), OrderStepError> {
        let order = self.load_order(id).await?;
        let Some(payment) = self.ports.store.payment(id).await? else { return Ok(()) };
        let Some(attempt) = payment.in_doubt() else { return Ok(()) };
        let answer = self.ask(&order, &payment, attempt).await;
        if let Err(error) = &answer {
            tracing::warn!("결제 확인 지연: orderId={id}, {error}");
        }
        until_committed!(self, self.decide_answer(id, attempt.transaction, &answer).await?);
        Ok(())
    }

    /// Nobody is asked for the money of an order that does not wait for it, and nobody twice without having been asked first
    /// what became of it.
    async fn ask(
        &self,
        order: &Order,
        payment: &Payment,
        attempt: &Attempt,
    ) -> Result<ChargeState, GatewayError> {
        let (gateway, charge) = (&self.ports.gateway, payment.charge(attempt));
        let wanted = order.status() == OrderStatus::PaymentRequested;
        if !(wanted && was_never_asked(attempt)) {
            match gateway.look_up(&charge).await {
                Ok(ChargeState::Unheard) if wanted => {}
                answer => return answer,
            }
        }
        match gateway.charge(&charge).await {
            // That says nothing about an earlier charge whose answer was lost.
            Err(GatewayError::Refused { .. }) => match gateway.look_up(&charge).await {
                Ok(ChargeState::Unheard) => Ok(ChargeState::Failed),
                answer => answer,
            },
            answer => answer,
        }
    }

    async fn decide_answer(
        &self,
        id: OrderId,
        transaction: TransactionId,
        answer: &Result<ChargeState, GatewayError>,
    ) -> Result<UnitOfWork, OrderStepError> {
        let order = self.load_order(id).await?;
        let payment = self.ports.store.payment(id).await?;
        let mut change = Change::of(payment.ok_or(OrderStepError::PaymentNotRequested(id))?);
        let stamp = self.stamp();
        let given_up = order.status() == OrderStatus::Cancelled
            && stamp.at.since(order.updated_at()) >= IN_FLIGHT;
        let heard = match answer {
            Ok(ChargeState::Unheard) if given_up => &Ok(ChargeState::Failed),
            answer => answer,
        };
        match change.apply_if(|payment| hear(payment, transaction, heard, stamp)) {
            None => Ok(UnitOfWork::default()),
            Some(event) => self.settled(UnitOfWork::default(), order, change, event),
        }
    }
}

const fn was_never_asked(attempt: &Attempt) -> bool {
    matches!(attempt.outcome, AttemptOutcome::Pending { retry } if retry.tries == 0)
}

fn hear(
    payment: &mut Payment,
    transaction: TransactionId,
    answer: &Result<ChargeState, GatewayError>,
    stamp: Stamp,
) -> Option<PaymentEvent> {
    match answer {
        Ok(ChargeState::Captured { amount }) => {
            payment.captured_by_gateway(transaction, *amount, stamp)
        }
        Ok(ChargeState::Failed) => payment.failed_at_gateway(transaction, stamp),
        Ok(ChargeState::Waiting | ChargeState::Unheard) => {
            payment.postpone(transaction, LONGEST_WAIT, stamp)
        }
        Err(_) => payment.postpone(transaction, LONGEST_OUTAGE, stamp),
    }
}
