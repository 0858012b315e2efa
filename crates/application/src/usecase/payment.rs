use ordersystem_inventory::MoveKind;
use ordersystem_order::{Cause, Order, OrderStatus};
use ordersystem_payment::{
    GatewayOutcome, Payment, PaymentEvent, PaymentEventKind, Refund, RefundReason,
};
use ordersystem_shared_kernel::{Aggregate, Change, OrderId};

use super::{Call, UseCases, release};
use crate::{OrderStepError, UnitOfWork};

impl UseCases {
    /// Asks the gateway for the order's total. Asking again while the gateway decides changes nothing.
    ///
    /// # Errors
    /// [`OrderStepError`]; only CREATED orders can be paid.
    pub async fn request_payment(
        &self,
        id: OrderId,
        call: Call<'_, ()>,
    ) -> Result<(), OrderStepError> {
        until_committed!(self, self.decide_payment_request(id, &call).await?);
        Ok(())
    }

    /// Records what the gateway reports, with everything that follows: the stock is sold or given back, the order is paid
    /// or cancelled, or money that came too late is owed back. Repeats and contradictions change nothing.
    ///
    /// # Errors
    /// [`OrderStepError`]; among them a payment that was never requested.
    pub async fn settle_payment(
        &self,
        id: OrderId,
        outcome: GatewayOutcome,
        call: Call<'_, ()>,
    ) -> Result<(), OrderStepError> {
        until_committed!(self, self.decide_settlement(id, outcome, &call).await?);
        Ok(())
    }

    async fn decide_payment_request(
        &self,
        id: OrderId,
        call: &Call<'_, ()>,
    ) -> Result<UnitOfWork, OrderStepError> {
        let order = self.load_order(id).await?;
        call.check_version(order.version())?;
        let unit = call.unit(&());
        if order.status() == OrderStatus::PaymentRequested {
            return Ok(unit);
        }
        let payment = Payment::request(id, order.lines().total(), self.transaction(), self.stamp());
        let mut change = Change::of(order);
        change.apply(|order| order.request_payment(self.stamp()))?;
        Ok(UnitOfWork { orders: vec![change], payments: vec![Change::created(payment)], ..unit })
    }

    async fn decide_settlement(
        &self,
        id: OrderId,
        outcome: GatewayOutcome,
        call: &Call<'_, ()>,
    ) -> Result<UnitOfWork, OrderStepError> {
        let order = self.load_order(id).await?;
        let payment = self.ports.store.payment(id).await?;
        let mut settled = Change::of(payment.ok_or(OrderStepError::PaymentNotRequested(id))?);
        let (late, stamp) = (self.transaction(), self.stamp());
        match settled.apply_if(|payment| payment.settle(outcome, late, stamp)) {
            None => Ok(call.unit(&())),
            Some(event) => self.settled(call.unit(&()), order, settled, event),
        }
    }

    fn settled(
        &self,
        unit: UnitOfWork,
        order: Order,
        payment: Change<Payment>,
        event: PaymentEvent,
    ) -> Result<UnitOfWork, OrderStepError> {
        let unit = match (event.kind, order.status()) {
            (PaymentEventKind::Captured, OrderStatus::Cancelled) => {
                let (id, amount) = (order.id(), payment.state().amount());
                let reason = RefundReason::LateSuccess;
                let refund = Refund::owed(id, event.transaction, amount, reason, event.at);
                UnitOfWork { refunds: vec![refund], ..unit }
            }
            (PaymentEventKind::Captured, _) => self.paid(unit, order)?,
            (_, OrderStatus::Cancelled) => unit,
            (_, _) => self.payment_failed(unit, order)?,
        };
        Ok(UnitOfWork { payments: vec![payment], ..unit })
    }

    fn paid(&self, unit: UnitOfWork, order: Order) -> Result<UnitOfWork, OrderStepError> {
        let id = order.id();
        let stock = self.moves(&order, |quantity| MoveKind::Confirm { order: id, quantity });
        let mut change = Change::of(order);
        change.apply(|order| order.complete_payment(self.stamp()))?;
        Ok(UnitOfWork { orders: vec![change], stock, ..unit })
    }

    fn payment_failed(&self, unit: UnitOfWork, order: Order) -> Result<UnitOfWork, OrderStepError> {
        let stock = self.moves(&order, release(&order));
        let mut change = Change::of(order);
        change.apply(|order| order.fail_payment(Cause::PaymentGateway, self.stamp()))?;
        change.apply(|order| order.cancel(Cause::Automatic, self.stamp()))?;
        Ok(UnitOfWork { orders: vec![change], stock, ..unit })
    }
}
