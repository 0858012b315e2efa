//! S7: two readers must never disagree about where a request ends, so whatever is unclear ends the connection.

use crate::sockets::Listening;
use crate::support::World;

/// What an attacker would like to be read as a request of somebody else.
const SMUGGLED: &str = "GET /actuator/health HTTP/1.1\r\nHost: x\r\n\r\n";

/// The head without its last line, and what follows it.
const VECTORS: [(&str, &str, &str); 20] = [
    ("both lengths", "Content-Length: 4\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
    ("both lengths, the other way", "Transfer-Encoding: chunked\r\nContent-Length: 4", "0\r\n\r\n"),
    ("two lengths", "Content-Length: 2\r\nContent-Length: 3", "{}"),
    ("a list of lengths", "Content-Length: 2, 3", "{}"),
    ("a length with a sign", "Content-Length: +2", "{}"),
    ("a negative length", "Content-Length: -2", "{}"),
    ("a length in hexadecimal", "Content-Length: 0x2", "{}"),
    ("a length beyond numbers", "Content-Length: 99999999999999999999999", "{}"),
    ("an unknown coding", "Transfer-Encoding: xchunked", "0\r\n\r\n"),
    ("chunked before another", "Transfer-Encoding: chunked, identity", "0\r\n\r\n"),
    ("chunked twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
    ("a vertical tab", "Transfer-Encoding: \u{b}chunked", "0\r\n\r\n"),
    ("a blank before the colon", "Content-Length : 2", "{}"),
    ("a folded line", "X-A: a\r\n Content-Length: 2", "{}"),
    ("a NUL in a value", "X-A: a\0b", ""),
    ("a bare CR in a value", "X-A: a\rContent-Length: 2", "{}"),
    ("a second host", "Host: y", ""),
    ("a chunk of negative size", "Transfer-Encoding: chunked", "-1\r\n\r\n"),
    ("a chunk beyond numbers", "Transfer-Encoding: chunked", "fffffffffffffffff\r\n\r\n"),
    ("a chunk longer than its size", "Transfer-Encoding: chunked", "1\r\nab\r\n0\r\n\r\n"),
];

#[actix_web::test]
async fn s07_what_could_be_read_in_two_ways_is_refused_and_ends_the_connection() {
    let world = World::new().await;
    let server = Listening::start(&world);
    let mut accepted = Vec::new();
    for (name, fields, body) in VECTORS {
        let head = "POST /api/orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
        let answers = server.exchange(format!("{head}{fields}\r\n\r\n{body}{SMUGGLED}")).await;
        let is_refused = answers.starts_with("HTTP/1.1 400");
        if !is_refused || answers.matches("HTTP/1.1 ").count() != 1 {
            accepted.push(format!("{name}: {answers}"));
        }
    }
    let heads = [
        ("no host", "GET / HTTP/1.1\r\n\r\n"),
        ("a method that is no word", "G@T / HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("a version that is none", "GET / HTTP/1.9\r\nHost: x\r\n\r\n"),
        ("HTTP/2 without asking", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ];
    for (name, head) in heads {
        let answers = server.exchange(format!("{head}{SMUGGLED}")).await;
        if !answers.starts_with("HTTP/1.1 400") || answers.matches("HTTP/1.1 ").count() != 1 {
            accepted.push(format!("{name}: {answers}"));
        }
    }
    assert!(accepted.is_empty(), "{}", accepted.join("\n"));
    server.stop().await;
}

#[actix_web::test]
async fn heads_beyond_all_measure_are_refused() {
    let world = World::new().await;
    let server = Listening::start(&world);
    let many: String = (0..200).map(|number| format!("X-{number}: a\r\n")).collect();
    let long = format!("X-A: {}\r\n", "a".repeat(200_000));
    for fields in [many, long] {
        let answer = server.exchange(format!("GET / HTTP/1.1\r\nHost: x\r\n{fields}\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
    server.stop().await;
}
