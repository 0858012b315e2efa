use std::sync::Arc;

use ordersystem_shared_kernel::{Change, DeliveryId, OrderId, RepositoryError, Stamp};

use crate::{Delivery, DeliveryError, DeliveryEvent, DeliveryRepository, DeliveryTransition};

/// Deliveries over a repository of one's own: load, decide, commit.
#[derive(Clone)]
pub struct DeliveryService {
    deliveries: Arc<dyn DeliveryRepository>,
}

impl DeliveryService {
    /// How often a step is decided again when others are faster.
    const ATTEMPTS: usize = 16;

    /// Works on any adapter of the port.
    pub fn new(deliveries: Arc<dyn DeliveryRepository>) -> Self {
        Self { deliveries }
    }

    /// Starts the delivery of an order.
    ///
    /// # Errors
    /// [`RepositoryError::Conflict`] when the order has a delivery already.
    pub async fn prepare(
        &self,
        id: DeliveryId,
        order: OrderId,
        courier: String,
        stamp: Stamp,
    ) -> Result<Delivery, DeliveryError> {
        let change = Change::created(Delivery::prepare(id, order, courier, stamp));
        let delivery = change.state().clone();
        self.deliveries.commit(change).await?;
        Ok(delivery)
    }

    /// Applies one verb of [`Delivery`], for example `|delivery| delivery.deliver(stamp)`.
    ///
    /// # Errors
    /// No delivery, a forbidden step, or a repository that failed; nothing is stored then.
    pub async fn apply(
        &self,
        order: OrderId,
        verb: impl Fn(&mut Delivery) -> Result<DeliveryEvent, DeliveryTransition> + Send,
    ) -> Result<Delivery, DeliveryError> {
        for _ in 0..Self::ATTEMPTS {
            let delivery = self.deliveries.delivery(order).await?;
            let mut change = Change::of(delivery.ok_or(DeliveryError::NotFound(order))?);
            change.apply(&verb)?;
            let delivery = change.state().clone();
            match self.deliveries.commit(change).await {
                Err(RepositoryError::Conflict) => {}
                result => return Ok(result.map(|()| delivery)?),
            }
        }
        Err(RepositoryError::Conflict.into())
    }
}
