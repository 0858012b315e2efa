use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::FutureExt;
use ordersystem_delivery::{
    Delivery, DeliveryError, DeliveryRepository, DeliveryService, DeliveryStatus,
    DeliveryTransition,
};
use ordersystem_shared_kernel::{
    Aggregate, Change, Coded, DeliveryId, ErrorKind, Expected, OrderId, RepositoryError, Version,
};

use crate::fixture::{DELIVERY, ORDER, Verb, arrival, stamp};

/// One delivery in RAM. Before each of the next `rivals` commits somebody else's change comes first.
#[derive(Default)]
struct OneDelivery {
    stored: Mutex<Option<Delivery>>,
    rivals: Mutex<Vec<Verb>>,
}

#[async_trait]
impl DeliveryRepository for OneDelivery {
    async fn delivery(&self, order: OrderId) -> Result<Option<Delivery>, RepositoryError> {
        Ok(self.stored.lock().unwrap().clone().filter(|delivery| delivery.order() == order))
    }

    async fn commit(&self, change: Change<Delivery>) -> Result<(), RepositoryError> {
        let mut stored = self.stored.lock().unwrap();
        if let Some(rival) = self.rivals.lock().unwrap().pop() {
            rival(stored.as_mut().unwrap(), stamp(90)).unwrap();
        }
        let expected = match change.expected() {
            Expected::Absent => None,
            Expected::At(version) => Some(version),
        };
        if stored.as_ref().map(Aggregate::version) != expected {
            return Err(RepositoryError::Conflict);
        }
        *stored = Some(change.state().clone());
        Ok(())
    }
}

/// A service with a prepared delivery.
fn prepared() -> (DeliveryService, Arc<OneDelivery>) {
    let deliveries = Arc::new(OneDelivery::default());
    let service = DeliveryService::new(deliveries.clone());
    now(service.prepare(DELIVERY, ORDER, "CJ대한통운".to_owned(), stamp(1))).unwrap();
    (service, deliveries)
}

fn ship(service: &DeliveryService) -> Result<Delivery, DeliveryError> {
    now(service.apply(ORDER, |delivery| delivery.ship(arrival(stamp(2)), stamp(2))))
}

/// The repository of these tests never waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().unwrap()
}

#[test]
fn load_decide_commit() {
    let (service, deliveries) = prepared();
    let shipped = ship(&service).unwrap();
    assert_eq!(shipped.version(), Version::new(2));
    assert_eq!(deliveries.stored.lock().unwrap().as_ref(), Some(&shipped));
    let delivered = now(service.apply(ORDER, |delivery| delivery.deliver(stamp(3)))).unwrap();
    assert_eq!(delivered.status(), DeliveryStatus::Delivered);
    assert_eq!(delivered.shipment(), shipped.shipment());
}

#[test]
fn who_was_faster_decides() {
    let (service, deliveries) = prepared();
    deliveries.rivals.lock().unwrap().push(Delivery::cancel);
    let (from, to) = (DeliveryStatus::Cancelled, DeliveryStatus::Shipped);
    assert_eq!(ship(&service), Err(DeliveryError::Illegal(DeliveryTransition { from, to })));
}

#[test]
fn a_conflict_is_decided_again_on_the_new_state() {
    let (service, deliveries) = prepared();
    let shipped_by_rival: Verb = |delivery, stamp| delivery.ship(arrival(stamp), stamp);
    deliveries.rivals.lock().unwrap().push(shipped_by_rival);
    // A verb that suits both states: call off what has not left, complete what has.
    let order = now(service.apply(ORDER, |delivery| match delivery.status() {
        DeliveryStatus::Shipped => delivery.deliver(stamp(2)),
        _ => delivery.cancel(stamp(2)),
    }));
    let order = order.unwrap();
    assert_eq!((order.status(), order.version()), (DeliveryStatus::Delivered, Version::new(3)));
}

#[test]
fn an_order_is_delivered_once() {
    let (service, _) = prepared();
    let again = now(service.prepare(DeliveryId::new(4), ORDER, "other".to_owned(), stamp(2)));
    assert_eq!(again, Err(DeliveryError::Repository(RepositoryError::Conflict)));
}

#[test]
fn refusals_have_codes() {
    let service = DeliveryService::new(Arc::new(OneDelivery::default()));
    let unknown = ship(&service).unwrap_err();
    assert_eq!((unknown.code(), unknown.kind()), ("DELIVERY_NOT_FOUND", ErrorKind::NotFound));
    let (service, _) = prepared();
    let early = now(service.apply(ORDER, |delivery| delivery.deliver(stamp(2)))).unwrap_err();
    assert_eq!((early.code(), early.kind()), ("INVALID_DELIVERY_TRANSITION", ErrorKind::Refused));
}
