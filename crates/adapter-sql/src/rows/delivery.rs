use std::borrow::Cow;

use diesel::prelude::{Queryable, Selectable};
use diesel::result::Error as SqlError;

use ordersystem_delivery::{Delivery, Shipment, Stage, TrackingNumber};
use ordersystem_shared_kernel::{Aggregate, DeliveryId, OrderId, Version};

use super::Micros;
use super::value::corrupt;
use crate::schema::deliveries;

#[derive(Queryable, Selectable)]
#[diesel(table_name = deliveries)]
pub(crate) struct DeliveryRow {
    pub(crate) id: i64,
    pub(crate) order_id: i64,
    pub(crate) courier: String,
    pub(crate) status: Cow<'static, str>,
    pub(crate) started_at: Micros,
    pub(crate) tracking_number: Option<String>,
    pub(crate) shipped_at: Option<Micros>,
    pub(crate) estimated_arrival: Option<Micros>,
    pub(crate) completed_at: Option<Micros>,
    pub(crate) cancelled_at: Option<Micros>,
    pub(crate) version: i64,
}

/// What changes in a delivery after it was prepared.
pub(crate) struct DeliveryUpdate<'a> {
    pub(crate) id: i64,
    pub(crate) status: &'static str,
    pub(crate) tracking_number: Option<&'a str>,
    pub(crate) shipped_at: Option<Micros>,
    pub(crate) estimated_arrival: Option<Micros>,
    pub(crate) completed_at: Option<Micros>,
    pub(crate) cancelled_at: Option<Micros>,
    pub(crate) version: i64,
}

impl From<&Delivery> for DeliveryRow {
    fn from(delivery: &Delivery) -> Self {
        let changing = DeliveryUpdate::from(delivery);
        Self {
            id: changing.id,
            order_id: delivery.order().get(),
            courier: delivery.courier().to_owned(),
            status: Cow::Borrowed(changing.status),
            started_at: Micros(delivery.started_at()),
            tracking_number: changing.tracking_number.map(str::to_owned),
            shipped_at: changing.shipped_at,
            estimated_arrival: changing.estimated_arrival,
            completed_at: changing.completed_at,
            cancelled_at: changing.cancelled_at,
            version: changing.version,
        }
    }
}

impl<'a> From<&'a Delivery> for DeliveryUpdate<'a> {
    fn from(delivery: &'a Delivery) -> Self {
        let shipment = delivery.shipment();
        let cancelled_at = match delivery.stage() {
            Stage::Cancelled { at } => Some(Micros(*at)),
            Stage::Preparing | Stage::Shipped(_) | Stage::Delivered { .. } => None,
        };
        Self {
            id: delivery.id().get(),
            status: delivery.status().as_str(),
            tracking_number: shipment.map(|shipment| shipment.tracking.as_str()),
            shipped_at: shipment.map(|shipment| Micros(shipment.shipped_at)),
            estimated_arrival: shipment.map(|shipment| Micros(shipment.estimated_arrival)),
            completed_at: delivery.completed_at().map(Micros),
            cancelled_at,
            version: delivery.version().get(),
        }
    }
}

impl DeliveryRow {
    pub(crate) fn restore(self) -> Result<Delivery, SqlError> {
        let stage = self.stage()?;
        Ok(Delivery::restore(
            DeliveryId::new(self.id),
            OrderId::new(self.order_id),
            self.courier,
            self.started_at.0,
            stage,
            Version::new(self.version),
        ))
    }

    fn stage(&self) -> Result<Stage, SqlError> {
        match (&*self.status, self.shipment(), self.completed_at, self.cancelled_at) {
            ("SHIPMENT_PREPARING", None, None, None) => Ok(Stage::Preparing),
            ("SHIPPED", Some(shipment), None, None) => Ok(Stage::Shipped(shipment)),
            ("DELIVERED", Some(shipment), Some(Micros(completed_at)), None) => {
                Ok(Stage::Delivered { shipment, completed_at })
            }
            ("CANCELLED", None, None, Some(Micros(at))) => Ok(Stage::Cancelled { at }),
            _ => Err(corrupt("deliveries.status", &self.status)),
        }
    }

    fn shipment(&self) -> Option<Shipment> {
        Some(Shipment {
            tracking: TrackingNumber::restore(self.tracking_number.clone()?),
            shipped_at: self.shipped_at?.0,
            estimated_arrival: self.estimated_arrival?.0,
        })
    }
}
