use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::support::{Server, World, in_both_worlds, wait_until};

in_both_worlds! {
    an_order_reaches_its_customer_and_tells_of_every_step,
    a_cancelled_paid_order_gives_stock_and_money_back,
    an_unpaid_order_ends_with_its_hold,
    topics_are_called_as_the_settings_say,
    an_order_whose_client_is_gone_is_complete,
}

/// The whole life by itself, with the delays shortened: created, paid, prepared, shipped, delivered.
fn an_order_reaches_its_customer_and_tells_of_every_step(world: &World) {
    let server = world.start(&["--ship-delay-seconds", "1", "--delivery-delay-seconds", "1"]);
    let order = server.client().paid(1, 2);
    wait_until("the order is delivered", || {
        server.get(&format!("/api/delivery/{order}")).1["data"]["status"] == "DELIVERED"
    });
    let expected = [
        "CREATED",
        "PAYMENT_REQUESTED",
        "PAYMENT_COMPLETED",
        "SHIPMENT_PREPARING",
        "SHIPPED",
        "DELIVERED",
    ];
    assert_eq!(server.client().history(order), expected);
    check_events(world, &server, order, &expected);
    check_log(&server, order);
}

/// `events tail` shows what was published, in order, in exactly the shape of the contract.
fn check_events(world: &World, server: &Server, order: i64, expected: &[&str]) {
    let stock = ["STOCK_RESERVED", "STOCK_CONFIRMED"];
    let max = (expected.len() + stock.len()).to_string();
    let args = ["events", "tail", "--url", server.url(), "--from-beginning", "--max", &max];
    let (code, out, err) = world.run(&args);
    assert_eq!(code, 0, "{err}");
    let of = |topic: &str| -> Vec<Value> {
        out.lines()
            .filter_map(|line| line.strip_prefix(world.topic(topic))?.trim().split_once(' '))
            .map(|(_, value)| serde_json::from_str(value.trim()).unwrap())
            .collect()
    };
    let orders = of("order-events");
    assert_eq!(orders.len(), expected.len(), "{out}");
    for (event, status) in orders.iter().zip(expected) {
        let fixed = json!({"orderId": order, "status": status, "timestamp": event["timestamp"]});
        assert_eq!(event, &fixed);
        assert!(event["timestamp"].as_str().unwrap().ends_with('Z'));
    }
    for (event, kind) in of("inventory-events").iter().zip(stock) {
        let fixed = json!({"eventType": kind, "orderId": order, "productId": 1, "quantity": 2,
            "timestamp": event["timestamp"]});
        assert_eq!(event, &fixed);
    }
}

/// The three greps of the contract find what they are meant to find.
fn check_log(server: &Server, order: i64) {
    let log = server.log();
    assert!(log.lines().any(|line| line.contains("배송 상태 통계 - 준비중: ")), "{log}");
    assert!(log.contains("DeliveryStatusScheduler"));
    let id = format!("orderId={order}");
    let steps: Vec<_> = log
        .lines()
        .filter(|line| line.contains(&id))
        .filter(|line| ["생성", "결제", "배송", "취소"].iter().any(|word| line.contains(word)))
        .collect();
    let words = ["주문 생성", "결제 요청", "결제 완료", "배송 준비", "배송 시작", "배송 완료"];
    for word in words {
        assert!(steps.iter().any(|line| line.contains(word)), "{word} is missing in\n{log}");
    }
}

fn a_cancelled_paid_order_gives_stock_and_money_back(world: &World) {
    let server = world.start(&[]);
    let order = server.client().paid(1, 2);
    assert_eq!(server.call("DELETE", &format!("/api/orders/{order}"), &Value::Null).0, 200);
    let (_, status) = server.get("/api/inventory/1/status");
    let expected =
        json!({"productId": 1, "databaseStock": 50, "redisStock": 50, "reservedStock": 0});
    assert_eq!(status["data"], expected);
    let refunds =
        || server.get(&format!("/api/orders/{order}/payment")).1["data"]["refunds"].clone();
    wait_until("the money has gone back", || refunds()[0]["state"] == "DONE");
    let refunds = refunds();
    assert_eq!(refunds.as_array().map(Vec::len), Some(1), "{refunds}");
    assert_eq!(
        (&refunds[0]["amount"], &refunds[0]["reason"]),
        (&json!(20_000), &json!("ORDER_CANCELLED"))
    );
    assert!(refunds[0]["doneAt"].is_string(), "{refunds}");
    assert!(server.log().contains(&format!("결제 환불 완료: orderId={order}, refund=1")));
}

fn an_unpaid_order_ends_with_its_hold(world: &World) {
    let server = world.start(&["--set", "inventory.reservation-ttl-seconds=1"]);
    let (_, order) = server.client().order(1, 5).unwrap();
    let path = format!("/api/orders/{}", order.unwrap());
    wait_until("the hold expires", || server.get(&path).1["data"]["status"] == "CANCELLED");
    let (_, status) = server.get("/api/inventory/1/status");
    assert_eq!(status["data"]["redisStock"], 50);
}

fn topics_are_called_as_the_settings_say(world: &World) {
    let name = format!("shop.{}", world.topic("order-events"));
    let server = world.start(&["--set", &format!("kafka.topics.order-events={name}")]);
    server.client().order(1, 2).unwrap();
    let args = ["events", "tail", "--url", server.url(), "--from-beginning", "--max", "1"];
    let args = [&args[..], &["--topic", &name]].concat();
    let (code, out, err) = world.run(&args);
    assert_eq!(code, 0, "{err}");
    assert!(out.starts_with(&format!("{name} 1 {{\"orderId\":1,")), "{out}");
    let other = format!("/api/events/stream?topic={}", world.topic("order-events"));
    assert_eq!(server.get(&other).0, 400);
}

/// A client that resets its connection takes nothing with it: an order that exists has its line in the log, and the
/// counters know of it.
fn an_order_whose_client_is_gone_is_complete(world: &World) {
    let server = world.start(&[]);
    let product = server.client().new_product(10_000);
    let body = json!({"productId": product, "quantity": 1}).to_string();
    let head = "POST /api/orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    let request = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
    for _ in 0..300 {
        send_and_reset(&server, request.as_bytes());
    }
    let (_, last) = server.client().order(product, 1).unwrap();
    let (_, figures) = server.get(&format!("/api/inventory/{product}/status"));
    let placed = figures["data"]["reservedStock"].as_u64().unwrap();
    assert!(placed > 100, "too few orders to mean anything: {placed}, the last is {last:?}");
    wait_until("every order has its line", || {
        server.log().matches("주문 생성: ").count() >= usize::try_from(placed).unwrap()
    });
}

fn send_and_reset(server: &Server, request: &[u8]) {
    let address = server.url().trim_start_matches("http://");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(request).await.unwrap();
        tokio::task::yield_now().await;
        stream.set_zero_linger().unwrap();
    });
}
