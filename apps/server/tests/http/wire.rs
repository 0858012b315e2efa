//! Over a real socket: what only shows there.

use crate::sockets::Listening;
use crate::support::World;

async fn exchange(world: &World, requests: &[u8]) -> String {
    let server = Listening::start(world);
    let answers = server.exchange(requests).await;
    server.stop().await;
    answers
}

#[actix_web::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let world = World::new().await;
    let head = b"HEAD /api/products/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let answer = exchange(&world, head).await;
    let (headers, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(headers.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(headers.contains("content-length: "), "{answer}");
    assert_eq!(body, "");
}

#[actix_web::test]
async fn a_body_without_announced_length_is_still_limited() {
    let world = World::new().await;
    let mut request = b"POST /api/orders HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
        Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        .to_vec();
    for _ in 0..5 {
        request.extend(format!("1000\r\n{}\r\n", " ".repeat(0x1000)).bytes());
    }
    request.extend(b"0\r\n\r\n");
    let answer = exchange(&world, &request).await;
    assert!(answer.starts_with("HTTP/1.1 413 Payload Too Large"), "{answer}");
    assert!(answer.contains("x-error-code: PAYLOAD_TOO_LARGE"), "{answer}");
}

#[actix_web::test]
async fn a_refused_body_does_not_disturb_the_next_request() {
    let world = World::new().await;
    let body = r#"{"productId":1,"quantity":0}"#;
    let post = |kind: &str| {
        let length = body.len();
        format!(
            "POST /api/orders HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        )
    };
    let get = "GET /api/orders HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let requests = format!("{}{}{get}", post("text/plain"), post("application/json"));
    let answers = exchange(&world, requests.as_bytes()).await;
    let statuses: Vec<_> =
        answers.split("HTTP/1.1 ").skip(1).filter_map(|answer| answer.get(..3)).collect();
    assert_eq!(statuses, ["415", "400", "200"], "{answers}");
}
