//! [`EventBroker`]: the log. See [`crate::broker_contract!`].

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::task::Poll;

use ordersystem_application::{
    EventBroker, OutboxMessage, OutboxRow, Position, Record, Subscription, Tail, TailFrom, Topic,
};
use ordersystem_shared_kernel::{EventId, Timestamp};
use uuid::Uuid;

use crate::soon;

type Port = Arc<dyn EventBroker>;

const GROUP: &str = "contract-group";

/// Key, headers and value arrive as they were published.
pub async fn delivers_what_was_published(broker: Port) {
    let mut member = join(&broker, GROUP, Topic::OrderEvents).await;
    let row = order(1, 42);
    publish(&broker, std::slice::from_ref(&row)).await;
    let records = read(&mut member, 1).await;
    let record = records.first().expect("one record");
    assert_eq!(record.topic, Topic::OrderEvents);
    assert_eq!(record.key.as_deref(), Some("42"), "the key is the order's number");
    assert_eq!(record.value, row.message.payload.as_bytes(), "nothing is added to the JSON");
    for (name, value) in row.message.headers() {
        assert_eq!(record.header(name), Some(value.as_str()), "header {name}");
    }
}

/// A key lies in one partition, its records in the order of their positions, offsets ascending.
pub async fn keeps_one_key_in_one_partition_in_order(broker: Port) {
    let mut member = join(&broker, GROUP, Topic::OrderEvents).await;
    let rows: Vec<_> = (1..=60).map(|position| order(position, position % 7)).collect();
    for rows in rows.chunks(11) {
        publish(&broker, rows).await;
    }
    let records = read(&mut member, rows.len()).await;
    check_keys(&records);
    check_offsets(&records);
    let used: BTreeSet<_> = records.iter().map(|record| record.partition).collect();
    assert!(used.len() > 1, "keys are spread over partitions");
}

/// A relay that crashed before it marked its rows publishes them again.
pub async fn keeps_the_order_of_a_key_when_rows_are_published_again(broker: Port) {
    let mut member = join(&broker, GROUP, Topic::OrderEvents).await;
    let rows: Vec<_> = (1..=6).map(|position| order(position, 1)).collect();
    publish(&broker, rows.get(..4).expect("six rows")).await;
    publish(&broker, &rows).await;
    let mut firsts = Vec::new();
    while firsts.len() < rows.len() {
        for record in read(&mut member, 1).await {
            if !firsts.contains(&position_of(&record)) {
                firsts.push(position_of(&record));
            }
        }
    }
    assert_eq!(firsts, [1, 2, 3, 4, 5, 6], "the first occurrences are in order, none is missing");
}

/// A row with a lower position than others that were published before it, of another key, is delivered all the same.
pub async fn takes_a_row_that_committed_late(broker: Port) {
    let mut member = join(&broker, GROUP, Topic::OrderEvents).await;
    publish(&broker, &[order(5, 1), order(9, 1)]).await;
    let mut records = read(&mut member, 2).await;
    member.commit().await.expect("the broker is available");
    publish(&broker, &[order(7, 1_000), order(8, 1_000), order(10, 1)]).await;
    records.extend(read(&mut member, 3).await);
    check_keys(&records);
    check_offsets(&records);
    let got: BTreeSet<_> = records.iter().map(position_of).collect();
    assert_eq!(got, BTreeSet::from([5, 7, 8, 9, 10]), "nothing is lost");
}

/// A batch has an upper bound.
pub async fn returns_at_most_what_was_asked_for(broker: Port) {
    let mut member = join(&broker, GROUP, Topic::OrderEvents).await;
    let rows: Vec<_> = (1..=10).map(|position| order(position, position)).collect();
    publish(&broker, &rows).await;
    let mut records = Vec::new();
    while records.len() < rows.len() {
        let batch = soon("a poll", member.poll(3)).await.expect("the broker is available");
        assert!((1..=3).contains(&batch.len()), "{} records instead of 1 to 3", batch.len());
        records.extend(batch);
    }
    assert_eq!(positions(&records), (1..=10).collect(), "every record comes");
}

