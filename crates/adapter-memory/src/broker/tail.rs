use std::sync::Arc;

use async_trait::async_trait;
use ordersystem_application::{BrokerError, Record, Subscription, Topic};
use tokio::sync::watch;

use super::Shared;

/// A reader of both topics outside of any group.
pub(super) struct Tail {
    shared: Arc<Shared>,
    changes: watch::Receiver<u64>,
    cursor: i64,
}

impl Tail {
    pub(super) fn new(shared: Arc<Shared>, cursor: i64) -> Self {
        let changes = shared.changes.subscribe();
        Self { shared, changes, cursor }
    }

    fn take(&mut self, max: usize) -> Vec<Record> {
        let state = self.shared.state();
        let kept = Topic::ALL.map(|topic| state.log.after(topic, self.cursor).take(max));
        let mut records: Vec<_> = kept.into_iter().flatten().collect();
        records.sort_unstable_by_key(|record| record.offset);
        let records: Vec<_> = records.into_iter().take(max).cloned().collect();
        self.cursor = records.last().map_or(self.cursor, |record| record.offset);
        records
    }
}

#[async_trait]
impl Subscription for Tail {
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
