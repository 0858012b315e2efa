use ordersystem_inventory::{MoveKind, ReservationState};
use ordersystem_order::{Cause, OrderStatus};
use ordersystem_shared_kernel::{Bug, Change, OrderId, seeded};

use super::UseCases;
use crate::{OrderStepError, UnitOfWork};

impl UseCases {
    /// Cancels an order whose hold has run out. An order that was paid, cancelled or given more time meanwhile stays as it
    /// is: the state of the hold decides, the clock only says when to look. What the gateway takes later goes back.
    ///
    /// # Errors
    /// [`OrderStepError`].
    pub async fn expire_hold(&self, id: OrderId) -> Result<(), OrderStepError> {
        until_committed!(self, self.decide_expiry(id).await?);
        Ok(())
    }

    /// The order is loaded first: an extension that comes in between changes its version.
    async fn decide_expiry(&self, id: OrderId) -> Result<UnitOfWork, OrderStepError> {
        let order = self.load_order(id).await?;
        let (holds, now) = (self.ports.store.reservations(id).await?, self.ports.clock.now());
        let held = holds.iter().filter(|hold| hold.state == ReservationState::Held);
        let is_due = held.map(|hold| hold.expires_at).any(|until| until <= now);
        if !is_due && !seeded(Bug::DueWithoutGuard) {
            return Ok(UnitOfWork::default());
        }
        let stock = self.moves(&order, |quantity| MoveKind::Expire { order: id, quantity });
        let status = order.status();
        let mut change = Change::of(order);
        match status {
            OrderStatus::Created => {}
            OrderStatus::PaymentRequested => {
                change.apply(|o| o.fail_payment(Cause::HoldExpired, self.stamp()))?;
            }
            OrderStatus::PaymentCompleted if seeded(Bug::DueWithoutGuard) => {}
            _ => return Ok(UnitOfWork::default()),
        }
        change.apply(|order| order.cancel(Cause::HoldExpired, self.stamp()))?;
        Ok(UnitOfWork { orders: vec![change], stock, ..UnitOfWork::default() })
    }
}
