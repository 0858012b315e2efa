//! As much HTTP/1.1 as a load generator needs: whole requests that lie ready, answers with a length.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// An answer, as long as its buffer is not used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: &'a [u8],
}

/// Where an answer lies in the bytes received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    status: u16,
    head: usize,
    body: usize,
}

/// More than any answer of the server has.
const HEADERS: usize = 64;

impl Frame {
    /// The answer at the front of `received`; none while it is not complete.
    ///
    /// # Errors
    /// It is no HTTP, or its end cannot be known.
    pub fn find(received: &[u8]) -> io::Result<Option<Self>> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let head = match response.parse(received).map_err(invalid)? {
            httparse::Status::Partial => return Ok(None),
            httparse::Status::Complete(head) => head,
        };
        let status = response.code.unwrap_or_default();
        let body = length(response.headers, status)?;
        let complete = received.len() >= head.saturating_add(body);
        Ok(complete.then_some(Self { status, head, body }))
    }

    /// The answer itself.
    pub fn answer<'a>(&self, received: &'a [u8]) -> Answer<'a> {
        let body = received.get(self.head..self.len()).unwrap_or_default();
        Answer { status: self.status, body }
    }

    fn len(&self) -> usize {
        self.head + self.body
    }

    /// Whether nothing follows; an answer that nobody asked for is an error of the server.
    pub fn is_all_of(&self, received: &[u8]) -> bool {
        self.len() == received.len()
    }
}

fn length(headers: &[httparse::Header<'_>], status: u16) -> io::Result<usize> {
    let mut lengths =
        headers.iter().filter(|header| header.name.eq_ignore_ascii_case("content-length"));
    let Some(header) = lengths.next() else {
        return if matches!(status, 204 | 304) { Ok(0) } else { Err(invalid("no content-length")) };
    };
    let text = std::str::from_utf8(header.value).map_err(invalid)?;
    text.trim().parse().map_err(invalid)
}

fn invalid(why: impl ToString) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("not an answer: {}", why.to_string()))
}

/// A request as it is sent; a body is JSON.
pub fn request(method: &str, path: &str, body: Option<&str>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(192);
    write_request(&mut bytes, method, path, body);
    bytes
}

/// The same into a buffer that is used again.
pub fn write_request(into: &mut Vec<u8>, method: &str, path: &str, body: Option<&str>) {
    let mut put = |text: &str| into.extend_from_slice(text.as_bytes());
    for part in [method, " ", path, " HTTP/1.1\r\nhost: localhost\r\n"] {
        put(part);
    }
    match body {
        Some(body) => {
            put("content-type: application/json\r\ncontent-length: ");
            put(&body.len().to_string());
            put("\r\n\r\n");
            put(body);
        }
        None if method == "GET" => put("\r\n"),
        None => put("content-length: 0\r\n\r\n"),
    }
}

/// The number behind the first `"name":` of a JSON body, without parsing the rest.
pub fn number_of(body: &[u8], name: &str) -> Option<u64> {
    let rest = after(body, &format!("\"{name}\":"))?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit());
    let mut digits = digits.peekable();
    digits.peek()?;
    digits.try_fold(0_u64, |sum, digit| {
        sum.checked_mul(10)?.checked_add(u64::from(digit.wrapping_sub(b'0')))
    })
}

/// The text behind the first `"name":"`; it must not hold escapes.
pub fn text_of<'a>(body: &'a [u8], name: &str) -> Option<&'a str> {
    let rest = after(body, &format!("\"{name}\":\""))?;
    let end = rest.iter().position(|byte| *byte == b'"')?;
    std::str::from_utf8(rest.get(..end)?).ok()
}

fn after<'a>(body: &'a [u8], what: &str) -> Option<&'a [u8]> {
    let at = body.windows(what.len()).position(|window| window == what.as_bytes())?;
    body.get(at + what.len()..)
}

/// One question on a connection of its own, for everything that is not load.
///
/// # Errors
/// The server does not answer within `patience`.
pub fn ask(address: SocketAddr, request: &[u8], patience: Duration) -> io::Result<(u16, Vec<u8>)> {
    let mut stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.write_all(request)?;
    let (mut received, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut chunk)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        received.extend_from_slice(chunk.get(..read).unwrap_or_default());
        if let Some(frame) = Frame::find(&received)? {
            let answer = frame.answer(&received);
            return Ok((answer.status, answer.body.to_vec()));
        }
    }
}

/// The same without a body.
///
/// # Errors
/// The server does not answer within `patience`.
pub fn get(address: SocketAddr, path: &str, patience: Duration) -> io::Result<(u16, Vec<u8>)> {
    ask(address, &request("GET", path, None), patience)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] =
        b"HTTP/1.1 201 Created\r\nContent-Length: 13\r\nx: y\r\n\r\n{\"orderId\":7}";

    #[test]
    fn an_answer_is_found_once_it_is_complete() {
        for end in 0..ANSWER.len() {
            assert_eq!(Frame::find(&ANSWER[..end]).unwrap(), None, "{end}");
        }
        let frame = Frame::find(ANSWER).unwrap().unwrap();
        assert!(frame.is_all_of(ANSWER));
        assert_eq!(frame.answer(ANSWER), Answer { status: 201, body: b"{\"orderId\":7}" });
        let more = [ANSWER, b"HTTP"].concat();
        assert!(!Frame::find(&more).unwrap().unwrap().is_all_of(&more));
    }

    #[test]
    fn what_has_no_known_end_is_an_error() {
        assert!(Frame::find(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(Frame::find(b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n").is_err());
        assert!(Frame::find(b"SSH-2.0\r\n\r\n").is_err());
        assert!(Frame::find(b"HTTP/1.1 304 Not Modified\r\n\r\n").unwrap().is_some());
    }

    #[test]
    fn requests_are_complete() {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        assert_eq!(text(request("GET", "/x", None)), "GET /x HTTP/1.1\r\nhost: localhost\r\n\r\n");
        assert!(text(request("POST", "/x", None)).ends_with("\r\ncontent-length: 0\r\n\r\n"));
        assert!(text(request("POST", "/x", Some("{}"))).ends_with("content-length: 2\r\n\r\n{}"));
    }

    #[test]
    fn fields_are_found_without_parsing() {
        let body = br#"{"data":{"orderId":42,"status":"CREATED","nextCursor":null}}"#;
        assert_eq!(number_of(body, "orderId"), Some(42));
        assert_eq!(number_of(body, "status"), None);
        assert_eq!(number_of(body, "missing"), None);
        assert_eq!(number_of(br#"{"n":99999999999999999999}"#, "n"), None);
        assert_eq!(text_of(body, "status"), Some("CREATED"));
        assert_eq!(text_of(body, "nextCursor"), None);
    }
}
