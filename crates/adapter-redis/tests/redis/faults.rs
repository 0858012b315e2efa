//! The fault matrix of the design, as far as Redis is at fault. The rows' numbers are the design's.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ordersystem_adapter_redis::{Redis, RedisAdmission, RedisConfig};
use ordersystem_inventory::{Admission, StockAdmission};
use ordersystem_port_contracts::{eventually, soon};
use ordersystem_test_engines::proxy::{Mode, Proxy};
use ordersystem_test_engines::redis::Server;

use crate::support::{Guarded, id, level, line, seen};

/// Counters with the real budget behind a proxy, with 50 units of product 1.
struct Behind {
    counters: Arc<RedisAdmission>,
    proxy: Proxy,
    server: Server,
}

impl Behind {
    async fn start() -> Self {
        let server = Server::start().await;
        let proxy = Proxy::to(server.address()).await;
        let url = format!("redis://{}", proxy.address());
        let redis = Redis::open(&RedisConfig::new(url)).await.unwrap();
        let behind = Self { counters: Arc::new(redis.admission()), proxy, server };
        behind.works_again("at first").await;
        behind
    }

    /// The reconciler projects and orders are admitted.
    async fn works_again(&self, when: &str) {
        eventually(when, async || {
            self.counters.project(&[level(1, 50, 0, 1)]).await;
            self.counters.admit(&line(1, 1)).await == Admission::Admitted
        })
        .await;
        eventually(when, async || {
            self.counters.project(&[level(1, 50, 0, 1)]).await;
            seen(&*self.counters, 1).await == Some((50, 0))
        })
        .await;
    }

    /// How many of these orders waited for Redis as long as they may; none of them may learn anything.
    async fn slow_calls(&self, calls: usize) -> usize {
        let mut slow = 0;
        for _ in 0..calls {
            let asked = Instant::now();
            assert_eq!(self.counters.admit(&line(1, 1)).await, Admission::Unknown);
            slow += usize::from(asked.elapsed() >= RedisConfig::BUDGET);
        }
        slow
    }
}

/// Row 1.
#[tokio::test]
async fn a_redis_that_refuses_costs_little_and_comes_back() {
    let behind = Behind::start().await;
    behind.proxy.set(Mode::Refuse);
    let slow = behind.slow_calls(200).await;
    assert!(slow <= 5, "{slow} slow calls");
    assert_eq!(seen(&*behind.counters, 1).await, None, "the list shows that nothing is known");
    behind.proxy.set(Mode::Pass);
    behind.works_again("after the refusals").await;
    soon("the return is announced", behind.counters.wait_for_loss()).await;
}

/// Row 2.
#[tokio::test]
async fn a_redis_that_hangs_costs_five_slow_calls() {
    let behind = Behind::start().await;
    behind.proxy.set(Mode::Blackhole);
    let slow = behind.slow_calls(200).await;
    assert!(slow <= 5, "{slow} slow calls");
    behind.proxy.set(Mode::Pass);
    behind.works_again("after the silence").await;
    soon("the return is announced", behind.counters.wait_for_loss()).await;
}

/// Row 2, with the process stopped and projections instead of admissions.
#[tokio::test]
async fn a_stopped_redis_does_not_hold_up_projections() {
    let behind = Behind::start().await;
    behind.server.pause();
    let started = Instant::now();
    for version in 2..200 {
        behind.counters.project(&[level(1, 50, 0, version)]).await;
    }
    assert!(started.elapsed() < Duration::from_secs(2), "took {:?}", started.elapsed());
    behind.server.resume();
    soon("lost projections are announced", behind.counters.wait_for_loss()).await;
    eventually("the newest level counts in the end", async || {
        behind.counters.project(&[level(1, 49, 0, 200)]).await;
        seen(&*behind.counters, 1).await == Some((49, 0))
    })
    .await;
}

