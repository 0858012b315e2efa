use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use ordersystem_application::{Record, Topic, UseCases};
use ordersystem_shared_kernel::{Clock, ProductId, Timestamp};
use serde::Deserialize;

use super::verdict::{age, malformed, trouble};
use super::{Handler, Trouble};

/// `ordersystem-group-inventory`: the fast counters follow the store, even when the process that committed could not
/// tell them.
pub struct StockEvents {
    use_cases: UseCases,
    clock: Arc<dyn Clock>,
}

/// What this group reads of a message. The quantities are left alone: the counters are set to what the store says now,
/// so that a repeated or late message changes nothing.
#[derive(Clone, Copy, Deserialize)]
struct Message {
    #[serde(rename = "productId")]
    product: ProductId,
    timestamp: Option<Timestamp>,
}

impl StockEvents {
    /// The group of the contract.
    pub const GROUP: &'static str = "ordersystem-group-inventory";

    /// Acts through the use cases.
    pub const fn new(use_cases: UseCases, clock: Arc<dyn Clock>) -> Self {
        Self { use_cases, clock }
    }

    async fn project(&self, message: Message, seen: Timestamp) -> Result<(), Trouble> {
        let projected = self.use_cases.sync_stock(message.product).await;
        projected.map_err(|error| trouble(&error, age(message.timestamp, seen, self.clock.now())))
    }
}

#[async_trait]
impl Handler for StockEvents {
    fn group(&self) -> &'static str {
        Self::GROUP
    }

    fn topic(&self) -> Topic {
        Topic::InventoryEvents
    }

    /// Each product once, however many of the records are about it.
    async fn handle(&self, records: &[Record], seen: Timestamp) -> Vec<Result<(), Trouble>> {
        let mut projected: BTreeMap<ProductId, Result<(), Trouble>> = BTreeMap::new();
        let mut outcomes = Vec::with_capacity(records.len());
        for record in records {
            outcomes.push(match serde_json::from_slice::<Message>(&record.value) {
                Err(error) => Err(malformed(error)),
                Ok(message) => match projected.get(&message.product) {
                    Some(outcome) => outcome.clone(),
                    None => {
                        let outcome = self.project(message, seen).await;
                        projected.insert(message.product, outcome.clone());
                        outcome
                    }
                },
            });
        }
        outcomes
    }
}
