use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use ordersystem_test_engines::kafka;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{BorrowedMessage, Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};

use super::{PATIENCE, ended};

/// How long one question to Kafka may take.
const QUESTION: Duration = Duration::from_secs(20);

/// The topics of one world, seen from outside of the system.
pub(crate) struct Topics {
    servers: String,
    order_events: String,
    inventory_events: String,
}

/// A message as anybody can read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) key: Option<String>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) value: Vec<u8>,
}

impl Topics {
    /// With names that no other world has.
    pub(super) fn new(servers: &str) -> Self {
        let (order_events, inventory_events) =
            (kafka::unique("order-events"), kafka::unique("inventory-events"));
        Self { servers: servers.to_owned(), order_events, inventory_events }
    }

    /// `host:port` of the broker.
    pub(crate) fn servers(&self) -> &str {
        &self.servers
    }

    /// What a topic of the contract, or its dead letters, is called here.
    pub(crate) fn name<'a>(&'a self, of_contract: &'a str) -> &'a str {
        match of_contract {
            "order-events" => &self.order_events,
            "inventory-events" => &self.inventory_events,
            other => other,
        }
    }

    /// The topic of the dead letters.
    pub(crate) fn dead_letters(&self, of_contract: &str) -> String {
        format!("{}.dlq", self.name(of_contract))
    }

    /// Every message that the topic has at this moment, partition after partition.
    pub(crate) fn read(&self, topic: &str) -> Vec<Event> {
        let consumer: BaseConsumer =
            self.client().set("group.id", kafka::unique("reader")).create().unwrap();
        let ends = ends(&consumer, self.name(topic));
        let mut assignment = TopicPartitionList::new();
        for partition in ends.keys() {
            let from = Offset::Beginning;
            assignment.add_partition_offset(self.name(topic), *partition, from).unwrap();
        }
        consumer.assign(&assignment).unwrap();
        read_up_to(&consumer, ends)
    }

    /// How many messages the topic has at this moment.
    pub(crate) fn count(&self, topic: &str) -> usize {
        self.read(topic).len()
    }

    /// How many messages of the topic a group has not committed yet.
    pub(crate) fn lag(&self, group: &str, topic: &str) -> i64 {
        let consumer: BaseConsumer = self.client().set("group.id", group).create().unwrap();
        let ends = ends(&consumer, self.name(topic));
        let mut asked = TopicPartitionList::new();
        for partition in ends.keys() {
            asked.add_partition(self.name(topic), *partition);
        }
        let committed = consumer.committed_offsets(asked, QUESTION).unwrap();
        let passed = |partition| {
            let found = committed.find_partition(self.name(topic), partition).unwrap();
            found.offset().to_raw().unwrap_or_default().max(0)
        };
        ends.into_iter().map(|(partition, end)| end - passed(partition)).sum()
    }

    /// Appends a message of somebody else.
    pub(crate) fn publish(
        &self,
        topic: &str,
        key: Option<&str>,
        headers: &[(&str, &str)],
        value: &[u8],
    ) {
        let producer: BaseProducer =
            self.client().set("message.max.bytes", "9000000").create().unwrap();
        let headers = headers.iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
            headers.insert(Header { key, value: Some(*value) })
        });
        let record = BaseRecord::<str, [u8]> { key, ..BaseRecord::to(self.name(topic)) };
        let record = record.payload(value).headers(headers);
        producer.send(record).map_err(|(error, _)| error).unwrap();
        producer.flush(QUESTION).unwrap();
    }

    /// What the console tools of Kafka print.
    pub(crate) fn tool(&self, tool: &str, args: &[&str]) -> String {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/engines.sh");
        let mut command = Command::new(script);
        command.args([tool, "--bootstrap-server", &self.servers]).args(args);
        let (code, out, err) = ended(&mut command);
        assert_eq!(code, 0, "{tool} {args:?}\n{out}{err}");
        out
    }

    fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.servers);
        config
    }
}

fn ends(consumer: &BaseConsumer, topic: &str) -> BTreeMap<i32, i64> {
    let metadata = consumer.fetch_metadata(Some(topic), QUESTION).unwrap();
    let partitions = metadata.topics().iter().flat_map(|topic| topic.partitions());
    let end = |partition| {
        let (begin, end) = consumer.fetch_watermarks(topic, partition, QUESTION).unwrap();
        (end > begin).then_some((partition, end))
    };
    partitions.filter_map(|partition| end(partition.id())).collect()
}

fn read_up_to(consumer: &BaseConsumer, mut ends: BTreeMap<i32, i64>) -> Vec<Event> {
    let started = Instant::now();
    let mut events = Vec::new();
    while !ends.is_empty() {
        assert!(started.elapsed() < PATIENCE, "the topic cannot be read: {ends:?} are left");
        let Some(Ok(message)) = consumer.poll(Duration::from_secs(1)) else { continue };
        let (partition, offset) = (message.partition(), message.offset());
        if ends.get(&partition).is_some_and(|end| offset < *end) {
            events.push(event(&message));
        }
        if ends.get(&partition).is_some_and(|end| offset + 1 >= *end) {
            ends.remove(&partition);
        }
    }
    events.sort_by_key(|event: &Event| (event.partition, event.offset));
    events
}

fn event(message: &BorrowedMessage<'_>) -> Event {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = message.headers().into_iter().flat_map(Headers::iter);
    Event {
        partition: message.partition(),
        offset: message.offset(),
        key: message.key().map(text),
        headers: headers
            .map(|header| (header.key.to_owned(), header.value.map(text).unwrap_or_default()))
            .collect(),
        value: message.payload().unwrap_or_default().to_vec(),
    }
}
