use std::thread;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use ordersystem_application::{BrokerError, Position, Record, Subscription, Tail, TailFrom, Topic};
use rdkafka::consumer::Consumer as _;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::{Consumer, Library, Reader, settings};
use crate::blocking::off_the_runtime;

/// Needed by the client, unknown to the broker: who assigns partitions to himself joins nothing.
const GROUP: &str = "ordersystem-tail";

/// Reads both topics outside of any group.
pub(crate) async fn tail(library: &Library, from: TailFrom) -> Result<Tail, BrokerError> {
    library.topics.ensure().await?;
    let library = library.clone();
    let opened = off_the_runtime(move || {
        let settings = settings(&library.config, GROUP);
        Reader::open(&library, &settings, |consumer| {
            assign(consumer, &from).map_err(|error| error.to_string())
        })
    });
    let (reader, position) = opened.await??;
    Ok(Tail { records: Box::new(Tailing { reader }), position })
}

/// Says where it starts. Every place is looked up here, so that what is published from now on is behind it.
fn assign(consumer: &Consumer, from: &TailFrom) -> Result<Position, KafkaError> {
    let config = consumer.context().config();
    let mut position = Position::default();
    let mut list = TopicPartitionList::new();
    for topic in Topic::ALL {
        let name = config.topics.name(topic);
        for partition in partitions(consumer, name, config.patience.request)? {
            let kept = watermarks(consumer, name, partition, config.patience.request)?;
            let passed = passed(from, (topic, partition), kept);
            if let Some(passed) = passed {
                position.set(topic, partition, passed);
            }
            let start = passed.map_or(Offset::Beginning, |passed| Offset::Offset(passed + 1));
            list.add_partition_offset(name, partition, start)?;
        }
    }
    consumer.assign(&list)?;
    Ok(position)
}

/// How long a partition without a leader is left alone.
const ELECTION: Duration = Duration::from_millis(50);

/// The first offset that is kept and the next that will be written. A partition that was just made, or whose leader was just
/// lost, has its new leader within moments.
fn watermarks(
    consumer: &Consumer,
    topic: &str,
    partition: i32,
    patience: Duration,
) -> Result<(i64, i64), KafkaError> {
    let asked = Instant::now();
    loop {
        match consumer.fetch_watermarks(topic, partition, patience) {
            Err(error) if is_passing(&error) && asked.elapsed() < patience => {
                thread::sleep(ELECTION);
            }
            answer => return answer,
        }
    }
}

fn is_passing(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{LeaderNotAvailable, NotLeaderForPartition, UnknownTopicOrPartition};
    let passing = [LeaderNotAvailable, NotLeaderForPartition, UnknownTopicOrPartition];
    error.rdkafka_error_code().is_some_and(|code| passing.contains(&code))
}

fn partitions(
    consumer: &Consumer,
    topic: &str,
    patience: Duration,
) -> Result<Vec<i32>, KafkaError> {
    let metadata = consumer.fetch_metadata(Some(topic), patience)?;
    let topics = metadata.topics().iter().filter(|found| found.name() == topic);
    Ok(topics.flat_map(|found| found.partitions()).map(|partition| partition.id()).collect())
}

/// The offset behind which to start; none is the beginning of what is kept, which is `low` up to before `high`.
fn passed(
    from: &TailFrom,
    (topic, partition): (Topic, i32),
    (low, high): (i64, i64),
) -> Option<i64> {
    let passed = match from {
        TailFrom::Beginning => None,
        TailFrom::Now => Some(high - 1),
        TailFrom::After(position) => position.get(topic, partition),
    };
    passed.filter(|passed| (low..high).contains(passed))
}

struct Tailing {
    reader: Reader,
}

#[async_trait]
impl Subscription for Tailing {
    async fn poll(&mut self, max: usize) -> Result<Vec<Record>, BrokerError> {
        self.reader.poll(max).await
    }

    /// Outside of a group nothing is remembered.
    async fn commit(&mut self) -> Result<(), BrokerError> {
        Ok(())
    }
}
