use std::collections::BTreeSet;

use ordersystem_application::DueRefund;
use ordersystem_delivery::{Delivery, Stage};
use ordersystem_inventory::{Reservation, ReservationState};
use ordersystem_order::{Order, OrderStatus};
use ordersystem_payment::Payment;
use ordersystem_shared_kernel::{Aggregate, OrderId, ProductId, Timestamp};

/// The indexes by which due work is found without looking at every row: since when (or, for holds, until when).
#[derive(Debug, Default)]
pub(super) struct Agenda {
    pub(super) holds: BTreeSet<(Timestamp, OrderId, ProductId)>,
    pub(super) preparing: BTreeSet<(Timestamp, OrderId)>,
    pub(super) shipped: BTreeSet<(Timestamp, OrderId)>,
    pub(super) paid: BTreeSet<(Timestamp, OrderId)>,
    pub(super) charges: BTreeSet<(Timestamp, OrderId)>,
    pub(super) refunds: BTreeSet<(Timestamp, DueRefund)>,
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

    pub(super) fn reservation(&mut self, before: Option<&Reservation>, after: &Reservation) {
        let key = |hold: &Reservation| (hold.expires_at, hold.order, hold.product);
        before.map(|hold| self.holds.remove(&key(hold)));
        if after.state == ReservationState::Held {
            self.holds.insert(key(after));
        }
    }

    pub(super) fn payment(&mut self, before: Option<&Payment>, after: &Payment) {
        if let Some(payment) = before {
            charges(payment).for_each(|due| _ = self.charges.remove(&due));
            refunds(payment).for_each(|due| _ = self.refunds.remove(&due));
        }
        self.charges.extend(charges(after));
        self.refunds.extend(refunds(after));
    }
}

fn charges(payment: &Payment) -> impl Iterator<Item = (Timestamp, OrderId)> {
    let retries = payment.attempts().iter().filter_map(|attempt| attempt.outcome.retry());
    retries.map(|retry| (retry.next_at, payment.id()))
}

fn refunds(payment: &Payment) -> impl Iterator<Item = (Timestamp, DueRefund)> {
    payment.refunds().iter().filter_map(|refund| {
        let due = DueRefund { order: payment.id(), number: refund.number };
        refund.state.retry().map(|retry| (retry.next_at, due))
    })
}
