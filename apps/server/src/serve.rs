//! `serve`: the running system, from the first line of the log to the last.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use anyhow::Context;
use ordersystem_test_seams::FailPoint;
use tokio::net::{TcpSocket, lookup_host};
use tokio::runtime;
use tokio_util::sync::CancellationToken;

use crate::background;
use crate::background::supervisor::Background;
use crate::banner::banner;
use crate::config::Settings;
use crate::exit::Exit;
use crate::http::{self, Api, Services};
use crate::only_server::OnlyServer;
use crate::output::Output;
use crate::shutdown;
use crate::telemetry;
use crate::wiring::World;

/// Connections that may wait for a worker: a burst must not be refused by the system.
const BACKLOG: u32 = 2048;
/// What background parts get to finish their running turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs the server until it is told to stop.
pub fn run(settings: Settings, output: &mut Output<'_>) -> Exit {
    let _logging = match telemetry::init(&settings.logging, settings.timezone) {
        Ok(logging) => logging,
        Err(error) => {
            output.note(format_args!("error: {error}"));
            return Exit::Unavailable;
        }
    };
    let runtime = runtime::Builder::new_multi_thread().enable_all().build();
    let served = runtime
        .context("the system gives no threads")
        .and_then(|runtime| runtime.block_on(serve(&settings, output)));
    match served {
        Ok(()) => Exit::Ok,
        Err(error) => {
            output.note(format_args!("error: {error:#}"));
            Exit::Unavailable
        }
    }
}

async fn serve(settings: &Settings, output: &mut Output<'_>) -> anyhow::Result<()> {
    // Before the database is touched: a second start by mistake should say so and leave everything alone.
    let listener = listen(&settings.server.host, settings.server.port).await?;
    let port = listener.local_addr()?.port();
    let world = World::open(settings).await?;
    FailPoint::Opened.reached();
    let _only = OnlyServer::of(&settings.database.url)?;
    world.replay_history().await?;
    world.seed().await?;
    FailPoint::Seeded.reached();

    let stop = CancellationToken::new();
    shutdown::listen(stop.clone()).context("signals cannot be received")?;
    let server = server(&world, settings, listener, stop.clone())?;
    let background = Background::start(background::parts(&world, settings));
    if let Err(error) = output.text(banner(settings, port)) {
        tracing::warn!("the banner cannot be printed: {error}");
    }
    tracing::info!("ready on port {port}");

    let served = until_stopped(server, &stop).await;
    FailPoint::Drained.reached();
    background.stop(PATIENCE).await;
    FailPoint::Stopped.reached();
    world.close().await;
    tracing::info!("stopped");
    served
}

/// The HTTP server; it runs once it is awaited.
fn server(
    world: &World,
    settings: &Settings,
    listener: TcpListener,
    draining: CancellationToken,
) -> anyhow::Result<Server> {
    let services = Services {
        use_cases: world.use_cases.clone(),
        store: world.engines.store.clone(),
        reads: world.engines.reads.clone(),
        outbox: world.engines.outbox.clone(),
        broker: world.engines.broker.clone(),
        probes: world.engines.probes.clone(),
        clock: world.engines.clock.clone(),
        ids: world.engines.ids.clone(),
        metrics: world.metrics.clone(),
    };
    let api = Api::new(services, settings, draining);
    let (workers, shutdown) = (settings.server.workers, settings.server.shutdown);
    let server = http::server(&api, &settings.http, listener, workers, shutdown);
    server.context("the port cannot be listened on")
}

/// Requests in flight are finished after the stop; a server that ends by itself has failed.
async fn until_stopped(server: Server, stop: &CancellationToken) -> anyhow::Result<()> {
    let drained = drain(server.handle(), stop);
    let (served, ()) = tokio::join!(
        async {
            let ended = server.await;
            stop.cancel();
            ended
        },
        drained
    );
    served.context("the HTTP server ended")
}

async fn drain(handle: ServerHandle, stop: &CancellationToken) {
    stop.cancelled().await;
    handle.stop(true).await;
}

/// Takes the first address of the host that can be had.
async fn listen(host: &str, port: u16) -> anyhow::Result<TcpListener> {
    let addresses = lookup_host((host, port)).await;
    let addresses = addresses.with_context(|| format!("the host {host} is not known"))?;
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        match bind(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    let advice = match last.kind() {
        io::ErrorKind::AddrInUse => "stop the program that has it, or give another with --port",
        _ => "give another address with --host and --port",
    };
    Err(anyhow::anyhow!("port {port} on {host} cannot be listened on: {last}; {advice}"))
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restart must not wait for the connections of the last run to time out.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}
