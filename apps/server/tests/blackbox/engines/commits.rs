//! Rows 14 and 15, and clients that reset their connections: nobody has heard the end of the sentence.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ordersystem_test_engines::proxy::{Cut, Proxy};
use serde_json::json;
use uuid::Uuid;

use crate::support::{Client, World, everything_is_well, in_parallel, scaled};

/// As a writer ends a transaction.
const COMMIT: &str = "COMMIT\0";
const JSON: (&str, &str) = ("Content-Type", "application/json");
/// Who is told to come back is told so within this time.
const PATIENCE: Duration = Duration::from_secs(4);

/// An order that is paid, each step for as long as it takes.
fn buy(client: &Client, product: i64) -> i64 {
    let order = client.placed(product, 1);
    assert_eq!(client.request_payment(order), 202);
    assert_eq!(client.settle(order, true), 200);
    order
}

/// Customers who come back with the same key while COMMIT after COMMIT is cut: each gets one order and pays it once.
fn check_cut_commits(cut: Cut) {
    let world = World::full();
    let (proxy, url) = world.engines().proxy_to_database();
    let api = world.start(&["--role", "api", "--database-url", &url]);
    let client = api.client();
    let product = client.new_product(1_000_000);
    let (cuts, enough) = (scaled(12, 200), AtomicBool::new(false));
    let bought = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                while !enough.load(Ordering::Relaxed) {
                    let order = buy(&client, product);
                    bought.lock().unwrap().push(order);
                }
            });
        }
        for number in 1..=cuts {
            proxy.cut_when(COMMIT, cut);
            world.engines().wait(proxy.wait_for_cuts(number));
        }
        enough.store(true, Ordering::Relaxed);
    });
    let bought = bought.into_inner().unwrap();
    let unique: BTreeSet<_> = bought.iter().collect();
    assert_eq!(unique.len(), bought.len(), "an order number was given twice");
    let orders = world.engines().number("SELECT count(*) FROM orders WHERE status <> 'CREATED'");
    assert_eq!(usize::try_from(orders).unwrap(), bought.len(), "one order for each key");
    assert_eq!(world.engines().number("SELECT count(*) FROM payments"), orders);
    let _all = world.start(&[]);
    everything_is_well(&world);
}

#[test]
fn fault_14_the_database_is_cut_after_the_commit_was_sent() {
    check_cut_commits(Cut::After);
}

#[test]
fn fault_15_the_database_is_cut_before_the_commit_arrives() {
    check_cut_commits(Cut::Before);
}

/// One at a time: what is said of a single ambiguous commit, and how soon.
#[test]
fn fault_14_an_order_whose_commit_was_not_answered_is_found() {
    let world = World::full();
    let (proxy, url) = world.engines().proxy_to_database();
    let api = world.start(&["--role", "api", "--database-url", &url]);
    let client = api.client();
    for number in 1..=5 {
        proxy.cut_when(COMMIT, Cut::After);
        let started = Instant::now();
        let (status, order) = client.order(1, 1).unwrap();
        world.engines().wait(proxy.wait_for_cuts(number));
        assert!(started.elapsed() < PATIENCE, "it took {:?}", started.elapsed());
        assert_eq!(status, 201, "its fate could be found out");
        assert_eq!(client.status(order.unwrap()), "CREATED");
    }
    assert_eq!(world.engines().number("SELECT count(*) FROM orders"), 5);
    world.verify();
}

/// A reset makes the server drop whatever would have answered. The order is there or not, never half, and the key says
/// which.
#[test]
fn hazard_clients_reset_their_connections() {
    let world = World::full();
    let server = world.start(&[]);
    let direct = server.client();
    let product = direct.new_product(1_000_000);
    let address = server.url().trim_start_matches("http://").replace("localhost", "127.0.0.1");
    let proxy = world.engines().wait(Proxy::to(address.parse().unwrap()));
    let through = Client::new(&format!("http://{}", proxy.address()));
    let orders = scaled(60, 2_000);
    let body = json!({"productId": product, "quantity": 1}).to_string();
    in_parallel(1, orders, |_| {
        let key = Uuid::new_v4().to_string();
        let headers = [JSON, ("Idempotency-Key", &key)];
        proxy.cut_when("quantity", Cut::Reset);
        through.send("POST", "/api/orders", &headers, &body).unwrap_err();
        let mut answer = direct.send("POST", "/api/orders", &headers, &body).unwrap();
        while answer.status == 409 {
            answer = direct.send("POST", "/api/orders", &headers, &body).unwrap();
        }
        assert_eq!(answer.status, 201, "{answer:?}");
    });
    let stored = world.engines().number("SELECT count(*) FROM orders");
    assert_eq!(usize::try_from(stored).unwrap(), orders);
    everything_is_well(&world);
}
