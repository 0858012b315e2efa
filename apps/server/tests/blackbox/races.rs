use std::collections::BTreeMap;
use std::thread;

use serde_json::json;

use crate::support::{Client, World, in_both_worlds, in_every_world, in_parallel, wait_until};

in_every_world! {
    of_100_units_5000_concurrent_orders_get_exactly_100,
}

in_both_worlds! {
    cancel_pay_and_expire_race_for_500_orders,
}

fn of_100_units_5000_concurrent_orders_get_exactly_100(world: &World) {
    let server = world.start(&[]);
    let client = server.client();
    let product = client.new_product(100);
    let answers = std::sync::Mutex::new(BTreeMap::<u16, usize>::new());
    in_parallel(64, 5_000, |_| {
        let (status, _) = client.insist_on(product, 1);
        *answers.lock().unwrap().entry(status).or_default() += 1;
    });
    assert_eq!(*answers.lock().unwrap(), BTreeMap::from([(201, 100), (400, 4_900)]));
    let (_, status) = server.get(&format!("/api/inventory/{product}/status"));
    let expected =
        json!({"productId": product, "databaseStock": 100, "redisStock": 0, "reservedStock": 100});
    assert_eq!(status["data"], expected);
    server.stop();
    world.verify();
}

/// 500 orders, each paid, reported, cancelled and expired at the same time, in whatever order that happens.
fn cancel_pay_and_expire_race_for_500_orders(world: &World) {
    let server = world.start(&["--set", "inventory.reservation-ttl-seconds=1"]);
    let client = server.client();
    let product = client.new_product(1_000);
    in_parallel(16, 500, |_| {
        race_for(&client, client.placed(product, 2));
    });
    wait_until("every order has ended or is paid", || {
        let open = ["CREATED", "PAYMENT_REQUESTED", "PAYMENT_FAILED", "PAYMENT_COMPLETED"];
        let path = format!("/api/orders?status={}", open.join(","));
        server.get(&path).1["data"]["items"] == json!([])
    });
    server.stop();
    world.verify();
}

fn race_for(client: &Client, order: i64) {
    let path = format!("/api/orders/{order}");
    let steps = [
        ("POST", format!("{path}/payment")),
        ("POST", format!("{path}/payment/complete?success=true")),
        ("POST", format!("{path}/payment/complete?success={}", order % 3 != 0)),
        ("DELETE", path),
    ];
    thread::scope(|scope| {
        for (method, path) in steps {
            scope.spawn(move || {
                let (status, answer) = client.command(method, &path);
                assert!([200, 202, 400].contains(&status), "{method} {path}: {status} {answer}");
            });
        }
    });
}