/// Subscribers of one topic see nothing of the other.
pub async fn keeps_topics_apart(broker: Port) {
    let mut orders = join(&broker, GROUP, Topic::OrderEvents).await;
    let mut stock = join(&broker, "contract-stock", Topic::InventoryEvents).await;
    publish(&broker, &[order(1, 1), stock_of(2, 1), order(3, 1), stock_of(4, 1)]).await;
    assert_eq!(positions(&read(&mut orders, 2).await), BTreeSet::from([1, 3]));
    assert_eq!(positions(&read(&mut stock, 2).await), BTreeSet::from([2, 4]));
}

/// A poll waits for the next record instead of returning nothing.
pub async fn waits_for_a_record(broker: Port) {
    let mut member = join(&broker, GROUP, Topic::OrderEvents).await;
    let waiting = tokio::spawn(async move { member.poll(10).await });
    tokio::task::yield_now().await;
    publish(&broker, &[order(1, 1)]).await;
    let records = soon("a waiting poll must see a new record", waiting).await;
    let records = records.expect("the poll ends well").expect("the broker is available");
    assert_eq!(positions(&records), BTreeSet::from([1]));
}

/// A consumer that stops waiting, for example to shut down, loses no record.
pub async fn loses_nothing_when_a_poll_is_dropped(broker: Port) {
    let mut member = join(&broker, GROUP, Topic::OrderEvents).await;
    let mut tail = tail(&broker, TailFrom::Now).await;
    for position in 1..=5 {
        for (reader, reading) in [("a member", &mut member), ("a tail", &mut tail)] {
            assert_eq!(poll_once(reading).await, [], "{reader} finds nothing yet");
        }
        publish(&broker, &[order(position, position)]).await;
        for (reader, reading) in [("a member", &mut member), ("a tail", &mut tail)] {
            let impatient = async {
                loop {
                    match poll_once(reading).await {
                        records if records.is_empty() => tokio::task::yield_now().await,
                        records => break records,
                    }
                }
            };
            let records = soon("a record behind dropped polls", impatient).await;
            assert_eq!(positions(&records), BTreeSet::from([position]), "{reader}");
        }
    }
}

/// Two members of one group have each record once between them, and a key always at the same one.
pub async fn shares_partitions_in_a_group(broker: Port) {
    let mut one = join(&broker, GROUP, Topic::OrderEvents).await;
    let mut two = join(&broker, GROUP, Topic::OrderEvents).await;
    let rows: Vec<_> = (1..=60).map(|position| order(position, position % 30)).collect();
    publish(&broker, &rows).await;
    let (mut ones, mut twos) = (Vec::new(), Vec::new());
    while ones.len() + twos.len() < rows.len() {
        let (to, batch) = soon("a shared record", either(&mut one, &mut two)).await;
        match to {
            Reader::One => ones.extend(batch),
            Reader::Two => twos.extend(batch),
        }
    }
    assert!(!ones.is_empty() && !twos.is_empty(), "both members have a share");
    let keys = |records: &[Record]| records.iter().map(|r| r.partition).collect::<BTreeSet<_>>();
    assert!(keys(&ones).is_disjoint(&keys(&twos)), "a partition has one reader");
    check_keys(&ones);
    check_keys(&twos);
    ones.append(&mut twos);
    assert_eq!(positions(&ones), (1..=60).collect(), "nothing is missing, nothing comes twice");
}

/// Groups know nothing of each other.
pub async fn delivers_to_every_group(broker: Port) {
    let mut one = join(&broker, "contract-one", Topic::OrderEvents).await;
    let mut two = join(&broker, "contract-two", Topic::OrderEvents).await;
    publish(&broker, &[order(1, 1), order(2, 2)]).await;
    read(&mut one, 2).await;
    one.commit().await.expect("the broker is available");
    assert_eq!(positions(&read(&mut two, 2).await), BTreeSet::from([1, 2]));
}

