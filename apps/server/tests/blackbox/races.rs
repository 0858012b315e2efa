use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::support::{Client, Server, verify, wait_until};

/// Runs `task` for 0..count on `threads` threads.
fn in_parallel(threads: usize, count: usize, task: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count {
                        return;
                    }
                    task(index);
                }
            });
        }
    });
}

fn check_exactly_100_of_5000(args: &[&str]) {
    let server = Server::start(args);
    let client = server.client();
    let product = client.new_product(100);
    let answers = std::sync::Mutex::new(BTreeMap::<u16, usize>::new());
    in_parallel(64, 5_000, |_| {
        let (status, _) = client.order(product, 1).unwrap();
        *answers.lock().unwrap().entry(status).or_default() += 1;
    });
    assert_eq!(*answers.lock().unwrap(), BTreeMap::from([(201, 100), (400, 4_900)]));
    let (_, status) = server.get(&format!("/api/inventory/{product}/status"));
    let expected =
        json!({"productId": product, "databaseStock": 100, "redisStock": 0, "reservedStock": 100});
    assert_eq!(status["data"], expected);
    let folder = server.folder();
    server.stop();
    if args.is_empty() {
        verify(folder.path());
    }
}

#[test]
fn of_100_units_5000_concurrent_orders_get_exactly_100() {
    check_exactly_100_of_5000(&[]);
}

#[test]
fn and_in_ram_too() {
    check_exactly_100_of_5000(&["--ephemeral"]);
}

/// 500 orders, each paid, reported, cancelled and expired at the same time, in whatever order that happens.
#[test]
fn cancel_pay_and_expire_race_for_500_orders() {
    let server = Server::start(&["--set", "inventory.reservation-ttl-seconds=1"]);
    let client = server.client();
    let product = client.new_product(1_000);
    in_parallel(16, 500, |_| {
        let (status, order) = client.order(product, 2).unwrap();
        assert_eq!(status, 201);
        race_for(&client, order.unwrap());
    });
    wait_until("every order has ended or is paid", || {
        let open = ["CREATED", "PAYMENT_REQUESTED", "PAYMENT_FAILED", "PAYMENT_COMPLETED"];
        let path = format!("/api/orders?status={}", open.join(","));
        server.get(&path).1["data"]["items"] == json!([])
    });
    let folder = server.folder();
    server.stop();
    verify(folder.path());
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
                let (status, answer) = client.call(method, &path, &Value::Null);
                assert!([200, 202, 400].contains(&status), "{method} {path}: {status} {answer}");
            });
        }
    });
}
