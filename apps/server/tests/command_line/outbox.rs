use ordersystem::config::{Flag, Inputs, resolve};
use ordersystem::wiring::World;
use ordersystem_application::Call;
use ordersystem_order::Basket;
use ordersystem_shared_kernel::{ProductId, Quantity};
use serde_json::{Value, json};

use crate::Shell;

/// Places an order while no relay runs.
async fn order(shell: &Shell) {
    let url = format!("database.url=sqlite://{}/data/ordersystem.db", shell.path().display());
    let settings = resolve(&Inputs { flags: vec![Flag::Set(url)], ..Inputs::default() });
    let world = World::open(&settings.unwrap().settings).await.unwrap();
    let basket = Basket::single(ProductId::new(1), Quantity::new(1).unwrap());
    world.use_cases.place_order(basket, Call::default()).await.unwrap();
    world.close().await;
}

#[tokio::test]
async fn the_backlog_is_a_number_and_an_age() {
    let shell = Shell::new();
    shell.run("seed").ended(0);
    assert_eq!(shell.run("outbox status").ended(0).stdout, "pending  0\noldest   –\n");
    let empty: Value = serde_json::from_str(&shell.run("outbox status --json").stdout).unwrap();
    assert_eq!(empty, json!({"pending": 0, "oldest": null, "oldestAgeSeconds": null}));

    order(&shell).await;
    let told = shell.run("outbox status").ended(0).stdout;
    assert!(told.starts_with("pending  2\noldest   20") && told.ends_with(" s ago\n"), "{told}");
    let told: Value = serde_json::from_str(&shell.run("outbox status --json").stdout).unwrap();
    assert_eq!(told["pending"], 2);
    assert!(told["oldest"].as_str().unwrap().ends_with("+09:00"), "{told}");
    assert!(told["oldestAgeSeconds"].as_u64().unwrap() < 600, "{told}");
}
