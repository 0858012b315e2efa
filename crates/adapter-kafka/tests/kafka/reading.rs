use std::time::Duration;

use ordersystem_adapter_kafka::{KafkaConfig, Patience};
use ordersystem_application::{EventBroker, Topic};
use ordersystem_port_contracts::soon;
use rdkafka::admin::AdminOptions;
use rdkafka::consumer::{BaseConsumer, Consumer};

use crate::world;

/// More than fits between the thread that polls and its user.
const ROWS: i64 = 3_000;

/// One partition and two members: if the first were thrown out, the second would get it.
#[tokio::test(flavor = "multi_thread")]
async fn stays_in_the_group_while_a_batch_is_held() {
    let mut config = world::config();
    config.patience = Patience {
        session: Duration::from_millis(1_500),
        max_poll_interval: Duration::from_secs(2),
        dealing: Duration::from_secs(6),
        ..Patience::default()
    };
    world::create_topic(&config, 1, &[]).await;
    let broker = world::open(&config);
    let rows = world::rows(1..=ROWS, 100);
    broker.publish(&rows).await.unwrap();
    let mut slow = world::join(&broker, "group").await;
    let mut records = world::read(&mut slow, 1).await;
    let mut other = world::join(&broker, "group").await;
    let given_away = world::poll_once(&mut other).await;
    assert_eq!(given_away, [], "three times the interval has passed");
    slow.commit().await.unwrap();
    while records.len() < rows.len() {
        records.extend(world::read(&mut slow, 1).await);
        slow.commit().await.unwrap();
    }
    assert_eq!(world::positions(&records), (1..=ROWS).collect::<Vec<_>>(), "each once, in order");
}

#[tokio::test(flavor = "multi_thread")]
async fn starts_again_when_a_topic_was_deleted() {
    let config = world::config();
    let broker = world::open(&config);
    broker.publish(&world::rows(1..=30, 10)).await.unwrap();
    let mut member = world::join(&broker, "group").await;
    world::read(&mut member, 30).await;
    member.commit().await.unwrap();
    delete_topic(&config).await;
    soon("the member is told", member.poll(1)).await.unwrap_err();
    drop(member);
    let mut member = world::join(&broker, "group").await;
    broker.publish(&world::rows(31..=60, 10)).await.unwrap();
    let mut positions = world::positions(&world::read(&mut member, 30).await);
    positions.sort_unstable();
    assert_eq!(positions, (31..=60).collect::<Vec<_>>(), "from the beginning of the new topic");
}

/// The member is busy while the topic is deleted and made again, longer than it was: nothing but its own commit can tell
/// it that its place is a place in another log.
#[tokio::test(flavor = "multi_thread")]
async fn starts_again_when_a_topic_was_made_again_meanwhile() {
    let config = world::config();
    world::create_topic(&config, 1, &[]).await;
    let broker = world::open(&config);
    broker.publish(&world::rows(1..=ROWS, 10)).await.unwrap();
    let mut member = world::join(&broker, "group").await;
    world::read(&mut member, 1).await;
    member.commit().await.unwrap();
    delete_topic(&config).await;
    world::create_topic(&config, 1, &[]).await;
    let (first, last) = (ROWS + 1, 3 * ROWS);
    broker.publish(&world::rows(first..=last, 10)).await.unwrap();
    let told = async { while member.poll(100).await.is_ok() && member.commit().await.is_ok() {} };
    soon("the member is told", told).await;
    drop(member);
    let mut member = world::join(&broker, "group").await;
    let records = world::read(&mut member, usize::try_from(2 * ROWS).unwrap()).await;
    assert_eq!(world::positions(&records), (first..=last).collect::<Vec<_>>(), "all of the new");
}

/// The same while nothing comes: there is no commit that could tell.
#[tokio::test(flavor = "multi_thread")]
async fn starts_again_when_a_topic_was_made_again_behind_an_idle_member() {
    let config = world::config();
    world::create_topic(&config, 1, &[]).await;
    let broker = world::open(&config);
    broker.publish(&world::rows(1..=30, 10)).await.unwrap();
    let mut member = world::join(&broker, "group").await;
    world::read(&mut member, 30).await;
    member.commit().await.unwrap();
    let waiting = tokio::spawn(async move { member.poll(100).await });
    delete_topic(&config).await;
    world::create_topic(&config, 1, &[]).await;
    broker.publish(&world::rows(31..=60, 10)).await.unwrap();
    let told = soon("the member hears something", waiting).await.unwrap();
    told.expect_err("not a record from the middle, but that the topic is another");
    let mut member = world::join(&broker, "group").await;
    let records = world::read(&mut member, 30).await;
    assert_eq!(world::positions(&records), (31..=60).collect::<Vec<_>>(), "all of the new");
}

async fn delete_topic(config: &KafkaConfig) {
    let name = config.topics.name(Topic::OrderEvents);
    let deleted = world::admin(config).delete_topics(&[name], &AdminOptions::new()).await;
    deleted.unwrap().into_iter().for_each(|result| drop(result.unwrap()));
}

/// What an operator does with `kafka-consumer-groups --reset-offsets --to-earliest`, or when Kafka has lost the offsets.
#[tokio::test(flavor = "multi_thread")]
async fn replays_everything_when_the_offsets_are_gone() {
    let config = world::config();
    let broker = world::open(&config);
    broker.publish(&world::rows(1..=30, 10)).await.unwrap();
    for _ in 0..2 {
        let mut member = world::join(&broker, "group").await;
        assert_eq!(world::read(&mut member, 30).await.len(), 30);
        member.commit().await.unwrap();
        drop(member);
        broker.close().await;
        let group = format!("{}group", config.group_prefix);
        let deleted = world::admin(&config).delete_groups(&[&group], &AdminOptions::new()).await;
        deleted.unwrap().into_iter().for_each(|result| drop(result.unwrap()));
    }
}

/// A member that has gone is out of its group when the broker is closed, not only when its session ends.
#[tokio::test(flavor = "multi_thread")]
async fn leaves_its_groups_before_it_is_closed() {
    let config = world::config();
    let broker = world::open(&config);
    let member = world::join(&broker, "group").await;
    assert_eq!(members(&config), 1);
    drop(member);
    broker.close().await;
    assert_eq!(members(&config), 0);
}

fn members(config: &KafkaConfig) -> usize {
    let group = format!("{}group", config.group_prefix);
    let client: BaseConsumer = world::client(config).create().unwrap();
    let groups = client.fetch_group_list(Some(&group), Duration::from_secs(10)).unwrap();
    groups.groups().iter().map(|group| group.members().len()).sum()
}
