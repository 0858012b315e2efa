use std::sync::Arc;

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::KafkaError;
use rdkafka::statistics::Statistics;
use rdkafka::topic_partition_list::TopicPartitionList;

use super::buffer::{Buffer, Partition};
use crate::config::KafkaConfig;
use crate::context;

/// What a consumer calls back, on the thread that polls it.
pub(super) struct Hooks {
    buffer: Arc<Buffer>,
    config: KafkaConfig,
}

impl Hooks {
    pub(super) const fn new(buffer: Arc<Buffer>, config: KafkaConfig) -> Self {
        Self { buffer, config }
    }

    pub(super) const fn config(&self) -> &KafkaConfig {
        &self.config
    }

    fn partitions(&self, list: &TopicPartitionList) -> Vec<Partition> {
        let named = |name: &str| self.config.topics.find(name);
        let elements = list.elements();
        elements.iter().filter_map(|it| Some((named(it.topic())?, it.partition()))).collect()
    }
}

impl ClientContext for Hooks {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        context::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(target: "librdkafka", "{error}: {reason}");
    }

    fn stats(&self, _statistics: Statistics) {}
}

impl ConsumerContext for Hooks {
    /// A partition that was lost already has a new owner: there is nobody to hold it back from.
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Revoke(list) = rebalance {
            let lost = consumer.assignment_lost();
            let patience =
                if lost { std::time::Duration::ZERO } else { self.config.patience.handover };
            self.buffer.hand_over(&self.partitions(list), patience);
        }
    }

    fn post_rebalance(&self, _consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(list) if list.count() > 0 => self.buffer.assign(),
            Rebalance::Assign(_) | Rebalance::Revoke(_) => {}
            Rebalance::Error(error) => self.buffer.fail(error.to_string()),
        }
    }
}
