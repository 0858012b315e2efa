use ordersystem_delivery::{Delivery, DeliveryEvent, DeliveryStatus, DeliveryTransition};
use ordersystem_shared_kernel::{DeliveryId, EventId, OrderId, Stamp, Timestamp};
use uuid::Uuid;

pub(crate) const ORDER: OrderId = OrderId::new(7);
pub(crate) const DELIVERY: DeliveryId = DeliveryId::new(3);

pub(crate) type Verb = fn(&mut Delivery, Stamp) -> Result<DeliveryEvent, DeliveryTransition>;

/// The verb that leads to each status; a delivery begins by preparing it.
pub(crate) fn verb(to: DeliveryStatus) -> Option<Verb> {
    match to {
        DeliveryStatus::ShipmentPreparing => None,
        DeliveryStatus::Shipped => Some(|delivery, stamp| delivery.ship(arrival(stamp), stamp)),
        DeliveryStatus::Delivered => Some(Delivery::deliver),
        DeliveryStatus::Cancelled => Some(Delivery::cancel),
    }
}

/// The `n`th second with the `n`th event id.
pub(crate) fn stamp(n: u32) -> Stamp {
    let event = EventId::new(Uuid::from_u128(n.into()));
    Stamp { at: Timestamp::from_micros(i64::from(n) * 1_000_000), event }
}

/// An estimate that tells at which stamp it was made.
pub(crate) fn arrival(stamp: Stamp) -> Timestamp {
    stamp.at.after(std::time::Duration::from_hours(24))
}

pub(crate) fn prepared() -> Delivery {
    Delivery::prepare(DELIVERY, ORDER, "CJ대한통운".to_owned(), stamp(1)).0
}

/// A delivery that took the shortest way to the status.
pub(crate) fn delivery_in(status: DeliveryStatus) -> Delivery {
    let mut delivery = prepared();
    if status == DeliveryStatus::Delivered {
        delivery.ship(arrival(stamp(2)), stamp(2)).unwrap();
    }
    if let Some(verb) = verb(status) {
        verb(&mut delivery, stamp(3)).unwrap();
    }
    delivery
}
