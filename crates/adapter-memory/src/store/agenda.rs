use std::collections::BTreeSet;

use ordersystem_delivery::{Delivery, Stage};
use ordersystem_inventory::{Reservation, ReservationState};
use ordersystem_order::{Order, OrderStatus};
use ordersystem_shared_kernel::{Aggregate, OrderId, ProductId, Timestamp};

/// The indexes by which due work is found without looking at every row: since when (or, for holds, until when).
#[derive(Debug, Default)]
pub(super) struct Agenda {
    pub(super) holds: BTreeSet<(Timestamp, OrderId, ProductId)>,
    pub(super) preparing: BTreeSet<(Timestamp, OrderId)>,
    pub(super) shipped: BTreeSet<(Timestamp, OrderId)>,
    pub(super) paid: BTreeSet<(Timestamp, OrderId)>,
}

impl Agenda {
    pub(super) fn order(&mut self, before: Option<&Order>, after: &Order) {
        if let Some(order) = before {
            self.paid.remove(&(order.updated_at(), order.id()));
        }
        if after.status() == OrderStatus::PaymentCompleted {
            self.paid.insert((after.updated_at(), after.id()));
        }
    }

    pub(super) fn delivery(&mut self, before: Option<&Delivery>, after: &Delivery) {
        if let Some(delivery) = before {
            self.preparing.remove(&(delivery.started_at(), delivery.order()));
            let shipment = delivery.shipment().map(|shipment| shipment.shipped_at);
            shipment.map(|at| self.shipped.remove(&(at, delivery.order())));
        }
        match after.stage() {
            Stage::Preparing => drop(self.preparing.insert((after.started_at(), after.order()))),
            Stage::Shipped(shipment) => {
                self.shipped.insert((shipment.shipped_at, after.order()));
            }
            Stage::Delivered { .. } | Stage::Cancelled { .. } => {}
        }
    }

    /// The expiry of a hold never changes, so the row before is found by the row after.
    pub(super) fn reservation(&mut self, after: &Reservation) {
        let key = (after.expires_at, after.order, after.product);
        if after.state == ReservationState::Held {
            self.holds.insert(key);
        } else {
            self.holds.remove(&key);
        }
    }
}
