//! The delivery domain alone, in a program that has its own idea of storage: one map behind a lock.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use chrono_tz::Asia::Seoul;
use futures_util::FutureExt;
use ordersystem_delivery::{
    Delivery, DeliveryError, DeliveryRepository, DeliveryService, DeliveryStatus, estimated_arrival,
};
use ordersystem_shared_kernel::{
    Aggregate, Change, DeliveryId, EventId, Expected, OrderId, RepositoryError, Stamp, Timestamp,
};
use uuid::Uuid;

/// Everything that the domain asks of storage; one delivery per order, so the order is the key.
#[derive(Default)]
struct Deliveries(Mutex<HashMap<i64, Delivery>>);

#[async_trait]
impl DeliveryRepository for Deliveries {
    async fn delivery(&self, order: OrderId) -> Result<Option<Delivery>, RepositoryError> {
        let deliveries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(deliveries.get(&order.get()).cloned())
    }

    async fn commit(&self, change: Change<Delivery>) -> Result<(), RepositoryError> {
        let mut deliveries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = change.state().order().get();
        let present = deliveries.get(&key).map(Aggregate::version);
        let expected = match change.expected() {
            Expected::Absent => None,
            Expected::At(version) => Some(version),
        };
        if present != expected {
            return Err(RepositoryError::Conflict);
        }
        deliveries.insert(key, change.state().clone());
        Ok(())
    }
}

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let service = DeliveryService::new(Arc::new(Deliveries::default()));
    let order = OrderId::new(7);

    let courier = "CJ대한통운".to_owned();
    now(service.prepare(DeliveryId::new(1), order, courier, stamp(1)))??;

    let (arrival, leaves) = (estimated_arrival(stamp(2).at, &Seoul), stamp(2));
    let shipped = now(service.apply(order, |delivery| delivery.ship(arrival, leaves)))??;
    let shipment = shipped.shipment().ok_or("it has just left")?;
    assert_eq!(shipment.tracking.as_str(), "TRACK-7-2000");
    assert_eq!(shipment.estimated_arrival.to_string(), "1970-01-02T09:00:00Z");

    let too_late = now(service.apply(order, |delivery| delivery.cancel(stamp(3))))?;
    assert!(matches!(too_late, Err(DeliveryError::Illegal(_))));

    let arrived = now(service.apply(order, |delivery| delivery.deliver(stamp(4))))??;
    assert_eq!(arrived.status(), DeliveryStatus::Delivered);
    assert_eq!(arrived.shipment(), shipped.shipment());
    Ok(())
}

/// Your clock and your source of event ids; the domain has neither.
fn stamp(second: u32) -> Stamp {
    let event = EventId::new(Uuid::from_u128(second.into()));
    Stamp { at: Timestamp::from_micros(i64::from(second) * 1_000_000), event }
}

/// A repository in RAM answers at once, so no runtime is needed.
fn now<T>(answer: impl Future<Output = T>) -> Result<T, &'static str> {
    answer.now_or_never().ok_or("the repository waits for something")
}
