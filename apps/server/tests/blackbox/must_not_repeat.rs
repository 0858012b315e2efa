//! What the original system did wrong and this one must not: one test per row of its defect list, seen from outside.
//! The rows about events, timers and counters are tested beside the parts that they are about, those about engines that
//! are down in `engines`.

use std::thread;

use serde_json::{Value, json};

use crate::support::{Client, World, in_both_worlds, in_every_world, wait_until};

in_every_world! {
    must_not_repeat_d03_d26_a_failed_payment_cancels_once_and_is_kept,
    must_not_repeat_d04_d39_a_repeated_success_sells_once,
    must_not_repeat_d05_a_confirmation_leaves_the_holds_of_others_alone,
    must_not_repeat_d06_cancelling_a_paid_order_gives_its_stock_back_everywhere,
    must_not_repeat_d07_cancelling_twice_gives_back_once,
    must_not_repeat_d13_a_refused_order_holds_nothing,
    must_not_repeat_d16_a_late_success_is_refunded_and_revives_nothing,
    must_not_repeat_d34_unlimited_stock_stays_unlimited,
}

in_both_worlds! {
    must_not_repeat_d01_forbidden_transitions_are_refused,
    must_not_repeat_d02_nobody_pays_without_asking_to,
    must_not_repeat_d10_a_paid_order_always_finds_its_stock,
    must_not_repeat_d11_concurrent_payments_lose_no_update,
    must_not_repeat_d12_cancel_and_payment_at_once_have_one_outcome,
    must_not_repeat_d27_an_order_has_one_delivery,
    must_not_repeat_d29_a_restart_adds_no_products_and_forgets_no_hold,
    must_not_repeat_d31_a_lost_race_is_400_and_so_is_quantity_0,
    must_not_repeat_d33_d35_arrival_and_tracking_are_fixed_once_and_unique,
    must_not_repeat_d36_the_promised_script_exists_and_succeeds,
    must_not_repeat_d40_events_are_utc_and_deliveries_are_local,
    must_not_repeat_d41_nonsense_reaches_no_counter,
    must_not_repeat_d42_the_price_of_the_order_is_what_is_paid,
}

fn requested(client: &Client, product: i64, quantity: i64) -> i64 {
    let order = client.placed(product, quantity);
    assert_eq!(client.request_payment(order), 202);
    order
}

fn prepared(client: &Client, order: i64) {
    wait_until("the delivery is prepared", || client.status(order) == "SHIPMENT_PREPARING");
}

fn advance(client: &Client, order: i64, to: &str) -> u16 {
    client.call("PATCH", &format!("/api/delivery/{order}/status?status={to}"), &Value::Null).0
}

fn must_not_repeat_d01_forbidden_transitions_are_refused(world: &World) {
    let server = world.start(&[]);
    let client = server.client();
    let order = requested(&client, 1, 1);
    client.settle(order, true);
    prepared(&client, order);
    assert_eq!(advance(&client, order, "DELIVERED"), 400);
    assert_eq!(advance(&client, order, "SHIPPED"), 200);
    assert_eq!(advance(&client, order, "DELIVERED"), 200);
    let (refused, answer) = client.cancel(order);
    assert_eq!((refused, &answer["error"]), (400, &json!("상태 전환 불가: DELIVERED → CANCELLED")));
    let path = format!("/api/orders/{order}/payment");
    assert_eq!(client.call("POST", &path, &Value::Null).0, 400);
    assert_eq!(client.status(order), "DELIVERED");
}

fn must_not_repeat_d02_nobody_pays_without_asking_to(world: &World) {
    let server = world.start(&[]);
    let client = server.client();
    let order = client.placed(1, 1);
    assert_eq!(client.settle(order, true), 400);
    assert_eq!(client.status(order), "CREATED");
}

fn must_not_repeat_d03_d26_a_failed_payment_cancels_once_and_is_kept(world: &World) {
    let server = world.start(&[]);
    let client = server.client();
    let order = requested(&client, 1, 2);
    for _ in 0..3 {
        assert_eq!(client.settle(order, false), 200);
    }
    assert_eq!(client.stock(1), (50, 50, 0));
    assert_eq!(client.status(order), "CANCELLED");
    let (_, payment) = client.call("GET", &format!("/api/orders/{order}/payment"), &Value::Null);
    assert_eq!(payment["data"]["attempts"][0]["outcome"], "FAILED", "{payment}");
}

fn must_not_repeat_d04_d39_a_repeated_success_sells_once(world: &World) {
    let server = world.start(&[]);
    let client = server.client();
    let order = requested(&client, 1, 2);
    for _ in 0..3 {
        assert_eq!(client.settle(order, true), 200);
    }
    assert_eq!(client.stock(1), (48, 48, 0));
    let (_, payment) = client.call("GET", &format!("/api/orders/{order}/payment"), &Value::Null);
    assert_eq!(payment["data"]["attempts"].as_array().unwrap().len(), 1);
}

