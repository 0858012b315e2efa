//! A stand-in for a server: answers what it is told to, when it is told to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// Listens for the rest of the process; `answer` gets the first line of each request.
pub(crate) fn listen(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let answer = answer.clone();
            thread::spawn(move || while_asked(stream, &*answer));
        }
    });
    address
}

/// An answer of HTTP.
pub(crate) fn http(status: u16, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn while_asked(stream: TcpStream, answer: &impl Fn(&str) -> String) {
    let mut reader = BufReader::new(stream);
    while let Some(first) = request(&mut reader) {
        if reader.get_mut().write_all(answer(&first).as_bytes()).is_err() {
            return;
        }
    }
}

/// The first line of the next request; none when the client has gone.
fn request(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let (mut first, mut length) = (None, 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(given) = line.strip_prefix("content-length: ") {
            length = given.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
        first.get_or_insert(line);
    }
    std::io::copy(&mut reader.take(length), &mut std::io::sink()).ok()?;
    first
}
