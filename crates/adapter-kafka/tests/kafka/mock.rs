use std::time::{Duration, Instant};

use ordersystem_adapter_kafka::{KafkaBroker, KafkaConfig};
use ordersystem_application::{BrokerError, EventBroker, OutboxRow, Topic};
use ordersystem_port_contracts::soon;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::RDKafkaApiKey::Produce;
use rdkafka::types::RDKafkaRespErr::{
    self, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE as TOO_LARGE,
    RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS as NOT_ENOUGH_REPLICAS,
    RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION as NOT_LEADER,
    RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT as TIMED_OUT,
    RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED as NOT_ALLOWED,
};

use crate::{log, world};

type Mock = MockCluster<'static, DefaultProducerContext>;

/// The mock cannot create topics on request: they are there before.
fn cluster() -> (Mock, KafkaConfig) {
    let mock = MockCluster::new(3).unwrap();
    let config = world::config_on(mock.bootstrap_servers());
    for topic in Topic::ALL {
        let name = config.topics.name(topic);
        mock.create_topic(name, 3, 3).unwrap();
        mock.create_topic(&format!("{name}.dlq"), 3, 3).unwrap();
    }
    (mock, config)
}

fn open(config: &KafkaConfig) -> (KafkaBroker, Vec<OutboxRow>) {
    (world::open(config), world::rows(1..=3_000, 40))
}

/// Errors that pass are waited out: the caller hears nothing of them, and every row is there exactly once.
#[tokio::test(flavor = "multi_thread")]
async fn waits_out_errors_that_pass() {
    for errors in [
        vec![NOT_ENOUGH_REPLICAS; 4],
        vec![TIMED_OUT; 3],
        vec![NOT_LEADER; 3],
        vec![NOT_ENOUGH_REPLICAS, NO_ERROR, TIMED_OUT, NO_ERROR, NO_ERROR, NOT_LEADER],
    ] {
        let (mock, config) = cluster();
        let (broker, rows) = open(&config);
        mock.request_errors(Produce, &errors);
        soon("publishing in spite of errors", broker.publish(&rows)).await.unwrap();
        log::check(&broker, &rows).await;
        let records = log::everything(&broker, &rows).await;
        assert_eq!(records.len(), rows.len(), "nothing comes twice: {errors:?}");
    }
}

const NO_ERROR: RDKafkaRespErr = RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR;

/// What is refused for good in the middle must not be overtaken by what follows: the caller is told, and repeats.
#[tokio::test(flavor = "multi_thread")]
async fn lets_nothing_overtake_a_refused_message() {
    for refusal in [TOO_LARGE, NOT_ALLOWED] {
        let (mock, config) = cluster();
        let (broker, rows) = open(&config);
        mock.request_errors(Produce, &[NO_ERROR, refusal]);
        assert_eq!(soon("an answer", broker.publish(&rows)).await, Err(BrokerError));
        assert_eq!(log::relay(&broker, &rows, 500).await, 0, "a new producer");
        log::check(&broker, &rows).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn follows_the_leaders() {
    let (mock, config) = cluster();
    let (broker, rows) = open(&config);
    let name = config.topics.name(Topic::OrderEvents);
    for (turn, rows) in rows.chunks(300).enumerate() {
        for partition in 0..3 {
            let leader = i32::try_from(turn).unwrap() % 3 + 1;
            mock.partition_leader(name, partition, Some(leader)).unwrap();
        }
        soon("publishing to new leaders", broker.publish(rows)).await.unwrap();
    }
    log::check(&broker, &rows).await;
}

/// A broker that needs longer than the stall allows is given up; what it took is published again.
#[tokio::test(flavor = "multi_thread")]
async fn gives_up_a_broker_that_is_too_slow() {
    let (mock, mut config) = cluster();
    config.patience = world::impatient();
    config.patience.stall = Duration::from_secs(1);
    let (broker, rows) = open(&config);
    log::relay(&broker, rows.get(..50).unwrap(), 50).await;
    let slowly = |delay| (1..=3).for_each(|id| mock.broker_round_trip_time(id, delay).unwrap());
    slowly(Duration::from_secs(4));
    let since = Instant::now();
    assert_eq!(soon("an answer", broker.publish(&rows)).await, Err(BrokerError));
    assert!(since.elapsed() < Duration::from_secs(10), "it took {:?}", since.elapsed());
    slowly(Duration::ZERO);
    log::relay(&broker, &rows, 500).await;
    log::check(&broker, &rows).await;
}
