//! The server on a port of its own, and clients that speak to it byte by byte.

use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::support::World;

/// How long an answer may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A running server.
pub(crate) struct Listening {
    address: SocketAddr,
    handle: ServerHandle,
}

impl Listening {
    /// With the world's settings.
    pub(crate) fn start(world: &World) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (api, http, one) = (world.api(), &world.settings.http, NonZeroUsize::new(1));
        let running =
            ordersystem::http::server(&api, http, listener, one, Duration::from_secs(5)).unwrap();
        let handle = running.handle();
        actix_web::rt::spawn(running);
        Self { address, handle }
    }

    /// A connection that has sent these bytes.
    pub(crate) async fn sent(&self, bytes: impl AsRef<[u8]>) -> TcpStream {
        let mut connection = TcpStream::connect(self.address).await.unwrap();
        connection.write_all(bytes.as_ref()).await.unwrap();
        connection
    }

    /// The same with room for few bytes of the answer.
    pub(crate) async fn sent_by_a_narrow_client(&self, bytes: impl AsRef<[u8]>) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let mut connection = socket.connect(self.address).await.unwrap();
        connection.write_all(bytes.as_ref()).await.unwrap();
        connection
    }

    /// Sends all this on one connection and returns everything that comes back until it is closed.
    pub(crate) async fn exchange(&self, bytes: impl AsRef<[u8]>) -> String {
        rest(&mut self.sent(bytes).await).await
    }

    /// Ends the server.
    pub(crate) async fn stop(self) {
        self.handle.stop(true).await;
    }
}

/// Everything until the connection is closed; a reset is an end as well.
pub(crate) async fn rest(connection: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = connection.read_to_end(&mut bytes);
    let _reset = tokio::time::timeout(PATIENCE, read).await.unwrap();
    String::from_utf8(bytes).unwrap()
}
