//! Connections: how many there may be, and how slow their clients may be. HTTP itself is spoken by actix.

mod pace;
mod places;
mod stream;

use std::future::ready;
use std::io::{self, Write as _};
use std::net::TcpListener;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, Protocol};
use actix_service::{IntoServiceFactory, ServiceFactoryExt, map_config};
use actix_web::dev::{AppConfig, Server, fn_service};
use actix_web::rt::net::TcpStream;
use actix_web::{App, HttpRequest};
use tokio::time::Instant;

pub(super) use self::pace::Pace;
use self::pace::Patience;
use self::places::Places;
use self::stream::Guarded;
use super::catalogue::entry;
use super::envelope::{Refused, json};
use super::negotiate::Language;
use super::{Api, configure};
use crate::config::HttpSettings;

/// How long a client that was answered before its request was over is listened to, so that it hears the answer.
const FAREWELL: Duration = Duration::from_secs(1);

/// The HTTP server on this listener; it runs once it is awaited.
///
/// # Errors
/// The system does not let the listener be used.
pub fn server(
    api: &Arc<Api>,
    http: &HttpSettings,
    listener: TcpListener,
    workers: Option<NonZeroUsize>,
    shutdown: Duration,
) -> io::Result<Server> {
    let builder = Server::build().shutdown_timeout(shutdown.as_secs()).disable_signals();
    let builder = match workers {
        Some(workers) => builder.workers(workers.get()),
        None => builder,
    };
    let door = Door { places: Places::new(http), patience: http.into(), refusal: refusal().into() };
    let (draining, api) = (builder.graceful_shutdown_signal(), Arc::clone(api));
    let (keep_alive, header) = (http.keep_alive, http.header_timeout);
    let builder = builder.listen("http", listener, move || {
        let (door, draining) = (door.clone(), draining.clone());
        let app = App::new().configure(configure(api.clone())).into_factory();
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let draining = draining.clone();
                async move { draining.notified().await }
            })
            .keep_alive(keep_alive)
            .client_request_timeout(header)
            .client_disconnect_timeout(FAREWELL)
            .on_connect_ext(|io: &Guarded<TcpStream>, data| {
                data.insert(io.pace());
            })
            .finish(map_config(app, |()| AppConfig::default()));
        fn_service(move |io| ready(door.let_in(io))).and_then(http)
    })?;
    Ok(builder.run())
}

/// Where connections come in.
#[derive(Clone)]
struct Door {
    places: Arc<Places>,
    patience: Patience,
    refusal: Arc<[u8]>,
}

impl Door {
    fn let_in(&self, io: TcpStream) -> Result<Incoming, DispatchError> {
        let peer = io.peer_addr().ok();
        match self.places.take(peer.map(|peer| peer.ip())) {
            Ok(place) => {
                let pace = Pace::new(self.patience, Instant::now());
                Ok((Guarded::new(io, pace, place), Protocol::Http1, peer))
            }
            Err(places::Full) => {
                // As much as the system takes at once: nobody waits for a client that is not let in. The runtime would
                // first want to know whether it takes anything.
                if let Ok(mut io) = io.into_std() {
                    let _written = io.write(&self.refusal);
                }
                Err(io::Error::from(io::ErrorKind::QuotaExceeded).into())
            }
        }
    }
}

type Incoming = (Guarded<TcpStream>, Protocol, Option<std::net::SocketAddr>);

/// What a connection reads that has no place. Nothing of its request was read, so it is in the usual language.
fn refusal() -> Vec<u8> {
    let entry = entry("TOO_MANY_CONNECTIONS");
    let body = json(&Refused::new(entry.title(Language::Korean)));
    let head = format!(
        "HTTP/1.1 {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         content-language: {}\r\nx-error-code: {}\r\nretry-after: {}\r\n\
         cache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n",
        entry.status,
        body.len(),
        Language::Korean.tag(),
        entry.code,
        entry.retry_after.unwrap_or(1),
    );
    [head.into_bytes(), body].concat()
}

/// The connection that a request came over; none in tests that have no connections.
pub(super) fn pace_of(request: &HttpRequest) -> Option<&Pace> {
    request.conn_data::<std::rc::Rc<Pace>>().map(|pace| &**pace)
}