fn must_not_repeat_d05_a_confirmation_leaves_the_holds_of_others_alone(world: &World) {
    let server = world.start(&[]);
    let client = server.client();
    client.placed(1, 3);
    let order = requested(&client, 1, 2);
    for _ in 0..3 {
        client.settle(order, true);
    }
    prepared(&client, order);
    assert_eq!(client.stock(1), (48, 45, 3));
}

fn must_not_repeat_d06_cancelling_a_paid_order_gives_its_stock_back_everywhere(world: &World) {
    let server = world.start(&[]);
    let client = server.client();
    let order = requested(&client, 1, 2);
    client.settle(order, true);
    assert_eq!(client.cancel(order).0, 200);
    assert_eq!(client.stock(1), (50, 50, 0));
}

fn must_not_repeat_d07_cancelling_twice_gives_back_once(world: &World) {
    let server = world.start(&[]);
    let client = server.client();
    let order = client.placed(1, 2);
    for _ in 0..3 {
        assert_eq!(client.cancel(order).0, 200);
    }
    assert_eq!(client.stock(1), (50, 50, 0));
}

fn must_not_repeat_d10_a_paid_order_always_finds_its_stock(world: &World) {
    let server = world.start(&[]);
    let client = server.client();
    let order = requested(&client, 1, 50);
    let less = json!({"delta": -1, "reason": "stolen"});
    assert_eq!(client.call("POST", "/api/products/1/stock", &less).0, 400);
    assert_eq!(client.settle(order, true), 200);
    assert_eq!(client.stock(1), (0, 0, 0));
}

fn must_not_repeat_d11_concurrent_payments_lose_no_update(world: &World) {
    let server = world.start(&[]);
    let client = server.client();
    let orders: Vec<_> = (0..25).map(|_| requested(&client, 1, 2)).collect();
    thread::scope(|scope| {
        for order in orders {
            let client = &client;
            scope.spawn(move || assert_eq!(client.settle(order, true), 200));
        }
    });
    assert_eq!(client.stock(1), (0, 0, 0));
}

fn must_not_repeat_d12_cancel_and_payment_at_once_have_one_outcome(world: &World) {
    let server = world.start(&[]);
    let client = server.client();
    for _ in 0..25 {
        let order = requested(&client, 1, 2);
        thread::scope(|scope| {
            scope.spawn(|| client.cancel(order));
            scope.spawn(|| client.settle(order, true));
        });
        assert_eq!(client.status(order), "CANCELLED");
    }
    assert_eq!(client.stock(1), (50, 50, 0));
    server.stop();
    world.verify();
}

fn must_not_repeat_d13_a_refused_order_holds_nothing(world: &World) {
    let server = world.start(&[]);
    let client = server.client();
    let items =
        json!({"items": [{"productId": 1, "quantity": 2}, {"productId": 2, "quantity": 31}]});
    let (refused, answer) = client.call("POST", "/api/orders", &items);
    assert_eq!((refused, &answer["error"]), (400, &json!("재고 부족: productId=2")));
    assert_eq!(client.stock(1), (50, 50, 0));
}

fn must_not_repeat_d16_a_late_success_is_refunded_and_revives_nothing(world: &World) {
    let server = world.start(&[]);
    let client = server.client();
    let order = requested(&client, 1, 2);
    client.cancel(order);
    for _ in 0..3 {
        assert_eq!(client.settle(order, true), 200);
    }
    assert_eq!(client.status(order), "CANCELLED");
    assert_eq!(client.stock(1), (50, 50, 0));
    let (_, payment) = client.call("GET", &format!("/api/orders/{order}/payment"), &Value::Null);
    let refunds = payment["data"]["refunds"].as_array().unwrap();
    assert_eq!((refunds.len(), &refunds[0]["amount"]), (1, &json!(20_000)), "{payment}");
}

fn must_not_repeat_d27_an_order_has_one_delivery(world: &World) {
    let server = world.start(&[]);
    let client = server.client();
    let order = requested(&client, 1, 1);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| client.settle(order, true));
        }
    });
    prepared(&client, order);
    let (_, history) = client.call("GET", &format!("/api/orders/{order}/history"), &Value::Null);
    let steps = history["data"]["items"].as_array().unwrap();
    assert_eq!(steps.iter().filter(|step| step["to"] == "SHIPMENT_PREPARING").count(), 1);
    let next = requested(&client, 1, 1);
    client.settle(next, true);
    prepared(&client, next);
    let delivery = |order| {
        let path = format!("/api/delivery/{order}");
        client.call("GET", &path, &Value::Null).1["data"]["deliveryId"].as_i64().unwrap()
    };
    assert_eq!(delivery(next), delivery(order) + 1);
}

fn must_not_repeat_d29_a_restart_adds_no_products_and_forgets_no_hold(world: &World) {
    let server = world.start(&[]);
    server.client().placed(1, 2);
    server.stop();
    let server = world.start(&[]);
    let (_, products) = server.get("/api/products");
    assert_eq!(products["data"]["items"].as_array().unwrap().len(), 3);
    assert_eq!(server.client().stock(1), (50, 48, 2));
}

