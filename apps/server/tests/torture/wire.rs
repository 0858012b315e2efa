//! HTTP with as little work as possible on the client's side, which shares two cores with the servers: requests are made
//! before, of answers only what is counted is read.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One connection, opened when it is needed, kept as long as the server keeps it.
pub(crate) struct Wire {
    address: SocketAddr,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

/// What is counted of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) has_retry_after: bool,
    pub(crate) body: Vec<u8>,
}

/// An order as it goes over the wire.
pub(crate) fn order(product: i64, key: Option<&str>) -> Vec<u8> {
    let body = crate::log::body(&[(product, 1)]);
    let key = key.map(|key| format!("Idempotency-Key: {key}\r\n")).unwrap_or_default();
    let length = body.len();
    format!(
        "POST /api/orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{key}Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Where a server is.
pub(crate) fn address(url: &str) -> SocketAddr {
    let port = url.rsplit(':').next().unwrap().parse().unwrap();
    SocketAddr::from(([127, 0, 0, 1], port))
}

impl Wire {
    /// To this server.
    pub(crate) fn to(address: SocketAddr) -> Self {
        Self { address, stream: None, buffer: Vec::with_capacity(1024) }
    }

    /// Sends a request and waits for its answer; after an error the next one opens a new connection.
    pub(crate) async fn call(&mut self, request: &[u8]) -> io::Result<Reply> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => connect(self.address).await?,
        };
        stream.write_all(request).await?;
        self.buffer.clear();
        let (reply, stays) = self.read(&mut stream).await?;
        self.stream = stays.then_some(stream);
        Ok(reply)
    }

    async fn read(&mut self, stream: &mut TcpStream) -> io::Result<(Reply, bool)> {
        loop {
            if stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            if let Some(read) = parse(&self.buffer) {
                return Ok(read);
            }
        }
    }
}

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The answer and whether the connection stays; none while something is missing.
fn parse(bytes: &[u8]) -> Option<(Reply, bool)> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?.to_ascii_lowercase();
    let header = |name: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(':'));
        lines.filter(|(found, _)| *found == name).map(|(_, value)| value.trim().to_owned()).next()
    };
    let length: usize = header("content-length").map_or(0, |length| length.parse().unwrap());
    let body = bytes.get(end + 4..end + 4 + length)?.to_vec();
    let status = head[9..12].parse().unwrap();
    let has_retry_after = header("retry-after").is_some();
    let stays = header("connection").is_none_or(|value| value != "close");
    Some((Reply { status, has_retry_after, body }, stays))
}
