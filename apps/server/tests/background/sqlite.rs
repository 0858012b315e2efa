use std::path::Path;

use ordersystem::background::parts;
use ordersystem::background::supervisor::Background;
use ordersystem::config::{Flag, Inputs, Settings, resolve};
use ordersystem::wiring::World;
use ordersystem_application::{Call, TailFrom};
use ordersystem_inventory::Counters;
use ordersystem_order::{Basket, OrderStatus};
use ordersystem_payment::GatewayOutcome;
use ordersystem_shared_kernel::{Aggregate, OrderId, Quantity};

use crate::shop::{A, eventually, stop};

fn settings(folder: &Path) -> Settings {
    let url = format!("database.url=sqlite://{}/data/shop.db", folder.display());
    resolve(&Inputs { flags: vec![Flag::Set(url)], ..Inputs::default() }).unwrap().settings
}

async fn paid(world: &World) -> OrderId {
    let use_cases = &world.use_cases;
    let basket = Basket::single(A, Quantity::new(2).unwrap());
    let order = use_cases.place_order(basket, Call::default()).await.unwrap().id();
    use_cases.request_payment(order, Call::default()).await.unwrap();
    use_cases.settle_payment(order, GatewayOutcome::Success, Call::default()).await.unwrap();
    order
}

/// The wiring of `serve` on a file: what one run committed, the next one publishes, handles and counts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn must_not_repeat_d19_a_run_goes_on_where_the_last_one_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path());
    let world = World::open(&settings).await.unwrap();
    world.seed().await.unwrap();
    let order = paid(&world).await;
    world.close().await;

    let world = World::open(&settings).await.unwrap();
    world.replay_history().await.unwrap();
    let counters = world.engines.admission.counters(&[A]).await;
    assert_eq!(counters, [Some(Counters { stock: 48, reserved: 0 })]);
    let background = Background::start(parts(&world, &settings));
    eventually("prepared", async || {
        let order = world.engines.store.order(order).await.unwrap().unwrap();
        order.status() == OrderStatus::ShipmentPreparing
    })
    .await;
    eventually("published", async || world.engines.outbox.backlog().await.unwrap().pending == 0)
        .await;
    stop(background).await;
    world.close().await;

    let world = World::open(&settings).await.unwrap();
    world.replay_history().await.unwrap();
    let mut tail = world.engines.broker.tail(TailFrom::Beginning).await.unwrap().records;
    assert_eq!(tail.poll(100).await.unwrap().len(), 6, "four steps and two moves of stock");
    world.close().await;
}
