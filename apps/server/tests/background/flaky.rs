//! A broker that breaks down in the middle of a publication.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use ordersystem_adapter_memory::{Faults, MemoryBroker};
use ordersystem_application::{
    BrokerError, EventBroker, OutboxRow, Record, Subscription, Tail, TailFrom, Topic,
};

/// Takes the first half of a publication and then breaks down, so many times; afterwards the store breaks down once
/// before the rows can be marked. Remembers everything it took, repetitions included.
#[derive(Clone)]
pub(crate) struct FlakyBroker {
    inner: MemoryBroker,
    failures: Arc<AtomicUsize>,
    store: Faults,
    taken: Arc<Mutex<Vec<OutboxRow>>>,
}

impl FlakyBroker {
    pub(crate) fn new(inner: MemoryBroker, failures: usize, store: Faults) -> Self {
        let (failures, taken) = (Arc::new(AtomicUsize::new(failures)), Arc::default());
        Self { inner, failures, store, taken }
    }

    /// How often a row was taken that had been taken before.
    pub(crate) fn repetitions(&self) -> usize {
        let taken = self.taken.lock().unwrap().len();
        taken - self.first_of_each().len()
    }

    /// The sequence numbers per topic and key, each in the order in which it came for the first time.
    pub(crate) fn sequences(&self) -> BTreeMap<(Topic, i64), Vec<i64>> {
        let mut sequences: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for row in self.first_of_each() {
            let key = (row.message.topic, row.message.key);
            sequences.entry(key).or_default().push(row.message.sequence);
        }
        sequences
    }

    fn first_of_each(&self) -> Vec<OutboxRow> {
        let mut firsts: Vec<OutboxRow> = Vec::new();
        for row in self.taken.lock().unwrap().iter() {
            if firsts.iter().all(|first| first.message.id != row.message.id) {
                firsts.push(row.clone());
            }
        }
        firsts
    }
}

#[async_trait]
impl EventBroker for FlakyBroker {
    async fn publish(&self, rows: &[OutboxRow]) -> Result<(), BrokerError> {
        let left = self.failures.load(Ordering::SeqCst);
        self.failures.store(left.saturating_sub(1), Ordering::SeqCst);
        let taken = if left > 0 { &rows[..rows.len() / 2] } else { rows };
        self.taken.lock().unwrap().extend_from_slice(taken);
        self.inner.publish(taken).await?;
        match left {
            0 => return Ok(()),
            1 => self.store.fail_reads(1),
            _ => {}
        }
        Err(BrokerError)
    }

    async fn subscribe(
        &self,
        group: &'static str,
        topic: Topic,
    ) -> Result<Box<dyn Subscription>, BrokerError> {
        self.inner.subscribe(group, topic).await
    }

    async fn tail(&self, from: TailFrom) -> Result<Tail, BrokerError> {
        self.inner.tail(from).await
    }

    async fn bury(&self, record: &Record, group: &str, error: &str) -> Result<(), BrokerError> {
        self.inner.bury(record, group, error).await
    }

    async fn republish(&self, record: &Record) -> Result<(), BrokerError> {
        self.inner.republish(record).await
    }
}
