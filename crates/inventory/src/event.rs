use ordersystem_shared_kernel::{Event, EventId, OrderId, ProductId, Timestamp, Version};
use serde::Serialize;
use serde::ser::SerializeStruct;

/// One change of stock on behalf of an order. Serializes to exactly the published message of contract §4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InventoryEvent {
    /// Survives every retry of the publication.
    pub id: EventId,
    /// The product's stock version: gapless but for adjustments, which are not published.
    pub version: Version,
    /// What happened.
    pub event_type: StockEventType,
    /// For which order.
    pub order: OrderId,
    /// The product, also the message key.
    pub product: ProductId,
    /// How many units.
    pub quantity: i64,
    /// When it was decided.
    pub at: Timestamp,
}

/// The three messages of the topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StockEventType {
    /// Units are held.
    Reserved,
    /// Held units are sold.
    Confirmed,
    /// Held or sold units came back.
    Released,
}

impl StockEventType {
    /// The name in the message.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reserved => "STOCK_RESERVED",
            Self::Confirmed => "STOCK_CONFIRMED",
            Self::Released => "STOCK_RELEASED",
        }
    }
}

impl Event for InventoryEvent {
    fn id(&self) -> EventId {
        self.id
    }

    fn occurred_at(&self) -> Timestamp {
        self.at
    }
}

impl Serialize for InventoryEvent {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut message = serializer.serialize_struct("InventoryEvent", 5)?;
        message.serialize_field("eventType", self.event_type.as_str())?;
        message.serialize_field("orderId", &self.order)?;
        message.serialize_field("productId", &self.product)?;
        message.serialize_field("quantity", &self.quantity)?;
        message.serialize_field("timestamp", &self.at)?;
        message.end()
    }
}
