use std::sync::Arc;

use ordersystem_shared_kernel::{Change, OrderId, RepositoryError, Stamp};

use crate::{Cause, IllegalTransition, Order, OrderError, OrderEvent, OrderLines, OrderRepository};

/// The life of an order over a repository of one's own: load, decide, commit.
#[derive(Clone)]
pub struct OrderService {
    orders: Arc<dyn OrderRepository>,
}

impl OrderService {
    /// How often a step is decided again when others are faster.
    const ATTEMPTS: usize = 16;

    /// Works on any adapter of the port.
    pub fn new(orders: Arc<dyn OrderRepository>) -> Self {
        Self { orders }
    }

    /// Accepts an order under an id that the caller chose.
    ///
    /// # Errors
    /// [`RepositoryError::Conflict`] when the id is taken.
    pub async fn place(
        &self,
        id: OrderId,
        lines: OrderLines,
        stamp: Stamp,
    ) -> Result<Order, OrderError> {
        let change = Change::created(Order::place(id, lines, stamp));
        let order = change.state().clone();
        self.orders.commit(change).await?;
        Ok(order)
    }

    /// Applies one verb of [`Order`], for example `|order| order.request_payment(stamp)`.
    ///
    /// # Errors
    /// An unknown order, a forbidden transition, or a repository that failed; nothing is stored then.
    pub async fn apply(
        &self,
        id: OrderId,
        verb: impl Fn(&mut Order) -> Result<OrderEvent, IllegalTransition> + Send,
    ) -> Result<Order, OrderError> {
        for _ in 0..Self::ATTEMPTS {
            let order = self.orders.order(id).await?.ok_or(OrderError::NotFound(id))?;
            let mut change = Change::of(order);
            change.apply(&verb)?;
            let order = change.state().clone();
            match self.orders.commit(change).await {
                Err(RepositoryError::Conflict) => {}
                result => return Ok(result.map(|()| order)?),
            }
        }
        Err(RepositoryError::Conflict.into())
    }

    /// Cancels for the customer.
    ///
    /// # Errors
    /// As [`Self::apply`].
    pub async fn cancel(&self, id: OrderId, stamp: Stamp) -> Result<Order, OrderError> {
        self.apply(id, |order| order.cancel(Cause::Customer, stamp)).await
    }
}
