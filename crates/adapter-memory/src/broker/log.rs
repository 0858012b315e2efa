use std::collections::{BTreeSet, VecDeque};

use ordersystem_application::{OutboxRow, Position, Record, TailFrom, Topic};

use super::PARTITIONS;

/// Before every record.
pub(super) const START: i64 = i64::MIN;

/// The records of both topics. Offsets ascend over both, so that a reader of everything has one place to remember.
#[derive(Debug)]
pub(super) struct Log {
    orders: VecDeque<Record>,
    stock: VecDeque<Record>,
    /// The outbox positions that were appended, the newest of them.
    positions: BTreeSet<i64>,
    last_offset: i64,
    retention: usize,
}

impl Log {
    pub(super) const fn new(retention: usize) -> Self {
        Self {
            orders: VecDeque::new(),
            stock: VecDeque::new(),
            positions: BTreeSet::new(),
            last_offset: 0,
            retention,
        }
    }

    /// Appends a row at its position, or at the next free offset when later positions are in the log already.
    pub(super) fn publish(&mut self, row: &OutboxRow) {
        if !self.positions.insert(row.position) {
            return;
        }
        self.last_offset = self.last_offset.max(row.position - 1);
        let message = &row.message;
        let headers = message.headers().into_iter().map(|(name, value)| (name.to_owned(), value));
        let (key, value) = (message.key.to_string(), message.payload.clone().into_bytes());
        self.append(message.topic, Some(key), headers.collect(), value);
    }

    pub(super) fn append(
        &mut self,
        topic: Topic,
        key: Option<String>,
        headers: Vec<(String, String)>,
        value: Vec<u8>,
    ) {
        self.last_offset += 1;
        let (offset, partition) = (self.last_offset, partition_of(key.as_deref()));
        let record = Record { topic, partition, offset, key, headers, value };
        let retention = self.retention;
        let records = self.records_mut(topic);
        records.push_back(record);
        if records.len() > retention {
            records.pop_front();
        }
        if self.positions.len() > 2 * retention {
            self.positions.pop_first();
        }
    }

    /// What is kept of a topic behind a place, oldest first.
    pub(super) fn after(&self, topic: Topic, place: i64) -> impl Iterator<Item = &Record> {
        let records = self.records(topic);
        let start = records.partition_point(|record| record.offset <= place);
        records.range(start..)
    }

    /// The place behind the newest record.
    pub(super) const fn end(&self) -> i64 {
        self.last_offset
    }

    /// Where a tail starts.
    pub(super) fn place(&self, from: TailFrom) -> Position {
        match from {
            TailFrom::Beginning => Position::default(),
            TailFrom::Now => self.everywhere(self.last_offset),
            TailFrom::After(mut place) => {
                place.retain(|_, offset| self.has(offset));
                place
            }
        }
    }

    /// Behind everything up to an offset, in every partition.
    fn everywhere(&self, offset: i64) -> Position {
        let mut position = Position::default();
        for topic in Topic::ALL {
            (0..).take(PARTITIONS).for_each(|partition| position.set(topic, partition, offset));
        }
        position
    }

    /// Whether a record of either topic is kept at this offset, or the log ends there: a tail from now on starts behind
    /// the newest record of both.
    fn has(&self, offset: i64) -> bool {
        let offset_of = |record: &Record| record.offset;
        let is_in = |topic| self.records(topic).binary_search_by_key(&offset, offset_of).is_ok();
        offset == self.last_offset || Topic::ALL.into_iter().any(is_in)
    }

    const fn records(&self, topic: Topic) -> &VecDeque<Record> {
        match topic {
            Topic::OrderEvents => &self.orders,
            Topic::InventoryEvents => &self.stock,
        }
    }

    const fn records_mut(&mut self, topic: Topic) -> &mut VecDeque<Record> {
        match topic {
            Topic::OrderEvents => &mut self.orders,
            Topic::InventoryEvents => &mut self.stock,
        }
    }
}

/// FNV-1a, the same in every build and on every machine.
fn partition_of(key: Option<&str>) -> i32 {
    let bytes = key.unwrap_or_default().bytes();
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let partitions = u64::try_from(PARTITIONS).unwrap_or(1);
    i32::try_from(hash % partitions).unwrap_or_default()
}
