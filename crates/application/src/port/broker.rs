use async_trait::async_trait;
use thiserror::Error;

use super::Position;
use crate::OutboxRow;
use crate::outbox::Topic;

/// A message as a consumer receives it, ours or somebody else's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The stream.
    pub topic: Topic,
    /// The part of the stream; one key always lies in one partition.
    pub partition: i32,
    /// Ascending within a partition, with gaps.
    pub offset: i64,
    /// Order or product number as text; others may send none.
    pub key: Option<String>,
    /// What does not belong to the fixed JSON.
    pub headers: Vec<(String, String)>,
    /// The JSON of contract §4 when it is ours.
    pub value: Vec<u8>,
}

impl Record {
    /// The value of the first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The broker cannot be reached; nothing is lost, the call may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the broker is not available")]
pub struct BrokerError;

/// Where a reader outside of any group starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TailFrom {
    /// Everything that is still kept.
    Beginning,
    /// Only what comes from now on.
    Now,
    /// Everything behind this place. A partition that it does not name, or whose records at that place are gone, is read
    /// from the beginning of what is still kept.
    After(Position),
}

/// A reader of both topics outside of any group.
pub struct Tail {
    /// What comes; committing does nothing.
    pub records: Box<dyn Subscription>,
    /// The place where it starts; [`Position::pass`] moves it on.
    pub position: Position,
}

/// Port: the log that events are published to and consumed from.
#[async_trait]
pub trait EventBroker: Send + Sync {
    /// MUST return only after every row is safely in the log, per key in the order of their positions. Rows that were
    /// published before may appear twice; consumers drop them by `ce_id`.
    async fn publish(&self, rows: &[OutboxRow]) -> Result<(), BrokerError>;

    /// Joins a consumer group; partitions are shared among its members.
    async fn subscribe(
        &self,
        group: &'static str,
        topic: Topic,
    ) -> Result<Box<dyn Subscription>, BrokerError>;

    /// Reads both topics outside of any group.
    async fn tail(&self, from: TailFrom) -> Result<Tail, BrokerError>;

    /// MUST append a copy of a record that `group` cannot handle to `<topic>.dlq`: the same key, headers and value, and
    /// headers `x-dlq-topic`, `x-dlq-partition`, `x-dlq-offset`, `x-dlq-group` and `x-dlq-error` that say where it came
    /// from and why.
    async fn bury(&self, record: &Record, group: &str, error: &str) -> Result<(), BrokerError>;

    /// MUST append a record to its topic once more: the same key, headers and value, so that consumers which handled it
    /// drop it, and a header `x-replayed-by`.
    async fn republish(&self, record: &Record) -> Result<(), BrokerError>;
}

/// One member's view of its partitions.
#[async_trait]
pub trait Subscription: Send {
    /// MUST wait for at least one record and return at most `max`, per partition in order. Dropping the future loses
    /// nothing.
    async fn poll(&mut self, max: usize) -> Result<Vec<Record>, BrokerError>;

    /// MUST remember everything polled so far as handled; without it, a later member gets the records again.
    async fn commit(&mut self) -> Result<(), BrokerError>;
}
