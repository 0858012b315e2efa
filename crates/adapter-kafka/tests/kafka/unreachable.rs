use std::net::TcpListener;

use ordersystem_adapter_kafka::{KafkaBroker, KafkaConfig, KafkaConfigError};
use ordersystem_application::{BrokerError, EventBroker, Record, TailFrom, Topic};
use ordersystem_port_contracts::soon;

use crate::world;

/// The shop starts without Kafka; whoever needs it is told so in bounded time.
#[tokio::test(flavor = "multi_thread")]
async fn opens_without_kafka_and_says_that_it_is_not_there() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for servers in [nobody.to_string(), "no-such-host.invalid:9092".to_owned()] {
        let mut config = world::config_on(servers);
        config.patience = world::impatient();
        let broker = world::open(&config);
        let record = Record {
            topic: Topic::OrderEvents,
            partition: 0,
            offset: 0,
            key: None,
            headers: Vec::new(),
            value: Vec::new(),
        };
        soon("every answer", async {
            assert_eq!(broker.ping().await, Err(BrokerError));
            assert_eq!(broker.publish(&world::rows(1..=3, 3)).await, Err(BrokerError));
            assert!(broker.subscribe("group", Topic::OrderEvents).await.is_err());
            assert!(broker.tail(TailFrom::Now).await.is_err());
            assert_eq!(broker.bury(&record, "group", "broken").await, Err(BrokerError));
            assert_eq!(broker.republish(&record).await, Err(BrokerError));
            broker.close().await;
        })
        .await;
    }
}

#[test]
fn refuses_settings_that_kafka_could_not_accept() {
    let refused = KafkaBroker::open(KafkaConfig::new("")).err();
    assert_eq!(refused, Some(KafkaConfigError::NoServer));
}
