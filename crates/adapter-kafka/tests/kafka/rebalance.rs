use std::collections::BTreeMap;
use std::time::Duration;

use ordersystem_application::{EventBroker, Record};
use ordersystem_port_contracts::soon;

use crate::world::{self, Reading};

/// Members come and go while records are handled and committed batch by batch: each is handled, in order, and since what
/// is in hand is committed before a partition moves on, none is handled twice.
#[tokio::test(flavor = "multi_thread")]
async fn moves_partitions_between_members_without_loss() {
    let config = world::config();
    let (here, there) = (world::open(&config), world::open(&config));
    let rows = world::rows(1..=4_000, 50);
    let mut handled = Vec::new();
    here.publish(rows.get(..1_500).unwrap()).await.unwrap();
    let mut one = world::join(&here, "group").await;
    handle(&mut one, &mut handled, 500).await;
    let mut two = beside(&mut one, &mut handled, world::join(&there, "group")).await;
    here.publish(rows.get(1_500..3_000).unwrap()).await.unwrap();
    let mut of_two = Vec::new();
    handle(&mut two, &mut of_two, 200).await;
    assert!(!of_two.is_empty(), "both have a share");
    handled.append(&mut of_two);
    drop(one);
    here.publish(rows.get(3_000..).unwrap()).await.unwrap();
    let left = rows.len() - handled.len();
    handle(&mut two, &mut handled, left).await;
    check(&handled, rows.len());
}

/// A batch that was in hand when its partition moved on is handled again by the new owner; a late commit of the old owner
/// does not take back what the new one has committed.
#[tokio::test(flavor = "multi_thread")]
async fn commits_nothing_of_partitions_that_were_taken_away() {
    let mut config = world::config();
    config.patience.handover = Duration::ZERO;
    let broker = world::open(&config);
    broker.publish(&world::rows(1..=30, 30)).await.unwrap();
    let mut old = world::join(&broker, "group").await;
    assert_eq!(world::read(&mut old, 30).await.len(), 30, "in hand, not committed");
    let mut new = world::join(&broker, "group").await;
    let again = world::read(&mut new, 1).await;
    let partition = again.first().unwrap().partition;
    let mut of_new = again;
    broker.publish(&world::rows(31..=60, 30)).await.unwrap();
    while !of_new.iter().any(|record| world::position_of(record) > 30) {
        of_new.extend(world::read(&mut new, 1).await);
    }
    new.commit().await.unwrap();
    soon("a late commit", old.commit()).await.unwrap();
    let last = of_new.iter().filter(|r| r.partition == partition).map(|r| r.offset).max().unwrap();
    drop((old, new));
    broker.close().await;
    broker.publish(&world::rows(61..=90, 30)).await.unwrap();
    let mut next = world::join(&broker, "group").await;
    let mut rest = Vec::new();
    while !rest.iter().any(|record: &Record| record.partition == partition) {
        rest.extend(world::read(&mut next, 1).await);
    }
    let first = rest.iter().find(|record| record.partition == partition).unwrap();
    assert_eq!(first.offset, last + 1, "where the new owner has committed");
}

/// Polls and commits until so many more were handled.
async fn handle(member: &mut Reading, handled: &mut Vec<Record>, count: usize) {
    let enough = handled.len() + count;
    while handled.len() < enough {
        handled.extend(world::read(member, 1).await);
        soon("a commit", member.commit()).await.unwrap();
    }
}

/// Goes on to handle records while something else happens.
async fn beside<T>(
    member: &mut Reading,
    handled: &mut Vec<Record>,
    other: impl Future<Output = T>,
) -> T {
    let mut other = std::pin::pin!(other);
    loop {
        tokio::select! {
            done = &mut other => return done,
            records = member.poll(100) => {
                handled.extend(records.unwrap());
                soon("a commit", member.commit()).await.unwrap();
            }
        }
    }
}

fn check(handled: &[Record], count: usize) {
    let mut offsets: BTreeMap<i32, Vec<i64>> = BTreeMap::new();
    for record in handled {
        offsets.entry(record.partition).or_default().push(record.offset);
    }
    for (partition, offsets) in offsets {
        let complete: Vec<_> = (0..).take(offsets.len()).collect();
        assert_eq!(offsets, complete, "partition {partition}: each once, in order");
    }
    assert_eq!(handled.len(), count, "every record");
}
