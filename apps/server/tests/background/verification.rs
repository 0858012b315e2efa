use std::time::Duration;

use ordersystem::background::timers::{Job, Turn, Verification};
use ordersystem::config::{Flag, Inputs, resolve};
use ordersystem::metrics::Metrics;
use ordersystem::wiring::World;
use ordersystem_application::{Call, Record, Topic};
use ordersystem_order::Basket;
use ordersystem_shared_kernel::Quantity;

use crate::shop::A;

fn record() -> Record {
    Record {
        topic: Topic::OrderEvents,
        partition: 0,
        offset: 7,
        key: Some("1".to_owned()),
        headers: Vec::new(),
        value: b"poison".to_vec(),
    }
}

/// The gauge of every invariant, and what changes it. What damage each of them finds is tested where the rows are.
#[tokio::test]
async fn every_invariant_has_a_gauge() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("database.url=sqlite://{}/shop.db", folder.path().display());
    let inputs = Inputs { flags: vec![Flag::Set(url)], ..Inputs::default() };
    let world = World::open(&resolve(&inputs).unwrap().settings).await.unwrap();
    world.seed().await.unwrap();
    let basket = Basket::single(A, Quantity::new(2).unwrap());
    world.use_cases.place_order(basket, Call::default()).await.unwrap();
    let metrics = Metrics::default();
    let database = world.engines.database.clone().unwrap();
    let job = Verification::new(database, world.engines.clock.clone(), metrics.clone());

    assert_eq!(job.turn().await.unwrap(), Turn::Done);
    let page = metrics.page();
    for invariant in &ordersystem_invariants::ALL {
        let healthy =
            format!("ordersystem_invariant_broken{{invariant=\"{}\",holds=", invariant.id);
        let line = page.lines().find(|line| line.starts_with(&healthy));
        assert!(line.is_some_and(|line| line.ends_with("} 0")), "{healthy}: {page}");
    }
    assert!(job.pause() >= Duration::from_secs(60));

    world.engines.dead_letters.bury(&record(), "group", "not JSON").await.unwrap();
    job.turn().await.unwrap();
    let broken = "ordersystem_invariant_broken{invariant=\"I23\",holds=\"at rest\"} 1\n";
    assert!(metrics.page().contains(broken), "{}", metrics.page());
    world.close().await;
}
