use std::time::Duration;

use ordersystem_adapter_redis::Redis;
use ordersystem_port_contracts::eventually;
use ordersystem_test_engines::redis::Server;

use crate::support::patient;

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn one_of_two_holds_it_until_it_gives_it_back() {
    let server = Server::start().await;
    let redis = Redis::open(&patient(server.url())).await.unwrap();
    let (one, other) = (redis.lease("one"), redis.lease("other"));
    assert!(one.try_hold("scheduler", LONG).await);
    assert!(!other.try_hold("scheduler", LONG).await);
    assert!(one.try_hold("scheduler", LONG).await, "renewed by its holder");
    assert!(other.try_hold("another", LONG).await, "names are on their own");
    other.release("scheduler").await;
    assert!(!other.try_hold("scheduler", LONG).await, "only its holder gives it back");
    one.release("scheduler").await;
    assert!(other.try_hold("scheduler", LONG).await);
}

#[tokio::test]
async fn it_runs_out() {
    let server = Server::start().await;
    let redis = Redis::open(&patient(server.url())).await.unwrap();
    let (one, other) = (redis.lease("one"), redis.lease("other"));
    assert!(one.try_hold("scheduler", Duration::from_millis(50)).await);
    let other = async || other.try_hold("scheduler", LONG).await;
    eventually("a lease runs out", other).await;
}

#[tokio::test]
async fn everybody_works_when_redis_does_not_answer() {
    let mut server = Server::start().await;
    let redis = Redis::open(&patient(server.url())).await.unwrap();
    let (one, other) = (redis.lease("one"), redis.lease("other"));
    assert!(one.try_hold("scheduler", LONG).await);
    server.kill();
    assert!(one.try_hold("scheduler", LONG).await);
    assert!(other.try_hold("scheduler", LONG).await);
}

#[tokio::test]
async fn garbage_in_its_key_is_overwritten() {
    let server = Server::start().await;
    let redis = Redis::open(&patient(server.url())).await.unwrap();
    server.cli(&["LPUSH", "lease:scheduler", "garbage"]);
    assert!(redis.lease("one").try_hold("scheduler", LONG).await);
    assert!(!redis.lease("other").try_hold("scheduler", LONG).await);
}
