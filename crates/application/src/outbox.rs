use std::borrow::Cow;
use std::fmt;

use ordersystem_inventory::{Booked, InventoryEvent, StockEventType};
use ordersystem_order::{OrderEvent, OrderStatus};
use ordersystem_shared_kernel::{EventId, Timestamp};
use serde::Serialize;

use crate::UnitOfWork;

/// The two published streams; their names on the broker are settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// One message per transition, key = order.
    OrderEvents,
    /// One message per hold, sale or give-back, key = product.
    InventoryEvents,
}

impl Topic {
    /// Both.
    pub const ALL: [Self; 2] = [Self::OrderEvents, Self::InventoryEvents];

    /// The name of the contract, which is also the default on a broker.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OrderEvents => "order-events",
            Self::InventoryEvents => "inventory-events",
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An event on its way to the broker: a row of the outbox, written with the effect it tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxMessage {
    /// Survives every retry; consumers drop duplicates by it.
    pub id: EventId,
    /// Where it goes.
    pub topic: Topic,
    /// Order or product number; messages of one key keep their order.
    pub key: i64,
    /// The aggregate's version: ascending per key.
    pub sequence: i64,
    /// For example `order.payment_completed.v1`.
    pub kind: Cow<'static, str>,
    /// The JSON of contract §4, nothing added.
    pub payload: String,
    /// When the event was decided.
    pub at: Timestamp,
    /// The W3C `traceparent` of the request that caused it.
    pub trace: Option<String>,
}

impl OutboxMessage {
    /// The CloudEvents headers in binary mode; everything we add to a message travels here (contract §7).
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("content-type", "application/json".to_owned()),
            ("ce_specversion", "1.0".to_owned()),
            ("ce_id", self.id.to_string()),
            ("ce_type", self.kind.to_string()),
            ("ce_source", self.source().to_owned()),
            ("ce_time", self.at.to_string()),
            ("ce_subject", self.key.to_string()),
            ("ce_sequence", self.sequence.to_string()),
        ];
        headers.extend(self.trace.clone().map(|trace| ("traceparent", trace)));
        headers
    }

    const fn source(&self) -> &'static str {
        match self.topic {
            Topic::OrderEvents => "/ordersystem/order",
            Topic::InventoryEvents => "/ordersystem/inventory",
        }
    }
}

/// Every message that a unit publishes: its orders' transitions, then what its stock moves did.
pub(crate) fn messages(unit: &UnitOfWork, booked: &Booked) -> Vec<OutboxMessage> {
    let trace = unit.trace.as_ref();
    let orders = unit.orders.iter().flat_map(|change| change.events());
    let stock = booked.ledger.iter().filter_map(|entry| entry.published());
    orders
        .map(|event| order_message(event, trace))
        .chain(stock.map(|event| stock_message(&event, trace)))
        .collect()
}

fn order_message(event: &OrderEvent, trace: Option<&String>) -> OutboxMessage {
    OutboxMessage {
        id: event.id,
        topic: Topic::OrderEvents,
        key: event.order.get(),
        sequence: event.version.get(),
        kind: Cow::Borrowed(order_kind(event.status)),
        payload: json(event),
        at: event.at,
        trace: trace.cloned(),
    }
}

fn stock_message(event: &InventoryEvent, trace: Option<&String>) -> OutboxMessage {
    OutboxMessage {
        id: event.id,
        topic: Topic::InventoryEvents,
        key: event.product.get(),
        sequence: event.version.get(),
        kind: Cow::Borrowed(stock_kind(event.event_type)),
        payload: json(event),
        at: event.at,
        trace: trace.cloned(),
    }
}

const fn order_kind(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Created => "order.created.v1",
        OrderStatus::PaymentRequested => "order.payment_requested.v1",
        OrderStatus::PaymentCompleted => "order.payment_completed.v1",
        OrderStatus::PaymentFailed => "order.payment_failed.v1",
        OrderStatus::ShipmentPreparing => "order.shipment_preparing.v1",
        OrderStatus::Shipped => "order.shipped.v1",
        OrderStatus::Delivered => "order.delivered.v1",
        OrderStatus::Cancelled => "order.cancelled.v1",
    }
}

const fn stock_kind(event_type: StockEventType) -> &'static str {
    match event_type {
        StockEventType::Reserved => "inventory.stock_reserved.v1",
        StockEventType::Confirmed => "inventory.stock_confirmed.v1",
        StockEventType::Released => "inventory.stock_released.v1",
    }
}

/// The events are flat structs of numbers and ASCII texts, which serde_json cannot fail on.
fn json(event: &impl Serialize) -> String {
    serde_json::to_string(event).unwrap_or_default()
}