/// Row 3.
#[tokio::test]
async fn a_flush_is_noticed_and_leaves_the_answer_to_the_database() {
    for counters in [Guarded::single().await, Guarded::cluster().await] {
        counters.project(&[level(1, 50, 0, 1), level(2, 30, 0, 1)]).await;
        counters.server.cli(&["FLUSHALL"]);
        assert_eq!(counters.admit(&line(1, 1)).await, Admission::Unknown);
        // The next order's projection comes before anybody has noticed, and must not hide it.
        counters.project(&[level(1, 50, 1, 2)]).await;
        soon("a flush is announced", counters.wait_for_loss()).await;
        counters.project(&[level(1, 50, 1, 2), level(2, 30, 0, 1)]).await;
        assert_eq!(seen(&counters, 1).await, Some((49, 1)));
        assert_eq!(seen(&counters, 2).await, Some((30, 0)));
        assert_eq!(counters.get("inv:epoch"), "1", "known again after the pass");
    }
}

#[tokio::test]
async fn a_flush_without_orders_is_noticed_by_the_heartbeat() {
    let counters = Guarded::single().await;
    counters.server.cli(&["FLUSHALL"]);
    soon("a flush is announced", counters.wait_for_loss()).await;
    eventually("the epoch is known again", async || counters.get("inv:epoch") == "1").await;
}

/// Row 4.
#[tokio::test]
async fn a_restart_is_noticed() {
    let mut behind = Behind::start().await;
    behind.server.restart().await;
    soon("an empty Redis is announced", behind.counters.wait_for_loss()).await;
    behind.works_again("after the restart").await;
}

#[tokio::test]
async fn a_cluster_that_was_away_comes_back() {
    let mut server = Server::start_cluster().await;
    let config = RedisConfig { cluster: true, ..RedisConfig::new(server.url()) };
    let counters = Redis::open(&config).await.unwrap().admission();
    server.kill();
    let asked = Instant::now();
    for _ in 0..200 {
        assert_eq!(counters.admit(&line(1, 1)).await, Admission::Unknown);
    }
    assert!(asked.elapsed() < Duration::from_secs(2), "took {:?}", asked.elapsed());
    server.restart().await;
    eventually("the cluster is used again", async || {
        counters.project(&[level(1, 50, 0, 1)]).await;
        counters.admit(&line(1, 1)).await == Admission::Admitted
    })
    .await;
    soon("its return is announced", counters.wait_for_loss()).await;
}

#[tokio::test]
async fn a_process_that_kept_its_keys_is_projected_all_the_same() {
    let mut server = Server::start_with(&["--appendonly", "yes"]).await;
    let redis = Redis::open(&RedisConfig::new(server.url())).await.unwrap();
    let counters = redis.admission();
    server.restart().await;
    assert_eq!(server.cli(&["GET", "inv:epoch"]), "1", "it was read from the file");
    soon("another run is announced", counters.wait_for_loss()).await;
}

/// Rows 7 and 8: too high is the database's business; both are overwritten by the next projection.
#[tokio::test]
async fn lies_last_until_the_next_projection() {
    let counters = Guarded::single().await;
    counters.project(&[level(1, 5, 0, 1)]).await;
    counters.server.cli(&["SET", "stock:1", "1000000000"]);
    assert_eq!(counters.admit(&line(1, 100)).await, Admission::Admitted);
    counters.project(&[level(1, 5, 0, 1)]).await;
    assert_eq!(seen(&counters, 1).await, Some((5, 0)));
    counters.server.cli(&["SET", "stock:1", "0"]);
    assert_eq!(counters.admit(&line(1, 1)).await, Admission::SoldOut(id(1)));
    counters.project(&[level(1, 5, 0, 1)]).await;
    assert_eq!(counters.admit(&line(1, 1)).await, Admission::Admitted);
}

