use std::time::Duration;

use ordersystem_order::OrderStatus;
use ordersystem_payment::{GatewayError, Refund};
use ordersystem_shared_kernel::{Change, OrderId};

use super::{Call, Tries, UseCases};
use crate::{DueRefund, Failure, OrderStepError, RefundOrderError, UnitOfWork};

/// The longest pause while the gateway does not answer: a refund is done within a minute after it does again.
const LONGEST_OUTAGE: Duration = Duration::from_secs(30);

/// The longest pause while the gateway refuses for good and a person has to act.
const LONGEST_REFUSAL: Duration = Duration::from_mins(5);

/// Orders whose money was taken and kept.
const PAID: [OrderStatus; 4] = [
    OrderStatus::PaymentCompleted,
    OrderStatus::ShipmentPreparing,
    OrderStatus::Shipped,
    OrderStatus::Delivered,
];

impl UseCases {
    /// Owes a part of a paid order's money back, in minor units and with the operator's reason. The order goes on.
    ///
    /// # Errors
    /// [`RefundOrderError`]; never more goes back than was taken.
    pub async fn refund_order(
        &self,
        id: OrderId,
        amount: i64,
        reason: String,
        call: Call<'_, Refund>,
    ) -> Result<Refund, RefundOrderError> {
        let mut tries = Tries::default();
        loop {
            let (unit, refund) = self.decide_refund(id, amount, &reason, &call).await?;
            if self.committed(unit, &mut tries).await? {
                return Ok(refund);
            }
        }
    }

    /// Asks the gateway to give the money back, and remembers what it says. Does nothing when it went back before.
    ///
    /// # Errors
    /// [`OrderStepError`]; the gateway's failures are none.
    pub async fn drive_refund(&self, due: DueRefund) -> Result<(), OrderStepError> {
        let payment = self.ports.store.payment(due.order).await?;
        let refund = payment.as_ref().and_then(|payment| payment.refund_number(due.number));
        let Some((payment, refund)) = payment.as_ref().zip(refund) else { return Ok(()) };
        if refund.state.retry().is_none() {
            return Ok(());
        }
        let answer = self.ports.gateway.refund(&payment.refund_order(refund)).await;
        if let Err(error) = &answer {
            tracing::warn!("결제 환불 지연: orderId={due}, {error}");
        }
        until_committed!(self, self.decide_refunded(due, &answer).await?);
        Ok(())
    }

    /// A cancellation that comes in between changes the payment's version.
    async fn decide_refund(
        &self,
        id: OrderId,
        amount: i64,
        reason: &str,
        call: &Call<'_, Refund>,
    ) -> Result<(UnitOfWork, Refund), RefundOrderError> {
        let order = self.ports.store.order(id).await?.ok_or(RefundOrderError::NotFound(id))?;
        let status = order.status();
        if !PAID.contains(&status) {
            return Err(RefundOrderError::NotPaid { order: id, status });
        }
        let payment = self.ports.store.payment(id).await?;
        let payment = payment.ok_or(Failure::Inconsistent("a paid order without a payment"))?;
        let mut change = Change::of(payment);
        change.apply(|payment| payment.refund(amount, reason.to_owned(), self.stamp()))?;
        let refund = change.state().refunds().last().cloned();
        let refund = refund.ok_or(Failure::Inconsistent("a refund that is not owed"))?;
        Ok((UnitOfWork { payments: vec![change], ..call.unit(&refund) }, refund))
    }

    async fn decide_refunded(
        &self,
        DueRefund { order, number }: DueRefund,
        answer: &Result<(), GatewayError>,
    ) -> Result<UnitOfWork, OrderStepError> {
        let payment = self.ports.store.payment(order).await?;
        let mut change = Change::of(payment.ok_or(OrderStepError::PaymentNotRequested(order))?);
        let stamp = self.stamp();
        let event = change.apply_if(|payment| match answer {
            Ok(()) => payment.refund_done(number, stamp),
            Err(GatewayError::Unavailable(_)) => {
                payment.postpone_refund(number, LONGEST_OUTAGE, stamp)
            }
            Err(GatewayError::Refused { code }) => {
                payment.refund_refused(number, code.clone(), LONGEST_REFUSAL, stamp)
            }
        });
        let payments = event.map(|_| change).into_iter().collect();
        Ok(UnitOfWork { payments, ..UnitOfWork::default() })
    }
}
