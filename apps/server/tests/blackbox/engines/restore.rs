//! Row 42: the database is set back to a backup, and Redis and Kafka know more than it does.

use std::time::Duration;

use crate::support::{Client, Load, World, scaled, wait_at_most, wait_until};

/// How soon the counters follow the truth that is left.
const FOLLOW: Duration = Duration::from_secs(30);

fn epoch(world: &World) -> i64 {
    world.engines().number("SELECT epoch FROM stock_epoch")
}

fn kept_and_lost(world: &World, stock: i64) -> (i64, Vec<i64>) {
    let server = world.start(&[]);
    let client = server.client();
    let product = client.new_product(stock);
    client.placed(product, 10);
    world.engines().wait_until_everything_is_published();
    server.stop();
    world.engines().wait(world.engines().database().back_up());
    let role = |role| world.start(&["--role", role]);
    let (api, relay) = (role("api"), role("relay"));
    let client = api.client();
    // What is lost has numbers that will be given again, and others that will not.
    let lost: Vec<i64> = (0..40).map(|_| client.paid(product, 1)).collect();
    world.engines().wait_until_everything_is_published();
    relay.stop();
    api.stop();
    (product, lost)
}

/// Under a running server: it goes on with what is there now.
#[test]
fn fault_42_the_database_is_restored_to_an_older_backup() {
    let (world, stock) = (World::full(), 200);
    let (product, lost) = kept_and_lost(&world, stock);
    let epoch_before = epoch(&world);
    let server = world.start(&["--role", "api"]);
    let client = server.client();
    world.engines().wait(world.engines().database().restore());
    wait_until("the server goes on", || client.order(product, 1).is_ok_and(|(it, _)| it == 201));
    let took = wait_at_most(FOLLOW, "a new epoch begins", || epoch(&world) > epoch_before);
    println!("epoch {} began after {took:?}", epoch(&world));
    world.engines().wait_until_counters_are_right();
    let whole = world.start(&[]);
    check_parked(&world, &lost);
    let load =
        Load::during(std::slice::from_ref(&client), &[product], |load| load.wait_for_more(50, 400));
    let sold = format!("SELECT sum(quantity)::int8 FROM order_lines WHERE product_id = {product}");
    assert_eq!(world.engines().number(&sold), stock, "{:?}", load.statuses());
    check_life_goes_on(&whole.client());
    world.engines().wait_until_counters_are_right();
    world.engines().wait_until_everything_is_published();
    world.verify();
}

/// Nobody knows the orders of these events any more: each waits its minute and is set aside.
fn check_parked(world: &World, lost: &[i64]) {
    let letters =
        || usize::try_from(world.engines().number("SELECT count(*) FROM dead_letters")).unwrap();
    if scaled(0, 1) == 1 {
        let patience = Duration::from_secs(150);
        wait_at_most(patience, "all are set aside", || letters() >= lost.len() - 2);
    }
    assert!(letters() <= lost.len());
}

fn check_life_goes_on(client: &Client) {
    let order = client.paid(3, 1);
    wait_at_most(Duration::from_secs(150), "a new order is prepared", || {
        client.status(order) == "SHIPMENT_PREPARING"
    });
}
