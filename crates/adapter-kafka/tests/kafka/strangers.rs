use std::time::{Duration, Instant};

use ordersystem_adapter_kafka::KafkaConfig;
use ordersystem_application::{EventBroker, Record, Topic};
use ordersystem_port_contracts::soon;
use rdkafka::Message;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, Headers, OwnedHeaders, OwnedMessage};
use rdkafka::producer::{FutureProducer, FutureRecord};

use crate::world;

/// What other programs write into the topics is handed on as far as it can be said, and stops nobody.
#[tokio::test(flavor = "multi_thread")]
async fn reads_whatever_others_write() {
    let config = world::config();
    let broker = world::open(&config);
    let mut member = world::join(&broker, "group").await;
    let bytes: &[u8] = &[0xff, 0x00, 0xfe];
    let headers = OwnedHeaders::new()
        .insert(Header { key: "bytes", value: Some(bytes) })
        .insert(Header { key: "nothing", value: None::<&[u8]> })
        .insert(Header { key: "", value: Some(b"no name".as_slice()) })
        .insert(Header { key: "ce_id", value: Some(b"x".as_slice()) });
    write(&config, None, None, None).await;
    write(&config, Some(bytes), Some(bytes), Some(headers)).await;
    let records = world::read(&mut member, 2).await;
    let bare = records.iter().find(|record| record.key.is_none()).unwrap();
    assert_eq!((bare.headers.as_slice(), bare.value.as_slice()), ([].as_slice(), [].as_slice()));
    let odd = records.iter().find(|record| record.key.is_some()).unwrap();
    assert_eq!(odd.value, bytes, "the value as it is");
    assert_eq!(odd.key.as_deref(), Some("\u{fffd}\0\u{fffd}"), "the key as far as it is text");
    assert_eq!(odd.header("bytes"), Some("\u{fffd}\0\u{fffd}"));
    assert_eq!((odd.header("nothing"), odd.header("ce_id")), (Some(""), Some("x")));
    for record in &records {
        broker.bury(record, "group", "not ours").await.unwrap();
        broker.republish(record).await.unwrap();
    }
    assert_eq!(world::read(&mut member, 2).await.len(), 2, "and come again");
}

/// The poison of the fault matrix: it is read, buried whole, and the next message is not affected.
#[tokio::test(flavor = "multi_thread")]
async fn buries_two_megabytes() {
    let config = world::config();
    world::create_topic(&config, 3, &[("max.message.bytes", "9000000")]).await;
    let broker = world::open(&config);
    let mut member = world::join(&broker, "group").await;
    let poison: Vec<u8> = (0..2_000_000_u32)
        .flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes())
        .take(2 << 20)
        .collect();
    let headers = OwnedHeaders::new().insert(Header { key: "ce_id", value: Some("abc") });
    write(&config, Some(b"7"), Some(&poison), Some(headers)).await;
    broker.publish(&[world::row(1, 7)]).await.unwrap();
    let records = world::read(&mut member, 2).await;
    let record = records.first().unwrap();
    assert!(record.value == poison, "{} bytes", record.value.len());
    broker.bury(record, "group", "해석 불가:\nnot JSON").await.unwrap();
    let letter = dead_letter(&config);
    assert_eq!(letter.key(), Some(b"7".as_slice()));
    assert!(letter.payload() == Some(poison.as_slice()), "the whole value");
    let name = config.topics.name(Topic::OrderEvents);
    let (partition, offset) = (record.partition.to_string(), record.offset.to_string());
    let group = format!("{}group", config.group_prefix);
    for (header, value) in [
        ("ce_id", "abc"),
        ("x-dlq-topic", name),
        ("x-dlq-partition", &partition),
        ("x-dlq-offset", &offset),
        ("x-dlq-group", &group),
        ("x-dlq-error", "해석 불가:\nnot JSON"),
    ] {
        assert_eq!(header_of(&letter, header).as_deref(), Some(value), "{header}");
    }
    assert_eq!(world::position_of(records.get(1).unwrap()), 1, "the next message");
}

/// An older topic for dead letters may have a lower limit: the group goes on all the same, the record can be looked up.
#[tokio::test(flavor = "multi_thread")]
async fn buries_what_the_dead_letters_have_no_room_for() {
    let config = world::config();
    let letters = format!("{}.dlq", config.topics.name(Topic::OrderEvents));
    world::create(&config, &letters, 1, &[("max.message.bytes", "10000")]).await;
    let broker = world::open(&config);
    let value: Vec<u8> =
        (0..50_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let record = Record {
        topic: Topic::OrderEvents,
        partition: 2,
        offset: 99,
        key: Some("7".to_owned()),
        headers: Vec::new(),
        value,
    };
    soon("an answer", broker.bury(&record, "group", "too large")).await.unwrap();
    let letter = dead_letter(&config);
    assert_eq!(letter.payload(), None);
    assert_eq!(header_of(&letter, "x-dlq-value-left-out").as_deref(), Some("200000"));
    assert_eq!(header_of(&letter, "x-dlq-offset").as_deref(), Some("99"));
}

async fn write(
    config: &KafkaConfig,
    key: Option<&[u8]>,
    value: Option<&[u8]>,
    headers: Option<OwnedHeaders>,
) {
    let mut settings = world::client(config);
    let producer: FutureProducer = settings.set("message.max.bytes", "9000000").create().unwrap();
    let topic = config.topics.name(Topic::OrderEvents);
    let record =
        FutureRecord { topic, partition: None, payload: value, key, timestamp: None, headers };
    producer.send(record, Duration::from_secs(10)).await.unwrap();
}

fn dead_letter(config: &KafkaConfig) -> OwnedMessage {
    let mut settings = world::client(config);
    settings.set("group.id", &config.group_prefix).set("auto.offset.reset", "earliest");
    let reader: BaseConsumer = settings.create().unwrap();
    let topic = format!("{}.dlq", config.topics.name(Topic::OrderEvents));
    reader.subscribe(&[&topic]).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        if let Some(message) = reader.poll(Duration::from_millis(100)) {
            return message.unwrap().detach();
        }
    }
    panic!("no dead letter in {topic}");
}

fn header_of(message: &OwnedMessage, name: &str) -> Option<String> {
    let header = message.headers()?.iter().find(|header| header.key == name)?;
    Some(String::from_utf8_lossy(header.value?).into_owned())
}
