//! How many baskets a second are admitted by a Redis of this example's own: each customer waiting for the answer before the
//! next basket, with 1, 16, 64 and 256 customers, on one hot product and spread over 1,000.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement, not a service")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use ordersystem_adapter_redis::{Redis, RedisAdmission, RedisConfig};
use ordersystem_inventory::{Admission, StockAdmission, StockLevel};
use ordersystem_shared_kernel::{ProductId, Quantity, Version};
use ordersystem_test_engines::redis::Server;
use tokio::task::JoinSet;

const MEASURED: Duration = Duration::from_secs(3);
const PRODUCTS: i64 = 1_000;
/// A breaker that opens would be measured as very fast projections.
const PATIENCE: Duration = Duration::from_secs(5);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let server = Server::start().await;
    let config = RedisConfig { budget: PATIENCE, ..RedisConfig::new(server.url()) };
    measure("one node", Redis::open(&config).await.unwrap()).await;
    let server = Server::start_cluster().await;
    let config = RedisConfig { cluster: true, budget: PATIENCE, ..RedisConfig::new(server.url()) };
    measure("cluster", Redis::open(&config).await.unwrap()).await;
}

async fn measure(name: &str, redis: Redis) {
    let counters = Arc::new(redis.admission());
    for (spread, products) in [("hot", 1), ("spread", PRODUCTS)] {
        for customers in [1, 16, 64, 256] {
            fill(&counters).await;
            let (admitted, unknown) = admit(&counters, customers, products).await;
            println!(
                "{name}, {spread}, {customers} at once: {admitted} admits/s, {unknown} unknown"
            );
        }
    }
    let started = Instant::now();
    let mut projected = 0;
    while started.elapsed() < MEASURED {
        fill(&counters).await;
        projected += PRODUCTS;
    }
    let seconds = i64::try_from(started.elapsed().as_millis()).unwrap();
    println!("{name}, pages of {PRODUCTS}: {} projections/s", projected * 1_000 / seconds);
}

async fn fill(counters: &RedisAdmission) {
    let level = |product| StockLevel {
        product: ProductId::new(product),
        total: 1_000_000_000,
        reserved: 0,
        version: Version::new(1),
    };
    counters.project(&(1..=PRODUCTS).map(level).collect::<Vec<_>>()).await;
}

/// Admitted a second, and unknown in all.
async fn admit(counters: &Arc<RedisAdmission>, customers: i64, products: i64) -> (u64, u64) {
    let mut tasks = JoinSet::new();
    let until = Instant::now() + MEASURED;
    for customer in 0..customers {
        let counters = counters.clone();
        tasks.spawn(async move {
            let (mut admitted, mut unknown, mut next) = (0_u64, 0_u64, customer);
            while Instant::now() < until {
                let line = [(ProductId::new(next % products + 1), Quantity::new(1).unwrap())];
                match counters.admit(&line).await {
                    Admission::Admitted => admitted += 1,
                    Admission::SoldOut(_) | Admission::Unknown => unknown += 1,
                }
                next += customers;
            }
            (admitted, unknown)
        });
    }
    let counts = tasks.join_all().await;
    let admitted: u64 = counts.iter().map(|(admitted, _)| admitted).sum();
    (admitted / MEASURED.as_secs(), counts.iter().map(|(_, unknown)| unknown).sum())
}
