use ordersystem_delivery::Delivery;
use ordersystem_inventory::MoveKind;
use ordersystem_order::{Cause, Order, OrderStatus};
use ordersystem_payment::{Payment, RefundReason};
use ordersystem_shared_kernel::{Aggregate, Bug, Change, OrderId, Stamp, seeded};

use super::{Call, UseCases, release};
use crate::{Failure, OrderStepError, UnitOfWork};

impl UseCases {
    /// Ends an order for its customer: stock and money go back. A cancelled order stays as it is.
    ///
    /// # Errors
    /// [`OrderStepError`]; shipped and delivered orders are not cancelled.
    pub async fn cancel_order(
        &self,
        id: OrderId,
        call: Call<'_, ()>,
    ) -> Result<(), OrderStepError> {
        until_committed!(self, self.decide_cancellation(id, &call).await?);
        Ok(())
    }

    async fn decide_cancellation(
        &self,
        id: OrderId,
        call: &Call<'_, ()>,
    ) -> Result<UnitOfWork, OrderStepError> {
        let order = self.load_order(id).await?;
        call.check_version(order.version())?;
        match order.status() {
            OrderStatus::Cancelled if seeded(Bug::ReleaseTwice) => {
                let stock = self.moves(&order, release(&order));
                Ok(UnitOfWork { stock, ..call.unit(&()) })
            }
            OrderStatus::Cancelled => Ok(call.unit(&())),
            _ => self.cancelled(call.unit(&()), order).await,
        }
    }

    async fn cancelled(
        &self,
        unit: UnitOfWork,
        order: Order,
    ) -> Result<UnitOfWork, OrderStepError> {
        let before = order.status();
        let stamp = self.stamp();
        let mut change = Change::of(order);
        change.apply(|order| order.cancel(Cause::Customer, stamp))?;
        let order = change.state().clone();
        let mut unit = UnitOfWork { orders: vec![change], ..unit };
        let returns = seeded(Bug::ReturnAfterShipping) && before == OrderStatus::Shipped;
        if matches!(before, OrderStatus::PaymentCompleted | OrderStatus::ShipmentPreparing)
            || returns
        {
            let id = order.id();
            unit.stock = self.moves(&order, |quantity| MoveKind::Return { order: id, quantity });
            unit.payments = self.given_back(id).await?;
            unit.deliveries = self.called_off(id, stamp).await?;
        } else {
            unit.stock = self.moves(&order, release(&order));
        }
        Ok(unit)
    }

    /// Owes what an operator has not given back before, which may be nothing.
    async fn given_back(&self, order: OrderId) -> Result<Vec<Change<Payment>>, OrderStepError> {
        let payment = self.ports.store.payment(order).await?;
        let payment = payment.filter(|payment| payment.captured().is_some());
        let payment =
            payment.ok_or(Failure::Inconsistent("a paid order without a captured payment"))?;
        let (mut change, stamp) = (Change::of(payment), self.stamp());
        let owed = change.apply_if(|p| p.give_back(RefundReason::OrderCancelled, stamp));
        Ok(owed.map(|_| change).into_iter().collect())
    }

    async fn called_off(
        &self,
        order: OrderId,
        stamp: Stamp,
    ) -> Result<Vec<Change<Delivery>>, OrderStepError> {
        let Some(delivery) = self.ports.store.delivery(order).await? else { return Ok(Vec::new()) };
        if seeded(Bug::DeliveryNotCancelled) {
            return Ok(Vec::new());
        }
        let mut change = Change::of(delivery);
        // A delivery that has moved on since the order was loaded is a conflict that the commit finds.
        let cancelled = change.apply(|delivery| delivery.cancel(stamp));
        Ok(cancelled.map_or_else(|_| Vec::new(), |()| vec![change]))
    }
}
