use std::collections::BTreeSet;
use std::time::Duration;

use ordersystem_application::Topic;
use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use thiserror::Error;

/// Kafka refuses longer names.
const LONGEST_NAME: usize = 249;

/// Larger than any message that a broker of usual settings lets in, so that whatever could be read can be buried.
pub(crate) const LARGEST_MESSAGE: &str = "67108864";

/// Where Kafka is and what things are called there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KafkaConfig {
    /// `host:port`, several separated by commas.
    pub bootstrap_servers: String,
    /// Stands before the name of every consumer group.
    pub group_prefix: String,
    /// The streams' names on this broker.
    pub topics: TopicNames,
    /// How long is waited for Kafka.
    pub patience: Patience,
}

/// What the streams are called on the broker; dead letters go to the same name with `.dlq` behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicNames {
    /// For [`Topic::OrderEvents`].
    pub order_events: String,
    /// For [`Topic::InventoryEvents`].
    pub inventory_events: String,
}

/// How long is waited for Kafka; only tests have reason to change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// A producer that gets no acknowledgement for so long is given up.
    pub stall: Duration,
    /// One question to the broker.
    pub request: Duration,
    /// A member that is silent for so long is thrown out of its group.
    pub session: Duration,
    /// A member that does not poll for so long is thrown out; this adapter polls in the background.
    pub max_poll_interval: Duration,
    /// How long a partition that is taken away is held back for the batch in hand to be committed.
    pub handover: Duration,
    /// How long a new member waits for its share; it gets none when there are more members than partitions.
    pub dealing: Duration,
}

/// Names that Kafka would refuse, or that would mix things up.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KafkaConfigError {
    /// There is no broker to ask.
    #[error("no bootstrap server is named")]
    NoServer,
    /// Allowed are letters, digits, dot, underscore and hyphen.
    #[error(
        "{0:?} cannot be the name of a topic: up to 245 letters, digits, '.', '_' and '-' are allowed"
    )]
    TopicName(String),
    /// Both streams or their dead letters would land in one topic.
    #[error("the topic {0:?} would hold two streams")]
    SharedTopic(String),
}

impl KafkaConfig {
    /// The names of the contract, on these servers.
    pub fn new(bootstrap_servers: impl Into<String>) -> Self {
        Self {
            bootstrap_servers: bootstrap_servers.into(),
            group_prefix: String::new(),
            topics: TopicNames::default(),
            patience: Patience::default(),
        }
    }

    /// Whether Kafka could accept it.
    pub fn check(&self) -> Result<(), KafkaConfigError> {
        if self.bootstrap_servers.trim().is_empty() {
            return Err(KafkaConfigError::NoServer);
        }
        let mut taken = BTreeSet::new();
        for name in self.topics.all() {
            if !is_topic_name(&name) {
                return Err(KafkaConfigError::TopicName(name));
            }
            if !taken.insert(name.clone()) {
                return Err(KafkaConfigError::SharedTopic(name));
            }
        }
        Ok(())
    }

    pub(crate) fn group(&self, name: &str) -> String {
        format!("{}{name}", self.group_prefix)
    }

    /// What every client has in common. Reconnecting at least once a second lets an outage end soon; topics that are
    /// missing are believed to be deleted after seconds, not after a minute: whoever needs them creates them.
    pub(crate) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.bootstrap_servers)
            .set("client.id", "ordersystem")
            .set("reconnect.backoff.max.ms", "1000")
            .set("topic.metadata.refresh.interval.ms", "30000")
            .set("topic.metadata.propagation.max.ms", "3000")
            .set("message.max.bytes", LARGEST_MESSAGE)
            .set_log_level(RDKafkaLogLevel::Warning);
        config
    }
}

impl TopicNames {
    /// What the stream is called here.
    pub fn name(&self, topic: Topic) -> &str {
        match topic {
            Topic::OrderEvents => &self.order_events,
            Topic::InventoryEvents => &self.inventory_events,
        }
    }

    pub(crate) fn dead_letters(&self, topic: Topic) -> String {
        format!("{}.dlq", self.name(topic))
    }

    pub(crate) fn find(&self, name: &str) -> Option<Topic> {
        Topic::ALL.into_iter().find(|topic| self.name(*topic) == name)
    }

    /// The streams and their dead letters.
    fn all(&self) -> impl Iterator<Item = String> {
        let streams = Topic::ALL.map(|topic| self.name(topic).to_owned());
        streams.into_iter().chain(Topic::ALL.map(|topic| self.dead_letters(topic)))
    }
}

impl Default for TopicNames {
    fn default() -> Self {
        let name = |topic: Topic| topic.as_str().to_owned();
        let (order_events, inventory_events) =
            (name(Topic::OrderEvents), name(Topic::InventoryEvents));
        Self { order_events, inventory_events }
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            stall: Duration::from_secs(30),
            request: Duration::from_secs(5),
            session: Duration::from_secs(10),
            max_poll_interval: Duration::from_secs(300),
            handover: Duration::from_secs(1),
            dealing: Duration::from_secs(10),
        }
    }
}

/// The setting's text of a duration.
pub(crate) fn millis(duration: Duration) -> String {
    duration.as_millis().to_string()
}

fn is_topic_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !matches!(name, "" | "." | ".." | ".dlq")
        && name.len() <= LONGEST_NAME
        && name.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(order_events: &str, inventory_events: &str) -> Result<(), KafkaConfigError> {
        let mut config = KafkaConfig::new("localhost:9092");
        config.topics = TopicNames {
            order_events: order_events.to_owned(),
            inventory_events: inventory_events.to_owned(),
        };
        config.check()
    }

    #[test]
    fn the_names_of_the_contract_are_fine() {
        assert_eq!(KafkaConfig::new("localhost:9092").check(), Ok(()));
        assert_eq!(named("a.b-c_D9", "x"), Ok(()));
    }

    #[test]
    fn names_that_kafka_refuses_are_found_before_it_is_asked() {
        let long = "x".repeat(246);
        for name in ["", ".", "order events", "주문", "a/b", &long] {
            assert!(matches!(named(name, "x"), Err(KafkaConfigError::TopicName(_))), "{name:?}");
        }
        assert_eq!(KafkaConfig::new(" ").check(), Err(KafkaConfigError::NoServer));
    }

    #[test]
    fn two_streams_in_one_topic_are_found() {
        for (one, two) in [("x", "x"), ("x", "x.dlq"), ("x.dlq", "x")] {
            assert!(
                matches!(named(one, two), Err(KafkaConfigError::SharedTopic(_))),
                "{one} {two}"
            );
        }
    }
}
