use std::borrow::Cow;
use std::time::Duration;

use ordersystem_adapter_kafka::{KafkaBroker, KafkaConfig, Patience, TopicNames};
use ordersystem_application::{EventBroker, OutboxMessage, OutboxRow, Record, Subscription, Topic};
use ordersystem_port_contracts::soon;
use ordersystem_shared_kernel::{EventId, Timestamp};
use ordersystem_test_engines::kafka;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use uuid::Uuid;

/// Topics and groups of one's own on the Kafka of the test run.
pub(crate) fn config() -> KafkaConfig {
    config_on(kafka::shared())
}

pub(crate) fn config_on(servers: impl Into<String>) -> KafkaConfig {
    let mut config = KafkaConfig::new(servers);
    config.group_prefix = kafka::unique("") + "-";
    config.topics = TopicNames {
        order_events: kafka::unique("order-events"),
        inventory_events: kafka::unique("inventory-events"),
    };
    config
}

pub(crate) fn open(config: &KafkaConfig) -> KafkaBroker {
    KafkaBroker::open(config.clone()).unwrap()
}

/// For brokers that are meant to fail.
pub(crate) fn impatient() -> Patience {
    Patience {
        stall: Duration::from_secs(2),
        request: Duration::from_secs(1),
        ..Patience::default()
    }
}

/// So many rows, spread over so many keys; the position is the sequence too.
pub(crate) fn rows(positions: std::ops::RangeInclusive<i64>, keys: i64) -> Vec<OutboxRow> {
    positions.map(|position| row(position, position % keys)).collect()
}

pub(crate) fn row(position: i64, key: i64) -> OutboxRow {
    let message = OutboxMessage {
        id: EventId::new(Uuid::from_u64_pair(7, position.unsigned_abs())),
        topic: Topic::OrderEvents,
        key,
        sequence: position,
        kind: Cow::Borrowed("order.created.v1"),
        payload: format!(
            r#"{{"orderId":{key},"status":"CREATED","timestamp":"2025-06-13T05:59:51Z"}}"#
        ),
        at: Timestamp::from_micros(position),
        trace: None,
    };
    OutboxRow { position, message }
}

pub(crate) fn position_of(record: &Record) -> i64 {
    record.header("ce_sequence").unwrap().parse().unwrap()
}

pub(crate) fn positions(records: &[Record]) -> Vec<i64> {
    records.iter().map(position_of).collect()
}

pub(crate) type Reading = Box<dyn Subscription>;

pub(crate) async fn join(broker: &KafkaBroker, group: &'static str) -> Reading {
    soon("a member joins", broker.subscribe(group, Topic::OrderEvents)).await.unwrap()
}

pub(crate) async fn read(reading: &mut Reading, count: usize) -> Vec<Record> {
    let mut records = Vec::new();
    while records.len() < count {
        records.extend(soon("a record", reading.poll(100)).await.unwrap());
    }
    records
}

/// Gives a poll that has nothing yet up at once.
pub(crate) async fn poll_once(reading: &mut Reading) -> Vec<Record> {
    let poll = tokio::time::timeout(Duration::ZERO, reading.poll(100)).await;
    poll.map_or_else(|_nothing_yet| Vec::new(), Result::unwrap)
}

/// Of somebody else.
pub(crate) fn client(config: &KafkaConfig) -> ClientConfig {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", &config.bootstrap_servers);
    client
}

pub(crate) fn admin(config: &KafkaConfig) -> AdminClient<DefaultClientContext> {
    client(config).create().unwrap()
}

/// Creates the topic of the orders as somebody else might have.
pub(crate) async fn create_topic(config: &KafkaConfig, partitions: i32, settings: &[(&str, &str)]) {
    create(config, config.topics.name(Topic::OrderEvents), partitions, settings).await;
}

pub(crate) async fn create(
    config: &KafkaConfig,
    name: &str,
    partitions: i32,
    settings: &[(&str, &str)],
) {
    let topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
    let topic = settings.iter().fold(topic, |topic, (name, value)| topic.set(name, value));
    let created = admin(config).create_topics([&topic], &AdminOptions::new()).await.unwrap();
    created.into_iter().for_each(|result| drop(result.unwrap()));
}
