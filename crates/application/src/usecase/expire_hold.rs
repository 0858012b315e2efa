use ordersystem_inventory::MoveKind;
use ordersystem_order::{Cause, Order, OrderStatus};
use ordersystem_shared_kernel::{Aggregate, Change, OrderId};

use super::UseCases;
use crate::{OrderStepError, UnitOfWork};

impl UseCases {
    /// Cancels an order whose hold has run out. An order that was paid or cancelled meanwhile stays as it is: the state of
    /// the hold decides, not the clock.
    ///
    /// # Errors
    /// [`OrderStepError`].
    pub async fn expire_hold(&self, id: OrderId) -> Result<(), OrderStepError> {
        until_committed!(self, self.decide_expiry(self.load_order(id).await?)?);
        Ok(())
    }

    fn decide_expiry(&self, order: Order) -> Result<UnitOfWork, OrderStepError> {
        let id = order.id();
        let stock = self.moves(&order, |quantity| MoveKind::Expire { order: id, quantity });
        let status = order.status();
        let mut change = Change::of(order);
        match status {
            OrderStatus::Created => {}
            OrderStatus::PaymentRequested => {
                change.apply(|o| o.fail_payment(Cause::HoldExpired, self.stamp()))?;
            }
            _ => return Ok(UnitOfWork::default()),
        }
        change.apply(|order| order.cancel(Cause::HoldExpired, self.stamp()))?;
        Ok(UnitOfWork { orders: vec![change], stock, ..UnitOfWork::default() })
    }
}
