use ordersystem_delivery::DeliveryStatus::{
    self, Cancelled, Delivered, ShipmentPreparing, Shipped,
};
use ordersystem_delivery::{Delivery, DeliveryTransition, Stage, TrackingNumber};
use ordersystem_shared_kernel::{Aggregate, Timestamp, Version};
use proptest::prelude::*;

use crate::fixture::{DELIVERY, ORDER, arrival, delivery_in, prepared, stamp, verb};

const ALLOWED: [(DeliveryStatus, DeliveryStatus); 3] =
    [(ShipmentPreparing, Shipped), (ShipmentPreparing, Cancelled), (Shipped, Delivered)];

fn check(from: DeliveryStatus, to: DeliveryStatus) {
    let Some(verb) = verb(to) else { return };
    let before = delivery_in(from);
    let mut delivery = before.clone();
    match verb(&mut delivery, stamp(9)) {
        Ok(event) => {
            assert!(ALLOWED.contains(&(from, to)), "{from} to {to}");
            assert_eq!((event.id, event.at), (stamp(9).event, stamp(9).at));
            assert_eq!((event.order, event.status), (ORDER, to));
            assert_eq!((delivery.status(), delivery.version()), (to, before.version().next()));
        }
        Err(refusal) => {
            assert!(!ALLOWED.contains(&(from, to)), "{from} to {to}");
            assert_eq!(refusal, DeliveryTransition { from, to });
            assert_eq!(delivery, before, "a refused verb changes nothing");
        }
    }
}

#[test]
fn the_whole_matrix() {
    for from in DeliveryStatus::ALL {
        for to in DeliveryStatus::ALL {
            check(from, to);
        }
    }
}

#[test]
fn each_stage_has_exactly_its_data() {
    let data = |status| {
        let delivery = delivery_in(status);
        (delivery.shipment().is_some(), delivery.completed_at())
    };
    assert_eq!(data(ShipmentPreparing), (false, None));
    assert_eq!(data(Shipped), (true, None));
    assert_eq!(data(Delivered), (true, Some(stamp(3).at)));
    assert_eq!(data(Cancelled), (false, None));
    assert_eq!(*delivery_in(Cancelled).stage(), Stage::Cancelled { at: stamp(3).at });
}

#[test]
fn a_new_delivery_waits_for_its_carrier() {
    let delivery = prepared();
    assert_eq!((delivery.id(), delivery.order()), (DELIVERY, ORDER));
    assert_eq!((delivery.courier(), delivery.started_at()), ("CJ대한통운", stamp(1).at));
    assert_eq!(delivery.version(), Version::FIRST);
}

#[test]
fn the_tracking_number_names_order_and_moment_in_digits() {
    let number = |order, millis: i64| {
        let at = Timestamp::from_micros(millis * 1_000 + 999);
        TrackingNumber::new(ordersystem_shared_kernel::OrderId::new(order), at).to_string()
    };
    assert_eq!(number(1, 98_765), "TRACK-1-98765");
    assert_eq!(number(i64::MAX, 0), "TRACK-9223372036854775807-0");
    assert_eq!(number(7, 1_749_794_391_092), "TRACK-7-1749794391092");
}

/// Tracking number, moment and estimate of shipping, as a customer sees them.
fn shown(delivery: &Delivery) -> Option<(String, Timestamp, Timestamp)> {
    let shipment = delivery.shipment()?;
    Some((shipment.tracking.to_string(), shipment.shipped_at, shipment.estimated_arrival))
}

proptest! {
    #[test]
    fn what_is_fixed_at_shipping_never_changes(
        verbs in prop::collection::vec(prop::sample::select(&DeliveryStatus::ALL[1..]), 0..20)
    ) {
        let mut delivery = prepared();
        let mut fixed = None;
        for (n, to) in (2..).zip(verbs) {
            let worked = verb(to).unwrap()(&mut delivery, stamp(n)).is_ok();
            if worked && to == Shipped {
                prop_assert_eq!(&fixed, &None);
                let number = format!("TRACK-7-{}000", n);
                fixed = Some((number, stamp(n).at, arrival(stamp(n))));
            }
            prop_assert_eq!(shown(&delivery), fixed.clone());
            prop_assert_eq!(delivery.started_at(), stamp(1).at);
        }
    }
}
