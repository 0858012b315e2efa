//! Rows 40 and 41: contradictions at the same moment have one outcome.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread;

use serde_json::json;

use crate::support::{Client, World, everything_is_well, in_parallel, scaled, wait_until};

/// The gateway says everything twenty times, on two replicas at once, and contradicts itself.
#[test]
fn fault_40_twenty_callbacks_at_once_contradict_each_other() {
    let world = World::full();
    let servers = [world.start(&[]), world.start(&[])];
    let clients = [servers[0].client(), servers[1].client()];
    let product = clients[0].new_product(1_000_000);
    let outcomes = Mutex::new(BTreeMap::<String, usize>::new());
    in_parallel(2, scaled(20, 200), |_| {
        let order = clients[0].placed(product, 1);
        assert_eq!(clients[1].request_payment(order), 202);
        settle_at_once(&clients, order);
        let states = clients[0].history(order);
        let paid = states.iter().filter(|state| *state == "PAYMENT_COMPLETED").count();
        let failed = states.iter().filter(|state| *state == "PAYMENT_FAILED").count();
        assert_eq!(paid + failed, 1, "{states:?}");
        let payment = clients[0].data(&format!("/api/orders/{order}/payment"));
        settle_at_once(&clients, order);
        let refunds = |payment: &serde_json::Value| payment["refunds"].as_array().unwrap().len();
        let after = clients[1].data(&format!("/api/orders/{order}/payment"));
        assert_eq!(refunds(&payment), refunds(&after), "a repetition costs nothing");
        let outcome = if paid == 1 { "paid" } else { "failed" };
        let outcome = format!("{outcome}, {} refunds", refunds(&after));
        *outcomes.lock().unwrap().entry(outcome).or_default() += 1;
    });
    let outcomes = outcomes.into_inner().unwrap();
    println!("{outcomes:?}");
    let allowed = ["paid, 0 refunds", "failed, 0 refunds", "failed, 1 refunds"];
    assert!(outcomes.keys().all(|outcome| allowed.contains(&&**outcome)), "{outcomes:?}");
    everything_is_well(&world);
}

fn settle_at_once(clients: &[Client; 2], order: i64) {
    thread::scope(|scope| {
        for callback in 0..20 {
            let client = &clients[callback % 2];
            scope.spawn(move || assert_eq!(client.settle(order, callback % 3 != 0), 200));
        }
    });
}

/// Each order is cancelled, paid and expired at the same time, by two replicas.
#[test]
fn fault_41_cancelled_paid_and_expired_at_once() {
    let world = World::full();
    let soon = ["--set", "inventory.reservation-ttl-seconds=1"];
    let servers = [world.start(&soon), world.start(&soon)];
    let clients = [servers[0].client(), servers[1].client()];
    let product = clients[0].new_product(10_000);
    let count = scaled(200, 1_000);
    in_parallel(16, count, |number| {
        let order = clients[number % 2].placed(product, 2);
        race_for(&clients, order, number);
    });
    wait_until("every order has ended or is prepared", || {
        let open = ["CREATED", "PAYMENT_REQUESTED", "PAYMENT_FAILED", "PAYMENT_COMPLETED"];
        let path = format!("/api/orders?status={}", open.join(","));
        clients[0].data(&path)["items"] == json!([])
    });
    let of = |state: &str| {
        world.engines().number(&format!("SELECT count(*) FROM orders WHERE status = '{state}'"))
    };
    let (kept, cancelled) = (of("SHIPMENT_PREPARING"), of("CANCELLED"));
    println!("{kept} were kept, {cancelled} were cancelled");
    assert_eq!(usize::try_from(kept + cancelled).unwrap(), count);
    everything_is_well(&world);
    let left = (product, 10_000 - 2 * kept, 0);
    assert!(world.engines().levels().contains(&left), "{:?}", world.engines().levels());
}

/// Some are left to their expiry, and some meet it.
fn race_for(clients: &[Client; 2], order: i64, number: usize) {
    let path = format!("/api/orders/{order}");
    assert!([202, 400].contains(&clients[number % 2].request_payment(order)));
    if number.is_multiple_of(5) {
        return;
    }
    let settled = format!("{path}/payment/complete?success={}", !number.is_multiple_of(4));
    thread::scope(|scope| {
        let mut steps = vec![("POST", settled.clone()), ("POST", settled)];
        if number.is_multiple_of(3) {
            steps.push(("DELETE", path));
        }
        for (replica, (method, path)) in steps.into_iter().enumerate() {
            let client = &clients[(number + replica) % 2];
            scope.spawn(move || {
                if number.is_multiple_of(7) {
                    thread::park_timeout(std::time::Duration::from_millis(1_000));
                }
                let (status, answer) = client.command(method, &path);
                assert!([200, 400].contains(&status), "{method} {path}: {status} {answer}");
            });
        }
    });
}
