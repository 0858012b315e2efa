//! Settings that cannot work stop the start with one line; a Redis that is down does not.

use ordersystem_adapter_redis::{OpenError, Redis, RedisConfig};
use ordersystem_inventory::{Admission, StockAdmission};
use ordersystem_port_contracts::{eventually, soon};
use ordersystem_test_engines::redis::Server;

use crate::support::{level, line, patient};

async fn refusal(config: RedisConfig) -> OpenError {
    let opened = soon("opening ends", Redis::open(&config)).await;
    let error = opened.err().expect("these settings are refused");
    let line = error.to_string();
    assert!(!line.contains('\n') && !line.contains("hunter2"), "one line, no password: {line}");
    error
}

fn cluster(url: String) -> RedisConfig {
    RedisConfig { cluster: true, ..patient(url) }
}

#[tokio::test]
async fn a_malformed_url_is_refused() {
    for url in [
        "",
        "localhost:6379",
        "http://:hunter2@localhost",
        "redis://:hunter2@localhost:port",
        "redis://:hunter2@localhost/database",
        "redis://127.0.0.1:1,redis://127.0.0.1:2",
        "rediss://:hunter2@localhost",
    ] {
        let error = refusal(patient(url.to_owned())).await;
        assert!(matches!(error, OpenError::Url(_)), "{url}: {error}");
    }
}

#[tokio::test]
async fn refused_credentials_are_named_without_the_password() {
    let server = Server::start().await;
    server.cli(&["CONFIG", "SET", "requirepass", "right"]);
    let wrong = server.url().replace("redis://", "redis://:hunter2@");
    for url in [wrong.clone(), wrong.replace("//:", "//nobody:"), server.url()] {
        let error = refusal(patient(url)).await;
        assert!(matches!(error, OpenError::Credentials { .. }), "{error}");
    }
    let right = server.url().replace("redis://", "redis://:right@");
    let redis = Redis::open(&patient(right)).await.unwrap();
    assert_eq!(redis.ping().await, Ok(()));
}

#[tokio::test]
async fn refused_credentials_of_a_cluster_are_named_too() {
    let server = Server::start_cluster().await;
    server.cli(&["CONFIG", "SET", "requirepass", "right"]);
    let wrong = server.url().replace("redis://", "redis://:hunter2@");
    let error = refusal(cluster(wrong)).await;
    assert!(matches!(error, OpenError::Credentials { .. }), "{error}");
}

#[tokio::test]
async fn the_wrong_kind_of_server_is_named() {
    let single = Server::start().await;
    let error = refusal(cluster(single.url())).await;
    assert!(matches!(error, OpenError::NoCluster(_)), "{error}");
    let node = Server::start_cluster().await;
    let error = refusal(patient(node.url())).await;
    assert!(matches!(error, OpenError::Cluster(_)), "{error}");
}

#[tokio::test]
async fn a_shop_starts_without_redis_and_uses_it_when_it_comes() {
    let mut server = Server::start().await;
    server.kill();
    let redis = Redis::open(&RedisConfig::new(server.url())).await.unwrap();
    assert!(redis.ping().await.is_err());
    let counters = redis.admission();
    assert_eq!(counters.admit(&line(1, 1)).await, Admission::Unknown);
    server.restart().await;
    soon("a Redis that came is announced", counters.wait_for_loss()).await;
    eventually("the counters are used", async || {
        counters.project(&[level(1, 50, 0, 1)]).await;
        counters.admit(&line(1, 1)).await == Admission::Admitted
    })
    .await;
    assert_eq!(redis.ping().await, Ok(()));
}

#[tokio::test]
async fn ping_says_why_not() {
    let mut server = Server::start().await;
    let redis = Redis::open(&RedisConfig::new(server.url())).await.unwrap();
    server.pause();
    let hangs = redis.ping().await.unwrap_err().to_string();
    assert_eq!(hangs, "no answer within 50ms");
    server.kill();
    eventually("a refused connection is named", async || {
        redis.ping().await.is_err_and(|error| error.to_string().contains("refused"))
    })
    .await;
}
