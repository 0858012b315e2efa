use ordersystem_shared_kernel::{Aggregate, DeliveryId, OrderId, Stamp, Timestamp, Version};

use crate::{DeliveryEvent, DeliveryStatus, DeliveryTransition, Shipment, Stage, TrackingNumber};

/// Bringing one paid order to its customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    id: DeliveryId,
    order: OrderId,
    courier: String,
    started_at: Timestamp,
    stage: Stage,
    version: Version,
}

impl Delivery {
    /// Creates the delivery of a paid order; the shipping delay counts from here.
    pub fn prepare(
        id: DeliveryId,
        order: OrderId,
        courier: String,
        stamp: Stamp,
    ) -> (Self, DeliveryEvent) {
        let delivery = Self {
            id,
            order,
            courier,
            started_at: stamp.at,
            stage: Stage::Preparing,
            version: Version::FIRST,
        };
        let event = delivery.event(stamp);
        (delivery, event)
    }

    /// Rebuilds a delivery from what a store kept.
    pub const fn restore(
        id: DeliveryId,
        order: OrderId,
        courier: String,
        started_at: Timestamp,
        stage: Stage,
        version: Version,
    ) -> Self {
        Self { id, order, courier, started_at, stage, version }
    }

    /// Hands the parcel over; fixes tracking number and estimated arrival for good.
    ///
    /// # Errors
    /// [`DeliveryTransition`] unless preparing.
    pub fn ship(
        &mut self,
        estimated_arrival: Timestamp,
        stamp: Stamp,
    ) -> Result<DeliveryEvent, DeliveryTransition> {
        match self.stage {
            Stage::Preparing => {
                let tracking = TrackingNumber::new(self.order, stamp.at);
                let shipment = Shipment { tracking, shipped_at: stamp.at, estimated_arrival };
                Ok(self.enter(Stage::Shipped(shipment), stamp))
            }
            _ => Err(self.refuse(DeliveryStatus::Shipped)),
        }
    }

    /// The parcel arrived.
    ///
    /// # Errors
    /// [`DeliveryTransition`] unless shipped.
    pub fn deliver(&mut self, stamp: Stamp) -> Result<DeliveryEvent, DeliveryTransition> {
        match &self.stage {
            Stage::Shipped(shipment) => {
                let shipment = shipment.clone();
                Ok(self.enter(Stage::Delivered { shipment, completed_at: stamp.at }, stamp))
            }
            _ => Err(self.refuse(DeliveryStatus::Delivered)),
        }
    }

    /// Calls the delivery off because its order was cancelled.
    ///
    /// # Errors
    /// [`DeliveryTransition`] unless preparing.
    pub fn cancel(&mut self, stamp: Stamp) -> Result<DeliveryEvent, DeliveryTransition> {
        match self.stage {
            Stage::Preparing => Ok(self.enter(Stage::Cancelled { at: stamp.at }, stamp)),
            _ => Err(self.refuse(DeliveryStatus::Cancelled)),
        }
    }

    /// The order that is delivered.
    pub const fn order(&self) -> OrderId {
        self.order
    }

    /// Who carries it.
    pub fn courier(&self) -> &str {
        &self.courier
    }

    /// When preparing began.
    pub const fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// How far it is, with its data.
    pub const fn stage(&self) -> &Stage {
        &self.stage
    }

    /// How far it is, as a name.
    pub const fn status(&self) -> DeliveryStatus {
        match self.stage {
            Stage::Preparing => DeliveryStatus::ShipmentPreparing,
            Stage::Shipped(_) => DeliveryStatus::Shipped,
            Stage::Delivered { .. } => DeliveryStatus::Delivered,
            Stage::Cancelled { .. } => DeliveryStatus::Cancelled,
        }
    }

    /// What was fixed at shipping; none before.
    pub const fn shipment(&self) -> Option<&Shipment> {
        match &self.stage {
            Stage::Shipped(shipment) | Stage::Delivered { shipment, .. } => Some(shipment),
            Stage::Preparing | Stage::Cancelled { .. } => None,
        }
    }

    /// When it arrived; none before.
    pub const fn completed_at(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::Delivered { completed_at, .. } => Some(completed_at),
            Stage::Preparing | Stage::Shipped(_) | Stage::Cancelled { .. } => None,
        }
    }

    fn enter(&mut self, stage: Stage, stamp: Stamp) -> DeliveryEvent {
        self.stage = stage;
        self.version = self.version.next();
        self.event(stamp)
    }

    const fn refuse(&self, to: DeliveryStatus) -> DeliveryTransition {
        DeliveryTransition { from: self.status(), to }
    }

    const fn event(&self, stamp: Stamp) -> DeliveryEvent {
        DeliveryEvent { id: stamp.event, order: self.order, status: self.status(), at: stamp.at }
    }
}

impl Aggregate for Delivery {
    type Id = DeliveryId;
    type Event = DeliveryEvent;

    fn id(&self) -> DeliveryId {
        self.id
    }

    fn version(&self) -> Version {
        self.version
    }
}
