use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use ordersystem_application::{BrokerError, Record, Subscription, Topic};
use rdkafka::consumer::{CommitMode, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::buffer::{Buffer, Partition};
use super::{Consumer, Library, Reader, places, settings};
use crate::blocking::off_the_runtime;
use crate::config::TopicNames;

/// Between two attempts to commit.
const AGAIN: Duration = Duration::from_millis(50);

/// One member of a consumer group.
pub(crate) struct Member {
    reader: Reader,
}

impl Member {
    /// Returns when the member has its share, so that what comes from now on has a reader.
    pub(crate) async fn join(
        library: &Library,
        group: &'static str,
        topic: Topic,
    ) -> Result<Self, BrokerError> {
        library.topics.ensure().await?;
        let (library, patience) = (library.clone(), library.config.patience.dealing);
        let opened = off_the_runtime(move || {
            let name = library.config.topics.name(topic);
            Reader::open(&library, &settings(&library.config, group), |consumer| {
                consumer.subscribe(&[name]).map_err(|error| error.to_string())
            })
        });
        let (reader, ()) = opened.await??;
        let dealing = async {
            while !reader.buffer.is_assigned() {
                reader.buffer.changed().await;
            }
        };
        let _may_get_none = tokio::time::timeout(patience, dealing).await;
        Ok(Self { reader })
    }
}

#[async_trait]
impl Subscription for Member {
    async fn poll(&mut self, max: usize) -> Result<Vec<Record>, BrokerError> {
        self.reader.poll(max).await
    }

    /// Of partitions that were taken away since, nothing is committed: their new owner has begun behind what was committed
    /// before and may be further already. It gets the records in between once more, as after a crash.
    async fn commit(&mut self) -> Result<(), BrokerError> {
        if self.reader.buffer.in_hand().is_empty() {
            return Ok(());
        }
        let Some(consumer) = self.reader.consumer.upgrade() else { return Err(BrokerError) };
        let buffer = self.reader.buffer.clone();
        off_the_runtime(move || commit(&consumer, &buffer)).await?
    }
}

/// While partitions are dealt out anew a commit may be refused for a moment, or there may soon be nothing left to commit.
fn commit(consumer: &Consumer, buffer: &Buffer) -> Result<(), BrokerError> {
    let deadline = Instant::now() + consumer.context().config().patience.request;
    loop {
        let offsets = buffer.in_hand();
        if offsets.is_empty() {
            return Ok(());
        }
        match try_commit(consumer, buffer, &offsets) {
            Ok(Tried::Committed) => {
                buffer.committed(&offsets);
                return Ok(());
            }
            Ok(Tried::Forgotten) => {
                tracing::warn!("the offsets are not committed: {}", places::FORGOTTEN);
                return Err(BrokerError);
            }
            Err(error) if Instant::now() > deadline => {
                tracing::warn!("the offsets cannot be committed: {error}");
                return Err(BrokerError);
            }
            Err(_) => thread::sleep(AGAIN),
        }
    }
}

enum Tried {
    Committed,
    Forgotten,
}

fn try_commit(
    consumer: &Consumer,
    buffer: &Buffer,
    offsets: &BTreeMap<Partition, i64>,
) -> Result<Tried, KafkaError> {
    let config = consumer.context().config();
    if places::are_forgotten(consumer, buffer, config.patience.request)? {
        return Ok(Tried::Forgotten);
    }
    consumer.commit(&list(&config.topics, offsets)?, CommitMode::Sync)?;
    Ok(Tried::Committed)
}

fn list(
    names: &TopicNames,
    offsets: &BTreeMap<Partition, i64>,
) -> Result<TopicPartitionList, KafkaError> {
    let mut list = TopicPartitionList::new();
    for ((topic, partition), offset) in offsets {
        list.add_partition_offset(names.name(*topic), *partition, Offset::Offset(*offset))?;
    }
    Ok(list)
}
