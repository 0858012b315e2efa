//! A Redis that says anything.

use std::time::{Duration, Instant};

use ordersystem_adapter_redis::{Redis, RedisConfig};
use ordersystem_inventory::{StockAdmission, StockLevel};
use ordersystem_shared_kernel::{ProductId, Quantity, Version};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const BUDGET: Duration = Duration::from_millis(20);

/// Answers to what the adapter asks, parted by empty lines; the last one again and again. No answer makes a call panic,
/// fail or wait beyond its budget.
pub(crate) fn replies(bytes: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let script = bytes.to_vec();
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, script.clone()));
            }
        });
        let config =
            RedisConfig { budget: BUDGET, ..RedisConfig::new(format!("redis://{address}")) };
        let asked = Instant::now();
        if let Ok(redis) = Redis::open(&config).await {
            ask(&redis).await;
        }
        // Each of seven calls waits for its budget at most, and the look at the start for a little longer; the rest is
        // for machines that are busy.
        assert!(asked.elapsed() < Duration::from_secs(20), "{:?}", asked.elapsed());
        server.abort();
    });
}

async fn ask(redis: &Redis) {
    let product = ProductId::new(1);
    let counters = redis.admission();
    let level = StockLevel { product, total: 5, reserved: 2, version: Version::new(3) };
    let _held = counters.admit(&[(product, Quantity::new(2).unwrap())]).await;
    let overtaken = counters.project(&[level]).await;
    assert!(overtaken.iter().all(|named| *named == product), "{overtaken:?}");
    assert_eq!(counters.counters(&[product]).await.len(), 1);
    assert_eq!(counters.fences(&[product]).await.len(), 1);
    let lease = redis.lease("me");
    let _held = lease.try_hold("name", Duration::from_secs(1)).await;
    lease.release("name").await;
    let _answered = redis.ping().await;
}

async fn talk(mut stream: TcpStream, script: Vec<u8>) {
    let text = script.as_slice();
    let mut replies = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.windows(2).position(|pair| pair == b"\n\n") {
        replies.push(&rest[..end]);
        rest = &rest[end + 2..];
    }
    replies.push(rest);
    let mut asked = vec![0; 4096];
    let mut next = 0;
    while stream.read(&mut asked).await.is_ok_and(|bytes| bytes > 0) {
        let reply = replies[next.min(replies.len() - 1)];
        next += 1;
        if stream.write_all(reply).await.is_err() {
            return;
        }
    }
}
