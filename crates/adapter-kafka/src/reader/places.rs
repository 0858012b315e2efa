//! A topic that was deleted and made again has other records at the same offsets. The consumer cannot tell and would go on
//! in the middle of the new one; but the coordinator forgets the offsets of a deleted topic, and that can be asked.

use std::time::Duration;

use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::Consumer;
use super::buffer::{Buffer, Partition};

/// What an asked member says of itself.
pub(super) const FORGOTTEN: &str = "the topic was deleted and made again";

/// Whether the coordinator has forgotten what this member committed. Nothing may be committed then: it would make a place
/// in the old topic one in the new.
pub(super) fn are_forgotten(
    consumer: &Consumer,
    buffer: &Buffer,
    patience: Duration,
) -> Result<bool, KafkaError> {
    let places = buffer.places();
    if places.is_empty() {
        return Ok(false);
    }
    let names = &consumer.context().config().topics;
    let mut asked = TopicPartitionList::with_capacity(places.len());
    for (topic, partition) in places.keys() {
        asked.add_partition(names.name(*topic), *partition);
    }
    let kept = consumer.committed_offsets(asked, patience)?;
    let stands = |(topic, partition): &Partition, place: i64| {
        let element = kept.find_partition(names.name(*topic), *partition);
        element.is_some_and(|it| matches!(it.offset(), Offset::Offset(kept) if kept >= place))
    };
    Ok(!places.iter().all(|(partition, place)| stands(partition, *place)))
}
