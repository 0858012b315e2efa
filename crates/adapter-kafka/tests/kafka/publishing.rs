use std::time::{Duration, Instant};

use ordersystem_application::EventBroker;

use crate::{log, world};

#[tokio::test(flavor = "multi_thread")]
async fn publishes_and_reads_many_events() {
    let broker = world::open(&world::config());
    let rows = world::rows(1..=20_000, 500);
    broker.publish(&[]).await.unwrap();
    let since = Instant::now();
    assert_eq!(log::relay(&broker, &rows, 500).await, 0);
    log::tell("published", rows.len(), since);
    let since = Instant::now();
    let mut member = world::join(&broker, "group").await;
    let mut left = rows.len();
    while left > 0 {
        left -= world::read(&mut member, 1).await.len();
        member.commit().await.unwrap();
    }
    log::tell("read and committed by hundreds", rows.len(), since);
    log::check(&broker, &rows).await;
}

/// More than the producer's queue holds.
#[tokio::test(flavor = "multi_thread")]
async fn waits_for_room_when_the_queue_is_full() {
    let broker = world::open(&world::config());
    let rows = world::rows(1..=45_000, 100);
    broker.publish(&rows).await.unwrap();
    let records = log::everything(&broker, &rows).await;
    assert_eq!(records.len(), rows.len(), "each once");
}

/// A relay that is stopped in the middle leaves its rows in the producer; they come before what follows.
#[tokio::test(flavor = "multi_thread")]
async fn keeps_the_order_when_calls_are_dropped() {
    let broker = world::open(&world::config());
    let rows = world::rows(1..=3_000, 7);
    for micros in [50, 500, 2_000, 5_000, 9_000] {
        let patience = Duration::from_micros(micros);
        let _given_up = tokio::time::timeout(patience, broker.publish(&rows)).await;
    }
    broker.publish(&rows).await.unwrap();
    log::check(&broker, &rows).await;
}

/// Messages that others write about the same order land in the same partition.
#[tokio::test(flavor = "multi_thread")]
async fn chooses_partitions_as_java_does() {
    assert_eq!(murmur2(b"21"), -973_932_308, "Kafka's own example");
    assert_eq!(murmur2(b"foobar"), -790_332_482, "Kafka's own example");
    let broker = world::open(&world::config());
    let rows = world::rows(1..=200, 1_000);
    broker.publish(&rows).await.unwrap();
    for record in log::everything(&broker, &rows).await {
        let key = record.key.unwrap();
        assert_eq!(record.partition, (murmur2(key.as_bytes()) & i32::MAX) % 3, "key {key}");
    }
}

/// `org.apache.kafka.common.utils.Utils.murmur2`.
fn murmur2(data: &[u8]) -> i32 {
    const M: u32 = 0x5bd1_e995;
    let mut hash = 0x9747_b28c_u32 ^ u32::try_from(data.len()).unwrap();
    let (words, rest) = data.as_chunks::<4>();
    for word in words {
        let k = u32::from_le_bytes(*word).wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ (k ^ (k >> 24)).wrapping_mul(M);
    }
    for (index, byte) in rest.iter().enumerate() {
        hash ^= u32::from(*byte) << (8 * index);
    }
    if !rest.is_empty() {
        hash = hash.wrapping_mul(M);
    }
    hash = (hash ^ (hash >> 13)).wrapping_mul(M);
    (hash ^ (hash >> 15)).cast_signed()
}
