mod group;
mod log;
mod member;
mod tail;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use ordersystem_application::{
    BrokerError, EventBroker, OutboxRow, Record, Subscription, Tail, TailFrom, Topic,
};
use tokio::sync::watch;

use group::Group;
use log::Log;
use member::Member;
use tail::TailReader;

/// How many partitions each topic has.
const PARTITIONS: usize = 3;

/// A broker in this process: the log of both topics and the consumer groups that read it. Its clones are the same broker.
///
/// A group that nobody has joined before starts at the oldest record that is still kept. A group that is further behind
/// than the log is long goes on with the oldest record.
#[derive(Debug, Clone)]
pub struct MemoryBroker {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Raised with every change that a waiting reader must see.
    changes: watch::Sender<u64>,
    failures: AtomicUsize,
}

#[derive(Debug)]
struct State {
    log: Log,
    groups: HashMap<(&'static str, Topic), Group>,
    /// The dead letter topics.
    buried: Vec<Record>,
}

impl MemoryBroker {
    /// How many records each topic keeps unless told otherwise.
    pub const RETENTION: usize = 10_000;

    /// An empty broker that keeps the newest `retention` records of each topic.
    pub fn new(retention: usize) -> Self {
        let state = State { log: Log::new(retention), groups: HashMap::new(), buried: Vec::new() };
        let (changes, _) = watch::channel(0);
        let failures = AtomicUsize::new(0);
        Self { shared: Arc::new(Shared { state: Mutex::new(state), changes, failures }) }
    }

    /// Appends what no outbox knows: a message of somebody else, or garbage. Its key decides the partition.
    pub fn append(&self, topic: Topic, key: Option<&str>, headers: &[(&str, &str)], value: &[u8]) {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let headers = headers.iter().map(owned).collect();
        self.shared.state().log.append(topic, key.map(str::to_owned), headers, value.to_vec());
        self.shared.wake_readers();
    }

    /// The dead letter topics, oldest letter first.
    pub fn buried(&self) -> Vec<Record> {
        self.shared.state().buried.clone()
    }

    /// The next `count` calls to publish, subscribe, tail, poll or commit answer [`BrokerError`].
    pub fn fail_next(&self, count: usize) {
        self.shared.failures.store(count, Ordering::SeqCst);
    }
}

impl Default for MemoryBroker {
    fn default() -> Self {
        Self::new(Self::RETENTION)
    }
}

#[async_trait]
impl EventBroker for MemoryBroker {
    async fn publish(&self, rows: &[OutboxRow]) -> Result<(), BrokerError> {
        self.shared.check()?;
        let mut in_order: Vec<_> = rows.iter().collect();
        in_order.sort_by_key(|row| row.position);
        {
            let mut state = self.shared.state();
            in_order.into_iter().for_each(|row| state.log.publish(row));
        }
        self.shared.wake_readers();
        Ok(())
    }

    async fn subscribe(
        &self,
        group: &'static str,
        topic: Topic,
    ) -> Result<Box<dyn Subscription>, BrokerError> {
        self.shared.check()?;
        let member = Member::join(self.shared.clone(), (group, topic));
        self.shared.wake_readers();
        Ok(Box::new(member))
    }

    async fn tail(&self, from: TailFrom) -> Result<Tail, BrokerError> {
        self.shared.check()?;
        let position = self.shared.state().log.place(from);
        let reader = TailReader::new(self.shared.clone(), position.clone());
        Ok(Tail { records: Box::new(reader), position })
    }

    async fn bury(&self, record: &Record, group: &str, error: &str) -> Result<(), BrokerError> {
        self.shared.check()?;
        let mut copy = record.clone();
        copy.headers.extend(burial_headers(record, group, error));
        self.shared.state().buried.push(copy);
        Ok(())
    }

    async fn republish(&self, record: &Record) -> Result<(), BrokerError> {
        self.shared.check()?;
        let Record { topic, key, mut headers, value, .. } = record.clone();
        headers.push(("x-replayed-by".to_owned(), "ordersystem".to_owned()));
        self.shared.state().log.append(topic, key, headers, value);
        self.shared.wake_readers();
        Ok(())
    }
}

fn burial_headers(record: &Record, group: &str, error: &str) -> [(String, String); 5] {
    [
        ("x-dlq-topic", record.topic.to_string()),
        ("x-dlq-partition", record.partition.to_string()),
        ("x-dlq-offset", record.offset.to_string()),
        ("x-dlq-group", group.to_owned()),
        ("x-dlq-error", error.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake_readers(&self) {
        self.changes.send_modify(|changes| *changes = changes.wrapping_add(1));
    }

    fn check(&self) -> Result<(), BrokerError> {
        let less = |left: usize| left.checked_sub(1);
        match self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less) {
            Ok(_) => Err(BrokerError),
            Err(_) => Ok(()),
        }
    }
}
