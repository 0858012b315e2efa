use std::sync::Arc;

use async_trait::async_trait;
use ordersystem_application::{BrokerError, Record, Subscription, Topic};
use tokio::sync::watch;

use super::log::START;
use super::{PARTITIONS, Shared, State};

/// One member of a consumer group. Whenever partitions are dealt out anew it goes on behind what the group committed.
pub(super) struct Member {
    shared: Arc<Shared>,
    changes: watch::Receiver<u64>,
    group: (&'static str, Topic),
    name: u64,
    generation: u64,
    assigned: [bool; PARTITIONS],
    /// How far this member has read, per partition.
    cursor: [i64; PARTITIONS],
    /// How far it has handed records out, per partition, whoever reads the partition now.
    handed_out: [i64; PARTITIONS],
}

impl Member {
    pub(super) fn join(shared: Arc<Shared>, group: (&'static str, Topic)) -> Self {
        let changes = shared.changes.subscribe();
        let name = shared.state().groups.entry(group).or_default().join();
        let (assigned, cursor) = ([false; PARTITIONS], [START; PARTITIONS]);
        let handed_out = cursor;
        Self { shared, changes, group, name, generation: 0, assigned, cursor, handed_out }
    }

    fn take(&mut self, max: usize) -> Vec<Record> {
        let shared = self.shared.clone();
        let state = shared.state();
        self.follow(&state);
        let from = self.mine().map(|(_, cursor)| cursor).min().unwrap_or(state.log.end());
        let mut read = state.log.end();
        let mut records = Vec::new();
        for record in state.log.after(self.group.1, from).filter(|record| self.awaits(record)) {
            records.push(record.clone());
            if records.len() >= max {
                read = record.offset;
                break;
            }
        }
        self.advance(read);
        records
    }

    fn follow(&mut self, state: &State) {
        let Some(group) = state.groups.get(&self.group) else { return };
        if group.generation != self.generation {
            self.generation = group.generation;
            self.assigned = group.assigned(self.name);
            self.cursor = group.committed;
        }
    }

    fn mine(&self) -> impl Iterator<Item = (usize, i64)> {
        let partitions = self.assigned.iter().zip(self.cursor).enumerate();
        partitions.filter_map(|(partition, (mine, cursor))| mine.then_some((partition, cursor)))
    }

    fn awaits(&self, record: &Record) -> bool {
        let partition = usize::try_from(record.partition).unwrap_or(PARTITIONS);
        self.mine().any(|(mine, cursor)| mine == partition && record.offset > cursor)
    }

    /// Everything up to `read` was handed out or belongs to others.
    fn advance(&mut self, read: i64) {
        let places = self.cursor.iter_mut().zip(&mut self.handed_out);
        for ((cursor, handed_out), mine) in places.zip(self.assigned) {
            if mine {
                *cursor = (*cursor).max(read);
                *handed_out = (*handed_out).max(*cursor);
            }
        }
    }
}

#[async_trait]
impl Subscription for Member {
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

    async fn commit(&mut self) -> Result<(), BrokerError> {
        self.shared.check()?;
        if let Some(group) = self.shared.state().groups.get_mut(&self.group) {
            group.commit(&self.handed_out);
        }
        Ok(())
    }
}

/// The partitions of a member that is gone go to those who stay.
impl Drop for Member {
    fn drop(&mut self) {
        if let Some(group) = self.shared.state().groups.get_mut(&self.group) {
            group.leave(self.name);
        }
        self.shared.wake_readers();
    }
}