/// A member that dies before it commits leaves its records to the next one.
pub async fn delivers_again_what_was_not_committed(broker: Port) {
    let mut member = join(&broker, GROUP, Topic::OrderEvents).await;
    publish(&broker, &[order(1, 1), order(2, 1), order(3, 2)]).await;
    read(&mut member, 3).await;
    drop(member);
    let mut next = join(&broker, GROUP, Topic::OrderEvents).await;
    let records = read(&mut next, 3).await;
    assert_eq!(positions(&records), BTreeSet::from([1, 2, 3]), "all of them come again");
    check_keys(&records);
}

/// What was committed does not come again.
pub async fn remembers_what_was_committed(broker: Port) {
    let mut member = join(&broker, GROUP, Topic::OrderEvents).await;
    publish(&broker, &[order(1, 1), order(2, 2), order(3, 3)]).await;
    read(&mut member, 3).await;
    member.commit().await.expect("the broker is available");
    drop(member);
    publish(&broker, &[order(4, 1), order(5, 2), order(6, 3)]).await;
    let mut next = join(&broker, GROUP, Topic::OrderEvents).await;
    assert_eq!(positions(&read(&mut next, 3).await), BTreeSet::from([4, 5, 6]));
}

/// Members are at different places: what one has committed says nothing about the other's partitions.
pub async fn remembers_every_partition_on_its_own(broker: Port) {
    let mut one = join(&broker, GROUP, Topic::OrderEvents).await;
    let mut two = join(&broker, GROUP, Topic::OrderEvents).await;
    let rows: Vec<_> = (1..=30).map(|position| order(position, position)).collect();
    publish(&broker, &rows).await;
    let ones = read(&mut one, 1).await;
    let mut twos = read(&mut two, 1).await;
    let key = twos.first().and_then(|record| record.key.as_deref()?.parse().ok());
    publish(&broker, &[order(31, key.expect("the key is a number"))]).await;
    twos.extend(read(&mut two, 1).await);
    two.commit().await.expect("the broker is available");
    drop((one, two));
    let mut next = join(&broker, GROUP, Topic::OrderEvents).await;
    let left: BTreeSet<_> = (1..=31).filter(|p| !positions(&twos).contains(p)).collect();
    assert!(ones.iter().all(|record| left.contains(&position_of(record))), "two shares");
    assert_eq!(positions(&read(&mut next, left.len()).await), left, "all but what two committed");
}

/// When a member goes, the others read its partitions.
pub async fn gives_the_partitions_of_a_leaver_to_those_who_stay(broker: Port) {
    let mut stays = join(&broker, GROUP, Topic::OrderEvents).await;
    let leaves = join(&broker, GROUP, Topic::OrderEvents).await;
    drop(leaves);
    let rows: Vec<_> = (1..=30).map(|position| order(position, position)).collect();
    publish(&broker, &rows).await;
    assert_eq!(positions(&read(&mut stays, rows.len()).await), (1..=30).collect());
}

/// Both topics, everything that is kept.
pub async fn tails_from_the_beginning(broker: Port) {
    publish(&broker, &[order(1, 1), stock_of(2, 1), order(3, 1)]).await;
    let mut tail = tail(&broker, TailFrom::Beginning).await;
    let records = read(&mut tail, 3).await;
    assert_eq!(positions(&records), BTreeSet::from([1, 2, 3]), "both topics");
    check_keys(&records);
    publish(&broker, &[stock_of(4, 1)]).await;
    assert_eq!(positions(&read(&mut tail, 1).await), BTreeSet::from([4]), "and what follows");
}

/// Nothing of what was there before.
pub async fn tails_from_now(broker: Port) {
    publish(&broker, &[order(1, 1), stock_of(2, 1)]).await;
    let mut tail = tail(&broker, TailFrom::Now).await;
    publish(&broker, &[order(3, 1), stock_of(4, 1)]).await;
    assert_eq!(positions(&read(&mut tail, 2).await), BTreeSet::from([3, 4]));
}