/// Row 9.
#[tokio::test]
async fn garbage_is_unknown_until_the_next_projection() {
    let huge = "9".repeat(40);
    let garbage: [&[&str]; 7] = [
        &["SET", "KEY", "garbage"],
        &["SET", "KEY", ""],
        &["SET", "KEY", "1.5"],
        &["SET", "KEY", "0x10"],
        &["SET", "KEY", &huge],
        &["DEL", "KEY"],
        &["EVAL", "redis.call('DEL', KEYS[1]) redis.call('LPUSH', KEYS[1], 1)", "1", "KEY"],
    ];
    let counters = Guarded::single().await;
    for key in ["stock:1", "reserved:1", "inv:ver:1"] {
        for command in garbage {
            counters.project(&[level(1, 50, 2, 7), level(2, 50, 2, 7)]).await;
            let command: Vec<_> =
                command.iter().map(|word| if *word == "KEY" { key } else { word }).collect();
            counters.server.cli(&command);
            let admission = counters.admit(&line(1, 1)).await;
            assert_eq!(admission, Admission::Unknown, "{command:?}");
            let basket = [line(2, 1), line(1, 1)].concat();
            assert_eq!(counters.admit(&basket).await, Admission::Unknown, "{command:?}");
            assert_eq!(seen(&counters, 2).await, Some((48, 2)), "nothing is held: {command:?}");
            counters.project(&[level(1, 50, 2, 7)]).await;
            assert_eq!(seen(&counters, 1).await, Some((48, 2)), "rewritten: {command:?}");
        }
    }
}

#[tokio::test]
async fn garbage_in_place_of_the_epoch_is_a_loss() {
    let counters = Guarded::single().await;
    counters.server.cli(&["DEL", "inv:epoch"]);
    counters.server.cli(&["LPUSH", "inv:epoch", "garbage"]);
    soon("it is announced", counters.wait_for_loss()).await;
    eventually("it is rewritten", async || counters.get("inv:epoch") == "1").await;
}

/// Row 10.
#[tokio::test]
async fn a_lost_reply_leaks_a_soft_hold_until_the_next_projection() {
    let behind = Behind::start().await;
    behind.proxy.set(Mode::DropReplies);
    assert_eq!(behind.counters.admit(&line(1, 5)).await, Admission::Unknown);
    eventually("the script ran", async || behind.server.cli(&["GET", "stock:1"]) == "45").await;
    behind.proxy.set(Mode::Pass);
    eventually("the projection takes it back", async || {
        behind.counters.project(&[level(1, 50, 0, 1)]).await;
        behind.server.cli(&["GET", "stock:1"]) == "50"
    })
    .await;
}

/// Row 11.
#[tokio::test]
async fn without_memory_projections_stop_and_admissions_go_on() {
    let counters = Guarded::single().await;
    counters.project(&[level(1, 50, 0, 1)]).await;
    counters.server.cli(&["CONFIG", "SET", "maxmemory", "1"]);
    for version in 2..20 {
        counters.project(&[level(1, 49, 0, version)]).await;
    }
    for _ in 0..20 {
        assert_eq!(counters.admit(&line(1, 1)).await, Admission::Admitted);
    }
    assert_eq!(seen(&counters, 1).await, Some((30, 20)));
    counters.server.cli(&["CONFIG", "SET", "maxmemory", "0"]);
    eventually("projections work again", async || {
        counters.project(&[level(1, 49, 0, 20)]).await;
        seen(&counters, 1).await == Some((49, 0))
    })
    .await;
    soon("lost projections are announced", counters.wait_for_loss()).await;
}

#[tokio::test]
async fn a_newer_epoch_overwrites_and_an_older_one_does_not() {
    let counters = Guarded::single().await;
    counters.project(&[level(1, 50, 0, 100)]).await;
    let restored = [level(1, 40, 0, 7), level(2, 30, 0, 7)];
    assert_eq!(counters.project(&restored).await, [id(1)], "it is ahead of us");
    assert_eq!(seen(&counters, 1).await, Some((50, 0)));
    counters.enter_epoch(2);
    assert_eq!(counters.project(&restored).await, []);
    assert_eq!(seen(&counters, 1).await, Some((40, 0)));
    counters.enter_epoch(1);
    counters.project(&[level(1, 39, 0, 8)]).await;
    assert_eq!(counters.get("inv:ver:1"), "2:8", "an epoch does not go back");
    eventually("the epoch is shown", async || counters.get("inv:epoch") == "2").await;
}
