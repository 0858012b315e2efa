use ordersystem_delivery::{Delivery, DeliveryStatus, estimated_arrival};
use ordersystem_order::{Cause, IllegalTransition, Order, OrderStatus};
use ordersystem_shared_kernel::{Aggregate, Change, OrderId};

use super::{Call, Tries, UseCases};
use crate::{DeliveryStepError, Failure, OrderStepError, UnitOfWork};

/// Orders that need no preparation: they are beyond it, or ended.
const BEYOND_PREPARATION: [OrderStatus; 4] = [
    OrderStatus::ShipmentPreparing,
    OrderStatus::Shipped,
    OrderStatus::Delivered,
    OrderStatus::Cancelled,
];

impl UseCases {
    /// Creates the delivery of a paid order. An order that is beyond that point, or cancelled, stays as it is.
    ///
    /// # Errors
    /// [`OrderStepError`]; an order that is not paid yet is refused.
    pub async fn start_shipment(
        &self,
        id: OrderId,
        call: Call<'_, ()>,
    ) -> Result<(), OrderStepError> {
        until_committed!(self, self.decide_preparation(id, &call).await?);
        Ok(())
    }

    /// Hands the parcel to the carrier. A shipped delivery stays as it is.
    ///
    /// # Errors
    /// [`DeliveryStepError`].
    pub async fn ship(
        &self,
        id: OrderId,
        cause: Cause,
        call: Call<'_, ()>,
    ) -> Result<(), DeliveryStepError> {
        until_committed!(self, self.decide_shipping(id, cause, &call).await?);
        Ok(())
    }

    /// The parcel has arrived. A completed delivery stays as it is.
    ///
    /// # Errors
    /// [`DeliveryStepError`].
    pub async fn deliver(
        &self,
        id: OrderId,
        cause: Cause,
        call: Call<'_, ()>,
    ) -> Result<(), DeliveryStepError> {
        until_committed!(self, self.decide_arrival(id, cause, &call).await?);
        Ok(())
    }

    async fn decide_preparation(
        &self,
        id: OrderId,
        call: &Call<'_, ()>,
    ) -> Result<UnitOfWork, OrderStepError> {
        let order = self.load_order(id).await?;
        if BEYOND_PREPARATION.contains(&order.status()) {
            return Ok(call.unit(&()));
        }
        let mut change = Change::of(order);
        change.apply(|order| order.prepare_shipment(self.stamp()))?;
        let number = self.ports.numbers.next_delivery().await?;
        let delivery = Delivery::prepare(number, id, self.policy.courier.clone(), self.stamp());
        let deliveries = vec![Change::created(delivery)];
        Ok(UnitOfWork { orders: vec![change], deliveries, ..call.unit(&()) })
    }

    async fn decide_shipping(
        &self,
        id: OrderId,
        cause: Cause,
        call: &Call<'_, ()>,
    ) -> Result<UnitOfWork, DeliveryStepError> {
        let (order, delivery) = self.load_delivery(id, call).await?;
        if delivery.status() == DeliveryStatus::Shipped {
            return Ok(call.unit(&()));
        }
        let stamp = self.stamp();
        let arrival = estimated_arrival(stamp.at, &self.policy.zone);
        let mut delivery = Change::of(delivery);
        delivery.apply(|delivery| delivery.ship(arrival, stamp))?;
        let mut order = Change::of(order);
        order.apply(|order| order.ship(cause, self.stamp())).map_err(disagreeing)?;
        Ok(UnitOfWork { orders: vec![order], deliveries: vec![delivery], ..call.unit(&()) })
    }

    async fn decide_arrival(
        &self,
        id: OrderId,
        cause: Cause,
        call: &Call<'_, ()>,
    ) -> Result<UnitOfWork, DeliveryStepError> {
        let (order, delivery) = self.load_delivery(id, call).await?;
        if delivery.status() == DeliveryStatus::Delivered {
            return Ok(call.unit(&()));
        }
        let mut delivery = Change::of(delivery);
        delivery.apply(|delivery| delivery.deliver(self.stamp()))?;
        let mut order = Change::of(order);
        order.apply(|order| order.deliver(cause, self.stamp())).map_err(disagreeing)?;
        Ok(UnitOfWork { orders: vec![order], deliveries: vec![delivery], ..call.unit(&()) })
    }

    async fn load_delivery(
        &self,
        id: OrderId,
        call: &Call<'_, ()>,
    ) -> Result<(Order, Delivery), DeliveryStepError> {
        let mut tries = Tries::default();
        loop {
            let order = self.ports.store.order(id).await?.ok_or(DeliveryStepError::NotFound(id))?;
            let delivery = self.ports.store.delivery(id).await?;
            let delivery = delivery.ok_or(DeliveryStepError::NotFound(id))?;
            // They change together: where they differ, a commit came between the two reads.
            if order.status().as_str() == delivery.status().as_str() {
                call.check_version(delivery.version())?;
                return Ok((order, delivery));
            }
            tries.another()?;
        }
    }
}

/// The delivery agreed to a step and its order, in the same state, did not.
const fn disagreeing(_: IllegalTransition) -> Failure {
    Failure::Inconsistent("an order and its delivery disagree")
}