fn must_not_repeat_d31_a_lost_race_is_400_and_so_is_quantity_0(world: &World) {
    let server = world.start(&[]);
    let client = server.client();
    thread::scope(|scope| {
        let orders: Vec<_> =
            (0..20).map(|_| scope.spawn(|| client.order(2, 3).unwrap().0)).collect();
        let mut answers: Vec<_> = orders.into_iter().map(|order| order.join().unwrap()).collect();
        answers.sort_unstable();
        assert_eq!(answers, [vec![201; 10], vec![400; 10]].concat());
    });
    assert_eq!(client.order(1, 0).unwrap().0, 400);
}

fn must_not_repeat_d33_d35_arrival_and_tracking_are_fixed_once_and_unique(world: &World) {
    let server = world.start(&[]);
    let client = server.client();
    let mut numbers = Vec::new();
    for _ in 0..3 {
        let order = requested(&client, 1, 1);
        client.settle(order, true);
        prepared(&client, order);
        advance(&client, order, "SHIPPED");
        let read = || client.call("GET", &format!("/api/delivery/{order}"), &Value::Null).1;
        let shipped = read()["data"].clone();
        assert!(shipped["shippedAt"].is_string());
        let tracking = shipped["trackingNumber"].as_str().unwrap().to_owned();
        assert!(tracking.len() >= format!("TRACK-{order}-1749794391092").len(), "{tracking}");
        advance(&client, order, "DELIVERED");
        let delivered = read()["data"].clone();
        for fixed in ["trackingNumber", "shippedAt", "estimatedArrival", "startedAt"] {
            assert_eq!(delivered[fixed], shipped[fixed], "{fixed}");
        }
        numbers.push(tracking);
    }
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers.len(), 3);
}

fn must_not_repeat_d34_unlimited_stock_stays_unlimited(world: &World) {
    let server = world.start(&[]);
    let client = server.client();
    for _ in 0..3 {
        let order = client.placed(3, 10_000);
        assert_eq!(client.call("POST", "/api/inventory/3/sync", &Value::Null).0, 200);
        assert_eq!(client.cancel(order).0, 200);
    }
    let (_, status) = client.call("GET", "/api/inventory/3/status", &Value::Null);
    let expected = json!({"productId": 3, "databaseStock": 0, "redisStock": null,
        "reservedStock": 0, "unlimited": true});
    assert_eq!(status["data"], expected);
}

fn must_not_repeat_d36_the_promised_script_exists_and_succeeds(world: &World) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/quick-scheduler-test.sh");
    let mut command = world.script(script);
    command.env("BINARY", env!("CARGO_BIN_EXE_ordersystem"));
    let output = command.output().unwrap();
    let told = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{told}");
    assert!(told.contains("DELIVERED") && told.contains("배송 완료"), "{told}");
}

fn must_not_repeat_d40_events_are_utc_and_deliveries_are_local(world: &World) {
    let server = world.start(&["--set", "timezone=Asia/Seoul"]);
    let client = server.client();
    let order = requested(&client, 1, 1);
    client.settle(order, true);
    prepared(&client, order);
    let (_, delivery) = client.call("GET", &format!("/api/delivery/{order}"), &Value::Null);
    let (_, history) = client.call("GET", &format!("/api/orders/{order}/history"), &Value::Null);
    let utc = history["data"]["items"][3]["timestamp"].as_str().unwrap();
    let utc = chrono::DateTime::parse_from_rfc3339(utc).unwrap().naive_utc();
    let local = delivery["data"]["startedAt"].as_str().unwrap();
    let local = chrono::NaiveDateTime::parse_from_str(local, "%Y-%m-%dT%H:%M:%S").unwrap();
    let apart = local - utc;
    assert!((apart.num_seconds() - 9 * 3600).abs() <= 1, "{apart}");
}

fn must_not_repeat_d41_nonsense_reaches_no_counter(world: &World) {
    let server = world.start(&[]);
    let client = server.client();
    assert_eq!(client.order(1, 10_000_000_000).unwrap().0, 400);
    assert_eq!(client.order(99, 1).unwrap().0, 404);
    assert_eq!(client.call("GET", "/api/inventory/99/status", &Value::Null).0, 404);
    assert_eq!(client.stock(1), (50, 50, 0));
}

fn must_not_repeat_d42_the_price_of_the_order_is_what_is_paid(world: &World) {
    let server = world.start(&[]);
    let client = server.client();
    let order = client.placed(1, 2);
    assert_eq!(client.call("PATCH", "/api/products/1", &json!({"price": 99})).0, 200);
    client.call("POST", &format!("/api/orders/{order}/payment"), &Value::Null);
    let (_, payment) = client.call("GET", &format!("/api/orders/{order}/payment"), &Value::Null);
    assert_eq!(
        (&payment["data"]["amount"], &payment["data"]["currency"]),
        (&json!(20_000), &json!("KRW"))
    );
    let (_, order) = client.call("GET", &format!("/api/orders/{order}"), &Value::Null);
    assert_eq!(order["data"]["total"], 20_000);
}
