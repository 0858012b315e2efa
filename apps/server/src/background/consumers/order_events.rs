use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::join_all;
use ordersystem_application::{Call, CallReceipt, Record, Topic, UseCases};
use ordersystem_order::OrderStatus;
use ordersystem_shared_kernel::{Clock, OrderId, Timestamp};
use serde::Deserialize;

use super::verdict::{age, malformed, trouble};
use super::{Handler, Trouble, event_id};

/// `ordersystem-group`: a paid order gets its delivery.
pub struct OrderEvents {
    use_cases: UseCases,
    clock: Arc<dyn Clock>,
}

/// What this group reads of a message; others may have written it.
#[derive(Deserialize)]
struct Message {
    #[serde(rename = "orderId")]
    order: OrderId,
    status: String,
    timestamp: Option<Timestamp>,
}

impl OrderEvents {
    /// The group of the contract, also the consumer of its inbox rows.
    pub const GROUP: &'static str = "ordersystem-group";

    /// Acts through the use cases.
    pub const fn new(use_cases: UseCases, clock: Arc<dyn Clock>) -> Self {
        Self { use_cases, clock }
    }

    async fn handle_one(&self, record: &Record, seen: Timestamp) -> Result<(), Trouble> {
        let message: Message = serde_json::from_slice(&record.value).map_err(malformed)?;
        match message.status.parse().map_err(malformed)? {
            OrderStatus::PaymentCompleted => self.paid(record, &message, seen).await,
            OrderStatus::Created
            | OrderStatus::PaymentRequested
            | OrderStatus::PaymentFailed
            | OrderStatus::ShipmentPreparing
            | OrderStatus::Shipped
            | OrderStatus::Delivered
            | OrderStatus::Cancelled => Ok(()),
        }
    }

    async fn paid(
        &self,
        record: &Record,
        message: &Message,
        seen: Timestamp,
    ) -> Result<(), Trouble> {
        let call = Call {
            receipt: Some(CallReceipt::Event { consumer: Self::GROUP, event: event_id(record) }),
            trace: record.header("traceparent").map(str::to_owned),
            ..Call::default()
        };
        let started = self.use_cases.start_shipment(message.order, call).await;
        started.map_err(|error| trouble(&error, age(message.timestamp, seen, self.clock.now())))
    }
}

#[async_trait]
impl Handler for OrderEvents {
    fn group(&self) -> &'static str {
        Self::GROUP
    }

    fn topic(&self) -> Topic {
        Topic::OrderEvents
    }

    /// All at once: only one status has an effect, so the order of one key's records does not matter, and the store
    /// commits them together.
    async fn handle(&self, records: &[Record], seen: Timestamp) -> Vec<Result<(), Trouble>> {
        join_all(records.iter().map(|record| self.handle_one(record, seen))).await
    }
}
