//! Section 5.1: a client that resets its connection makes the framework drop the handler, wherever it stands.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use crate::support::{World, in_both_worlds, scaled, wait_until};

in_both_worlds! {
    nothing_is_left_half_done_by_10000_resets,
}

fn nothing_is_left_half_done_by_10000_resets(world: &World) {
    let server = world.start(&[]);
    let client = server.client();
    let product = client.new_product(1_000_000);
    let address = server.url().trim_start_matches("http://").replace("localhost", "127.0.0.1");
    let address: SocketAddr = address.parse().unwrap();
    let requests = scaled(10_000, 100_000);
    Runtime::new().unwrap().block_on(async {
        let callers = (0..32).map(|caller| async move {
            for number in (caller..requests).step_by(32) {
                reset(address, &request(product, number), delay(number)).await;
            }
        });
        futures_util::future::join_all(callers).await;
    });
    // Whatever was begun goes on to its end; then the shop works as ever, and its books are right.
    wait_until("orders are accepted", || client.order(product, 1).is_ok_and(|(s, _)| s == 201));
    if let Some(engines) = world.real_engines() {
        let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
            AND state LIKE 'idle in transaction%'";
        wait_until("no connection is left in a transaction", || engines.number(open) == 0);
    }
    let (_, orders) = server.get("/api/orders?limit=1");
    assert_ne!(orders["data"]["items"], json!([]), "some of them were placed");
    server.stop();
    world.verify();
}

/// New orders, steps of orders that may exist, and looks at them.
fn request(product: i64, number: usize) -> String {
    let order = 1 + number / 8;
    let (method, path, body) = match number % 8 {
        0..4 => {
            ("POST", "/api/orders".to_owned(), format!(r#"{{"productId":{product},"quantity":1}}"#))
        }
        4 => ("POST", format!("/api/orders/{order}/payment"), String::new()),
        5 => ("POST", format!("/api/orders/{order}/payment/complete?success=true"), String::new()),
        6 => ("DELETE", format!("/api/orders/{order}"), String::new()),
        _ => ("GET", "/api/orders".to_owned(), String::new()),
    };
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
}

/// Anything up to five milliseconds, the same in every run.
fn delay(number: usize) -> Duration {
    let microseconds = number.wrapping_mul(2_654_435_761) % 5_000;
    Duration::from_micros(u64::try_from(microseconds).unwrap())
}

async fn reset(address: SocketAddr, request: &str, delay: Duration) {
    let Ok(mut connection) = TcpStream::connect(address).await else { return };
    connection.set_zero_linger().unwrap();
    let _sent = connection.write_all(request.as_bytes()).await;
    tokio::time::sleep(delay).await;
}