/// A reader that comes back goes on where it stopped, wherever that was.
pub async fn tails_behind_a_position(broker: Port) {
    let rows: Vec<_> = (1..=12)
        .map(|position| if position % 3 == 0 { stock_of(position, 1) } else { order(position, 1) })
        .collect();
    publish(&broker, &rows).await;
    let Tail { records: mut reading, mut position } =
        broker.tail(TailFrom::Beginning).await.expect("the broker is available");
    let records = read(&mut reading, rows.len()).await;
    for (index, last_seen) in records.iter().enumerate().take(rows.len() - 1) {
        position.pass(last_seen);
        let mut resumed = tail(&broker, TailFrom::After(position.clone())).await;
        let expected: BTreeSet<_> = records.iter().skip(index + 1).map(position_of).collect();
        let rest = read(&mut resumed, expected.len()).await;
        assert_eq!(positions(&rest), expected, "nothing is lost behind {last_seen:?}");
    }
}

/// What a tail from now on has not seen yet is behind the place where it started.
pub async fn tails_behind_the_start_of_a_tail(broker: Port) {
    publish(&broker, &[order(1, 1), order(2, 2), order(3, 3), stock_of(4, 1)]).await;
    let started = broker.tail(TailFrom::Now).await.expect("the broker is available");
    publish(&broker, &[order(5, 1), order(6, 2), order(7, 3), stock_of(8, 1)]).await;
    let mut resumed = tail(&broker, TailFrom::After(started.position)).await;
    assert_eq!(positions(&read(&mut resumed, 4).await), BTreeSet::from([5, 6, 7, 8]));
}

/// A position of somebody else, or one from long ago.
pub async fn tails_from_the_beginning_for_an_unknown_position(broker: Port) {
    publish(&broker, &[order(11, 1), stock_of(12, 1)]).await;
    for unknown in ["", "o0.999999999-o1.999999999-o2.999999999-i0.999999999", "o77.1"] {
        let unknown: Position = unknown.parse().expect("it looks like a position");
        let mut tail = tail(&broker, TailFrom::After(unknown.clone())).await;
        let records = read(&mut tail, 2).await;
        assert_eq!(positions(&records), BTreeSet::from([11, 12]), "position {unknown}");
    }
}

/// A dead letter goes elsewhere; who reads the topic sees nothing of it.
pub async fn buries_without_disturbing_the_topic(broker: Port) {
    let mut member = join(&broker, GROUP, Topic::OrderEvents).await;
    publish(&broker, &[order(1, 1)]).await;
    let records = read(&mut member, 1).await;
    let record = records.first().expect("one record");
    broker.bury(record, GROUP, "it is\nbroken 주문").await.expect("the broker is available");
    publish(&broker, &[order(2, 1)]).await;
    assert_eq!(
        positions(&read(&mut member, 1).await),
        BTreeSet::from([2]),
        "the next of the topic"
    );
}

/// A replayed record has the same key, value and `ce_id`, and says that it is one.
pub async fn republishes_what_consumers_can_tell_is_old(broker: Port) {
    let mut member = join(&broker, GROUP, Topic::OrderEvents).await;
    publish(&broker, &[order(1, 1)]).await;
    let first = read(&mut member, 1).await.pop().expect("one record");
    broker.republish(&first).await.expect("the broker is available");
    let again = read(&mut member, 1).await.pop().expect("one record");
    assert_eq!((&again.key, &again.value), (&first.key, &first.value));
    assert_eq!(again.partition, first.partition, "the key decides");
    assert_eq!(again.header("ce_id"), first.header("ce_id"), "consumers drop it if they had it");
    assert_eq!(again.header("x-replayed-by"), Some("ordersystem"));
    assert!(again.offset > first.offset, "a place of its own");
}

