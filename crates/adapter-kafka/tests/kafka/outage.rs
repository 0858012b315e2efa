use std::time::{Duration, Instant};

use ordersystem_application::{BrokerError, EventBroker};
use ordersystem_port_contracts::{eventually, soon};
use ordersystem_test_engines::kafka::Server;

use crate::{log, world};

/// How long Kafka is away.
const OUTAGE: Duration = Duration::from_secs(5);

/// Long enough that it is still being worked on when Kafka goes.
const ROWS: i64 = 40_000;

/// The producer is given up several times meanwhile, so that both is shown: it waits, and it is replaced.
#[tokio::test(flavor = "multi_thread")]
async fn loses_nothing_when_kafka_is_killed_under_publishing() {
    let server = Server::start();
    let mut config = world::config_on(server.address());
    config.patience = world::impatient();
    let broker = world::open(&config);
    let mut member = world::join(&broker, "group").await;
    let rows = world::rows(1..=ROWS, 300);
    let relaying = tokio::spawn({
        let (broker, rows) = (broker.clone(), rows.clone());
        async move { log::relay(&broker, &rows, 500).await }
    });
    let mut read = world::read(&mut member, 2_000).await.len();
    server.kill();
    let away = tokio::time::timeout(OUTAGE, async {
        while !relaying.is_finished() {
            tokio::task::yield_now().await
        }
    });
    away.await.unwrap_err();
    assert_eq!(broker.ping().await, Err(BrokerError), "health tells it");
    server.restart();
    let since = Instant::now();
    let failures = relaying.await.unwrap();
    log::tell("drained, at least", rows.len() - read, since);
    assert!(failures > 0, "publishing fails while Kafka is away");
    log::check(&broker, &rows).await;
    eventually("health recovers", async || broker.ping().await.is_ok()).await;
    while read < rows.len() {
        read += world::read(&mut member, 1).await.len();
    }
    soon("a commit after the outage", member.commit()).await.unwrap();
}

/// Connections stay open and nobody answers: every call ends all the same.
#[tokio::test(flavor = "multi_thread")]
async fn gives_up_in_time_when_kafka_hangs() {
    let server = Server::start();
    let mut config = world::config_on(server.address());
    config.patience = world::impatient();
    let broker = world::open(&config);
    let rows = world::rows(1..=100, 10);
    broker.publish(rows.get(..10).unwrap()).await.unwrap();
    assert_eq!(broker.ping().await, Ok(()));
    server.pause();
    for _ in 0..2 {
        let failed = soon("publishing ends", broker.publish(&rows)).await;
        assert_eq!(failed, Err(BrokerError));
    }
    eventually("health tells it", async || broker.ping().await.is_err()).await;
    server.resume();
    log::relay(&broker, &rows, 100).await;
    log::check(&broker, &rows).await;
    eventually("health recovers", async || broker.ping().await.is_ok()).await;
}
