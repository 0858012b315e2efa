use std::sync::Arc;

use async_trait::async_trait;
use ordersystem_application::{BrokerError, Position, Record, Subscription, Topic};
use tokio::sync::watch;

use super::Shared;
use super::log::START;

/// A reader of both topics outside of any group.
pub(super) struct TailReader {
    shared: Arc<Shared>,
    changes: watch::Receiver<u64>,
    position: Position,
    /// Everything up to here was looked at.
    seen: i64,
}

impl TailReader {
    pub(super) fn new(shared: Arc<Shared>, position: Position) -> Self {
        let changes = shared.changes.subscribe();
        Self { shared, changes, position, seen: START }
    }

    fn take(&mut self, max: usize) -> Vec<Record> {
        let state = self.shared.state();
        let behind = |record: &&Record| {
            let passed = self.position.get(record.topic, record.partition);
            passed.is_none_or(|passed| record.offset > passed)
        };
        let kept =
            Topic::ALL.map(|topic| state.log.after(topic, self.seen).filter(behind).take(max));
        let mut records: Vec<_> = kept.into_iter().flatten().collect();
        records.sort_unstable_by_key(|record| record.offset);
        let records: Vec<_> = records.into_iter().take(max).cloned().collect();
        self.seen = records.last().map_or(self.seen, |record| record.offset);
        records
    }
}

#[async_trait]
impl Subscription for TailReader {
    async fn poll(&mut self, max: usize) -> Result<Vec<Record>, BrokerError> {
        loop {
            self.shared.check()?;
            self.changes.mark_unchanged();
            let records = self.take(max);
            if !records.is_empty() {
                return Ok(records);
            }
            self.changes.changed().await.map_err(|_closed| BrokerError)?;
        }
    }

    /// Outside of a group nothing is remembered.
    async fn commit(&mut self) -> Result<(), BrokerError> {
        Ok(())
    }
}
