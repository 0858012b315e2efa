//! S6: clients that take their time, in each of the ways that there are.

use std::time::Duration;

use futures_util::future::{join_all, select};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use crate::sockets::{Listening, rest};
use crate::support::World;

/// Nobody may hold a connection for longer than this without getting on.
const BOUND: Duration = Duration::from_secs(12);

const POST: &str = "POST /api/orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
const GET: &str = "GET /api/products/1 HTTP/1.1\r\nHost: x\r\n\r\n";

/// Sends one byte every half second until the server has had enough; what it said, and after how long.
async fn drip(mut connection: TcpStream, byte: &[u8]) -> (String, Duration) {
    let begun = Instant::now();
    let (mut reading, mut writing) = connection.split();
    let dripping = Box::pin(async {
        while writing.write_all(byte).await.is_ok() {
            sleep(Duration::from_millis(500)).await;
        }
    });
    let mut answer = Vec::new();
    let heard = Box::pin(async {
        let _reset = reading.read_to_end(&mut answer).await;
    });
    let ended = timeout(BOUND, select(dripping, heard)).await;
    assert!(ended.is_ok(), "still open after {BOUND:?}");
    (String::from_utf8(answer).unwrap(), begun.elapsed())
}

async fn stuck(mut connection: TcpStream) -> (String, Duration) {
    let begun = Instant::now();
    let answer = timeout(BOUND, rest(&mut connection)).await;
    (answer.unwrap(), begun.elapsed())
}

/// A client in a hurry, all the while.
async fn served(server: &Listening, until: Instant) -> Duration {
    let mut slowest = Duration::ZERO;
    while Instant::now() < until {
        let begun = Instant::now();
        let answer =
            server.exchange(GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        slowest = slowest.max(begun.elapsed());
        sleep(Duration::from_millis(50)).await;
    }
    slowest
}

#[actix_web::test]
async fn s06_who_sends_too_slowly_is_cut_off_and_others_are_served() {
    let world = World::new().await;
    let server = Listening::start(&world);
    let body = format!("{POST}Content-Length: 100\r\n\r\n{{");
    let chunked = format!("{POST}Transfer-Encoding: chunked\r\n\r\n");
    let unwanted = "GET /api/products/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    let unknown = "PUT /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n";
    let (mut stuck_bodies, mut dripping) = (Vec::new(), Vec::new());
    for _ in 0..200 {
        stuck_bodies.push(stuck(server.sent(&body).await));
    }
    for _ in 0..20 {
        dripping.push(drip(server.sent(&body).await, b" "));
        dripping.push(drip(server.sent(&chunked).await, b"1\r\n \r\n"));
        dripping.push(drip(server.sent(unwanted).await, b"1\r\n \r\n"));
        dripping.push(drip(server.sent(unknown).await, b" "));
    }
    let meanwhile = served(&server, Instant::now() + Duration::from_secs(6));
    let (stuck_bodies, dripping, slowest) =
        tokio::join!(join_all(stuck_bodies), join_all(dripping), meanwhile);
    for (answer, _) in &stuck_bodies {
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        assert!(answer.contains("x-error-code: REQUEST_TIMEOUT"), "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
    }
    for (answer, _) in &dripping {
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    }
    assert!(slowest < Duration::from_secs(1), "somebody waited for {slowest:?}");
    server.stop().await;
}

#[actix_web::test]
async fn s06_every_head_has_its_deadline() {
    let world = World::new().await;
    let server = Listening::start(&world);
    let mut slow = Vec::new();
    for _ in 0..50 {
        slow.push(drip(server.sent("GET / HTTP/1.1\r\nX-A: ").await, b"a"));
        // The framework has no deadline for the second head of a connection.
        slow.push(drip(server.sent(format!("{GET}GET / HTTP/1.1\r\nX-A: ")).await, b"a"));
    }
    for (answer, time) in join_all(slow).await {
        assert!(time < Duration::from_secs(8), "{time:?} {answer}");
    }
    server.stop().await;
}

#[actix_web::test]
async fn s06_silence_ends_a_connection() {
    let world = World::new().await.with(|http| http.keep_alive = Duration::from_secs(1));
    let server = Listening::start(&world);
    let (silent, idle) = (server.sent("").await, server.sent(GET).await);
    let ((_, silent), (answer, idle)) = tokio::join!(stuck(silent), stuck(idle));
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(
        silent < Duration::from_secs(8) && idle < Duration::from_secs(4),
        "{silent:?} {idle:?}"
    );
    server.stop().await;
}

#[actix_web::test]
async fn s06_who_reads_too_slowly_is_cut_off() {
    let world = World::new().await;
    let server = Listening::start(&world);
    let document = "GET /v3/api-docs HTTP/1.1\r\nHost: x\r\n\r\n";
    let whole = {
        let last = document.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
        server.exchange(last).await.len()
    };
    // More than the system takes off our hands.
    let requests = 16_000_000 / whole;
    let mut readers = Vec::new();
    for pace in [0, 0, 0, 0, 0, 0, 0, 0, 50, 50, 50, 50] {
        let asked = document.repeat(requests);
        readers.push(slow_reader(server.sent_by_a_narrow_client(asked).await, pace));
    }
    for got in join_all(readers).await {
        assert!(got < whole * requests, "all {got} bytes came in the end");
    }
    server.stop().await;
}

/// Takes so many bytes a second for as long as a client may be slow, then all that is still there.
async fn slow_reader(mut connection: TcpStream, pace: usize) -> usize {
    let (begun, mut got) = (Instant::now(), 0);
    while begun.elapsed() < BOUND {
        sleep(Duration::from_secs(1)).await;
        if pace > 0 {
            got += connection.read(&mut vec![0; pace]).await.unwrap_or_default();
        }
    }
    let mut left = Vec::new();
    let reading = connection.read_to_end(&mut left);
    let _reset = timeout(BOUND, reading).await.unwrap();
    got + left.len()
}

#[actix_web::test]
async fn a_body_that_is_too_large_ends_the_connection_whoever_goes_on_sending() {
    let world = World::new().await;
    let server = Listening::start(&world);
    let large =
        format!("{POST}Transfer-Encoding: chunked\r\n\r\n8000\r\n{}\r\n", " ".repeat(0x8000));
    let (answer, time) = drip(server.sent(large).await, b"1\r\n \r\n").await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(time < Duration::from_secs(4), "{time:?}");
    server.stop().await;
}

#[actix_web::test]
async fn no_more_connections_than_there_are_places() {
    let world = World::new().await.with(|http| http.max_connections = 3.try_into().unwrap());
    let server = Listening::start(&world);
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut connection = server.sent(GET).await;
        let mut answer = [0; 12];
        connection.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200");
        held.push(connection);
    }
    let refused = server.exchange("").await;
    assert!(refused.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{refused}");
    assert!(refused.contains("x-error-code: TOO_MANY_CONNECTIONS\r\n"), "{refused}");
    assert!(refused.ends_with(r#"{"success":false,"error":"연결이 너무 많습니다"}"#), "{refused}");
    held.pop();
    let again = timeout(BOUND, async {
        let close = GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
        while !server.exchange(&close).await.starts_with("HTTP/1.1 200") {}
    });
    again.await.unwrap();
}

#[actix_web::test]
async fn idle_connections_do_not_hold_up_the_end() {
    let world = World::new().await;
    let server = Listening::start(&world);
    let mut idle = server.sent(GET).await;
    let mut answer = [0; 12];
    idle.read_exact(&mut answer).await.unwrap();
    let begun = Instant::now();
    server.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}
