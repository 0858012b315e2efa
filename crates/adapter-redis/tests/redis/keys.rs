//! What lies in Redis, as redis-cli shows it.

use ordersystem_inventory::{Admission, StockAdmission};
use tokio::task::JoinSet;

use crate::support::{Guarded, id, level, line, seen};

#[tokio::test]
async fn redis_cli_shows_plain_integers() {
    let counters = Guarded::single().await;
    counters.project(&[level(1, 50, 2, 7)]).await;
    assert_eq!(counters.admit(&line(1, 3)).await, Admission::Admitted);
    assert_eq!(counters.get("stock:1"), "45");
    assert_eq!(counters.get("reserved:1"), "5");
    assert_eq!(counters.get("inv:ver:1"), "1:7");
    assert_eq!(counters.get("inv:epoch"), "1");
}

#[tokio::test]
async fn a_cluster_keeps_the_keys_of_a_product_together() {
    let counters = Guarded::cluster().await;
    counters.project(&[level(1, 50, 2, 7)]).await;
    let together = ["MGET", "stock:{1}", "reserved:{1}", "inv:ver:{1}"];
    assert_eq!(counters.server.cli(&together), "48\n2\n1:7");
}

#[tokio::test]
async fn counters_live_for_a_day_and_admissions_do_not_change_that() {
    let counters = Guarded::single().await;
    counters.project(&[level(1, 50, 2, 7)]).await;
    counters.server.cli(&["EXPIRE", "stock:1", "1000"]);
    assert_eq!(counters.admit(&line(1, 3)).await, Admission::Admitted);
    let left = |key| counters.server.cli(&["TTL", key]).parse::<i64>().unwrap();
    assert!((1..=1_000).contains(&left("stock:1")), "an admission keeps the time to live");
    counters.project(&[level(1, 50, 2, 7)]).await;
    for key in ["stock:1", "reserved:1", "inv:ver:1"] {
        assert!((86_000..=86_400).contains(&left(key)), "{key} lives for a day from now");
    }
}

#[tokio::test]
async fn scripts_travel_once() {
    let counters = Guarded::single().await;
    for version in 1..=20 {
        counters.project(&[level(1, 50, 0, version)]).await;
        assert_eq!(counters.admit(&line(1, 1)).await, Admission::Admitted);
    }
    let statistics = counters.server.cli(&["INFO", "commandstats"]);
    let calls = |command: &str| {
        let line = statistics.lines().find(|line| line.starts_with(command));
        let calls = line.and_then(|line| line.split(['=', ',']).nth(1));
        calls.map_or(0, |calls| calls.parse::<usize>().unwrap())
    };
    assert_eq!(calls("cmdstat_eval:"), 0);
    assert_eq!(calls("cmdstat_script|load:"), 2, "one per script");
    assert_eq!(calls("cmdstat_evalsha:"), 42, "and the two that found no script");
}

#[tokio::test]
async fn a_server_that_has_forgotten_the_scripts_gets_them_again() {
    for counters in [Guarded::single().await, Guarded::cluster().await] {
        counters.project(&[level(1, 50, 0, 1)]).await;
        counters.server.cli(&["SCRIPT", "FLUSH"]);
        assert_eq!(counters.admit(&line(1, 1)).await, Admission::Admitted);
        assert_eq!(seen(&counters, 1).await, Some((49, 1)));
    }
}

#[tokio::test]
async fn admissions_at_the_same_time_share_round_trips() {
    let counters = std::sync::Arc::new(Guarded::single().await);
    counters.project(&[level(1, 1_000, 0, 1)]).await;
    counters.server.cli(&["CONFIG", "RESETSTAT"]);
    let mut customers = JoinSet::new();
    for _ in 0..1_000 {
        let counters = counters.clone();
        customers.spawn(async move { counters.admit(&line(1, 1)).await });
    }
    let admissions = customers.join_all().await;
    assert!(admissions.iter().all(|admission| *admission == Admission::Admitted));
    let statistics = counters.server.cli(&["INFO", "commandstats"]);
    let calls = statistics.lines().find_map(|line| line.strip_prefix("cmdstat_evalsha:calls="));
    let calls: usize = calls.unwrap().split(',').next().unwrap().parse().unwrap();
    assert!(calls <= 500, "{calls} calls for 1,000 baskets");
    assert_eq!(seen(&*counters, 1).await, Some((0, 1_000)));
}

#[tokio::test]
async fn a_page_of_many_products_is_projected_and_shown_as_a_whole() {
    for counters in [Guarded::single().await, Guarded::cluster().await] {
        let levels: Vec<_> = (1..=2_500).map(|product| level(product, product, 0, 1)).collect();
        counters.project(&levels).await;
        let products: Vec<_> = (1..=2_500).map(id).collect();
        let shown = counters.counters(&products).await;
        let stocks: Vec<_> = shown.into_iter().map(|it| it.unwrap().stock).collect();
        assert_eq!(stocks, (1..=2_500).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn the_largest_baskets_fit_into_one_script_call() {
    let counters = std::sync::Arc::new(Guarded::single().await);
    let levels: Vec<_> = (1..=12_800).map(|product| level(product, 1, 0, 1)).collect();
    counters.project(&levels).await;
    let mut customers = JoinSet::new();
    for customer in 0..128 {
        let counters = counters.clone();
        customers.spawn(async move {
            let products = customer * 100 + 1..=customer * 100 + 100;
            let lines: Vec<_> = products.flat_map(|product| line(product, 1)).collect();
            counters.admit(&lines).await
        });
    }
    let admissions = customers.join_all().await;
    assert!(admissions.iter().all(|admission| *admission == Admission::Admitted));
}
