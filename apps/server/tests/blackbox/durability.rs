use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::json;

use crate::support::{Server, World, in_both_worlds, wait_until};

in_both_worlds! {
    no_order_that_was_answered_201_is_lost_by_kill_9,
    everything_survives_a_restart,
    the_timeline_of_an_order_can_be_read_beside_the_running_server,
}

/// Ten times: orders from eight threads, `kill -9` in the middle of it, start again. Whoever got a 201 has an order.
fn no_order_that_was_answered_201_is_lost_by_kill_9(world: &World) {
    let mut server = world.start(&[]);
    let product = server.client().new_product(1_000_000);
    let mut kept = Vec::new();
    for round in 1..=10 {
        let accepted = orders_until_killed(server, product, 40 * round);
        server = world.start(&[]);
        kept.extend(accepted);
        world.verify();
    }
    assert!(kept.len() >= 10 * 40, "too few orders to mean anything: {}", kept.len());
    for order in &kept {
        let (status, answer) = server.get(&format!("/api/orders/{order}"));
        assert_eq!(status, 200, "order {order} got its 201 and is gone: {answer}");
    }
    kept.sort_unstable();
    let count = kept.len();
    kept.dedup();
    assert_eq!(kept.len(), count, "two orders were given the same number");
}

/// Kills the server as soon as it has accepted `enough` orders while others are under way.
fn orders_until_killed(server: Server, product: i64, enough: usize) -> Vec<i64> {
    let client = server.client();
    let (accepted, dead) = (Mutex::new(Vec::new()), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while !dead.load(Ordering::Relaxed) {
                    if let Ok((201, Some(order))) = client.order(product, 1) {
                        accepted.lock().unwrap().push(order);
                    }
                }
            });
        }
        wait_until("orders are accepted", || accepted.lock().unwrap().len() >= enough);
        server.kill();
        dead.store(true, Ordering::Relaxed);
    });
    accepted.into_inner().unwrap()
}

fn everything_survives_a_restart(world: &World) {
    let server = world.start(&[]);
    let order = server.client().paid(1, 2);
    wait_until("the delivery is prepared", || {
        server.get(&format!("/api/delivery/{order}")).0 == 200
    });
    let paths = [
        format!("/api/orders/{order}"),
        format!("/api/orders/{order}/history"),
        format!("/api/orders/{order}/payment"),
        format!("/api/delivery/{order}"),
        "/api/products".to_owned(),
        "/api/inventory".to_owned(),
    ];
    let before: Vec<_> = paths.iter().map(|path| server.get(path)).collect();
    server.stop();

    let server = world.start(&[]);
    let after: Vec<_> = paths.iter().map(|path| server.get(path)).collect();
    assert_eq!(before, after);
    let (_, next) = server.client().order(1, 1).unwrap();
    assert_eq!(next, Some(order + 1), "numbers go on where they stopped");
}

#[test]
fn ephemeral_leaves_nothing_behind() {
    let world = World::in_ram();
    let server = world.start(&[]);
    server.client().order(1, 1).unwrap();
    assert!(!world.folder().join("data").exists());
    server.stop();
    let server = world.start(&[]);
    assert_eq!(server.get("/api/orders/1").0, 404);
}

fn the_timeline_of_an_order_can_be_read_beside_the_running_server(world: &World) {
    let server = world.start(&[]);
    let (_, order) = server.client().order(1, 2).unwrap();
    let order = order.unwrap().to_string();
    server.call("DELETE", &format!("/api/orders/{order}"), &json!(null));
    let (code, out, err) = world.run(&["order", "show", &order, "--timeline"]);
    assert_eq!(code, 0, "{err}");
    for word in ["CREATED", "CANCELLED", "CUSTOMER"] {
        assert!(out.contains(word), "{word} is missing in\n{out}");
    }
    let (code, out, _) = world.run(&["inventory", "status", "--json", "--url", server.url()]);
    assert_eq!(code, 0);
    let status: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(status[0]["databaseStock"], 50, "{out}");
}
