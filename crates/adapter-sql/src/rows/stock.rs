use std::borrow::Cow;

use diesel::prelude::{Queryable, Selectable};
use diesel::result::Error as SqlError;

use ordersystem_inventory::{LedgerEntry, Reservation, ReservationState};
use ordersystem_shared_kernel::{OrderId, ProductId};

use super::value::{named, quantity};
use super::{Micros, UuidBytes};
use crate::schema::reservations;

#[derive(Queryable, Selectable)]
#[diesel(table_name = reservations)]
pub(crate) struct ReservationRow {
    pub(crate) order_id: i64,
    pub(crate) product_id: i64,
    pub(crate) quantity: i64,
    pub(crate) state: Cow<'static, str>,
    pub(crate) expires_at: Micros,
}

impl From<&Reservation> for ReservationRow {
    fn from(reservation: &Reservation) -> Self {
        Self {
            order_id: reservation.order.get(),
            product_id: reservation.product.get(),
            quantity: reservation.quantity.get(),
            state: Cow::Borrowed(reservation.state.as_str()),
            expires_at: Micros(reservation.expires_at),
        }
    }
}

impl ReservationRow {
    pub(crate) fn restore(self) -> Result<Reservation, SqlError> {
        let states = &ReservationState::ALL;
        Ok(Reservation {
            order: OrderId::new(self.order_id),
            product: ProductId::new(self.product_id),
            quantity: quantity("reservations.quantity", self.quantity)?,
            state: named("reservations.state", states, ReservationState::as_str, &self.state)?,
            expires_at: self.expires_at.0,
        })
    }
}

/// Written once, read by people and by checks of the invariants only.
pub(crate) struct LedgerRow {
    pub(crate) product_id: i64,
    pub(crate) version: i64,
    pub(crate) kind: &'static str,
    pub(crate) order_id: Option<i64>,
    pub(crate) reason: Option<String>,
    pub(crate) delta_total: i64,
    pub(crate) delta_reserved: i64,
    pub(crate) total_after: i64,
    pub(crate) reserved_after: i64,
    pub(crate) at: Micros,
    pub(crate) event_id: UuidBytes,
}

impl From<LedgerEntry> for LedgerRow {
    fn from(entry: LedgerEntry) -> Self {
        Self {
            product_id: entry.product.get(),
            version: entry.version.get(),
            kind: entry.kind.as_str(),
            order_id: entry.order.map(OrderId::get),
            reason: entry.reason,
            delta_total: entry.delta_total,
            delta_reserved: entry.delta_reserved,
            total_after: entry.total_after,
            reserved_after: entry.reserved_after,
            at: Micros(entry.at),
            event_id: UuidBytes(entry.event.get()),
        }
    }
}