type Reading = Box<dyn Subscription>;

enum Reader {
    One,
    Two,
}

async fn either(one: &mut Reading, two: &mut Reading) -> (Reader, Vec<Record>) {
    tokio::select! {
        batch = one.poll(7) => {
            one.commit().await.expect("the broker is available");
            (Reader::One, batch.expect("the broker is available"))
        }
        batch = two.poll(7) => {
            two.commit().await.expect("the broker is available");
            (Reader::Two, batch.expect("the broker is available"))
        }
    }
}

async fn join(broker: &Port, group: &'static str, topic: Topic) -> Reading {
    broker.subscribe(group, topic).await.expect("the broker is available")
}

async fn tail(broker: &Port, from: TailFrom) -> Reading {
    broker.tail(from).await.expect("the broker is available").records
}

async fn publish(broker: &Port, rows: &[OutboxRow]) {
    broker.publish(rows).await.expect("the broker is available");
}

/// Polls until there are so many records.
async fn read(reading: &mut Reading, count: usize) -> Vec<Record> {
    let mut records = Vec::new();
    while records.len() < count {
        let batch = soon("records that were published must be delivered", reading.poll(100)).await;
        records.extend(batch.expect("the broker is available"));
    }
    records
}

/// Gives a poll that has nothing yet up at once.
async fn poll_once(reading: &mut Reading) -> Vec<Record> {
    let mut poll = reading.poll(10);
    std::future::poll_fn(|context| match poll.as_mut().poll(context) {
        Poll::Ready(records) => Poll::Ready(records.expect("the broker is available")),
        Poll::Pending => Poll::Ready(Vec::new()),
    })
    .await
}

fn check_keys(records: &[Record]) {
    let mut by_key: BTreeMap<_, Vec<(i32, i64)>> = BTreeMap::new();
    for record in records {
        let key = (record.topic, record.key.clone());
        by_key.entry(key).or_default().push((record.partition, position_of(record)));
    }
    for (key, places) in by_key {
        let one_partition =
            places.iter().all(|(partition, _)| Some(partition) == places.first().map(|(p, _)| p));
        assert!(one_partition, "the key {key:?} lies in several partitions");
        assert!(places.is_sorted(), "the records of {key:?} are out of order: {places:?}");
    }
}

fn check_offsets(records: &[Record]) {
    let mut by_partition: BTreeMap<_, Vec<i64>> = BTreeMap::new();
    for record in records {
        by_partition.entry((record.topic, record.partition)).or_default().push(record.offset);
    }
    for (partition, offsets) in by_partition {
        let ascending = offsets.is_sorted_by(|a, b| a < b);
        assert!(ascending, "the offsets of {partition:?} do not ascend: {offsets:?}");
    }
}

fn positions(records: &[Record]) -> BTreeSet<i64> {
    let positions: BTreeSet<_> = records.iter().map(position_of).collect();
    assert_eq!(positions.len(), records.len(), "a record came twice");
    positions
}

/// The rows of this suite carry their position as their sequence.
fn position_of(record: &Record) -> i64 {
    let sequence = record.header("ce_sequence").expect("every record carries ce_sequence");
    sequence.parse().expect("ce_sequence is a number")
}

fn order(position: i64, key: i64) -> OutboxRow {
    row(Topic::OrderEvents, position, key)
}

fn stock_of(position: i64, key: i64) -> OutboxRow {
    row(Topic::InventoryEvents, position, key)
}

fn row(topic: Topic, position: i64, key: i64) -> OutboxRow {
    let message = OutboxMessage {
        id: EventId::new(Uuid::from_u64_pair(2, position.unsigned_abs())),
        topic,
        key,
        sequence: position,
        kind: Cow::Borrowed("order.created.v1"),
        payload: format!(r#"{{"orderId":{key},"status":"CREATED"}}"#),
        at: Timestamp::from_micros(position),
        trace: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
    };
    OutboxRow { position, message }
}
