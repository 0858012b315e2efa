//! `fakepg`: a payment gateway to develop and test against, in the shape of Toss Payments.

mod api;
mod courier;
mod ledger;

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use actix_web::{App, HttpServer};
use ordersystem_adapter_gateway::{Plan, SimulatedGateway};
use ordersystem_payment::Charge;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::args::{FakePgArgs, SettingArgs};
use crate::clock::SystemClock;
use crate::config::Flag;
use crate::exit::Exit;
use crate::output::Output;
use crate::shutdown;
use courier::{Courier, Deliveries};

/// Beside the server's own 8080.
const PORT: u16 = 9090;

/// What all handlers share.
struct Desk {
    gateway: Arc<SimulatedGateway>,
    habits: FakePgArgs,
    /// Told when there may be something to announce.
    news: Arc<Notify>,
    deliveries: Arc<Deliveries>,
}

/// Serves until it is told to stop. It listens on this machine only: it moves no money, but it says what others did.
pub(super) async fn run(
    args: &FakePgArgs,
    settings: &SettingArgs,
    output: &mut Output<'_>,
) -> io::Result<Exit> {
    let Some(port) = port(settings) else {
        output.note("error: --port takes a number from 0 to 65535");
        return Ok(Exit::Usage);
    };
    let listener = match TcpListener::bind(("127.0.0.1", port)) {
        Ok(listener) => listener,
        Err(error) => {
            output.note(format_args!("error: port {port} cannot be listened on: {error}"));
            return Ok(Exit::Unavailable);
        }
    };
    let stop = CancellationToken::new();
    let _signals = shutdown::listen(stop.clone())?;
    output.data(format_args!("fakepg on http://{}, {}", listener.local_addr()?, told(args)))?;
    serve(listener, args, stop).await?;
    Ok(Exit::Ok)
}

fn told(args: &FakePgArgs) -> String {
    match &args.webhook_url {
        Some(url) => format!("tells {url}"),
        None => "tells nobody".to_owned(),
    }
}

/// The flag is the server's own, but its default would be the port of the shop.
fn port(settings: &SettingArgs) -> Option<u16> {
    let flags = settings.flags();
    let given = flags.iter().rev().find_map(|flag| match flag {
        Flag::Named { path: "server.port", value, .. } => Some(value),
        Flag::Named { .. } | Flag::Set(_) => None,
    });
    given.map_or(Some(PORT), |text| text.parse().ok())
}

async fn serve(
    listener: TcpListener,
    args: &FakePgArgs,
    stop: CancellationToken,
) -> io::Result<()> {
    let gateway = Arc::new(gateway(args));
    let news = Arc::new(Notify::new());
    let courier = Courier::new(args, gateway.clone(), news.clone());
    let deliveries = courier.deliveries();
    let desk = Data::new(Desk { gateway, habits: args.clone(), news, deliveries });
    let server =
        HttpServer::new(move || App::new().app_data(desk.clone()).configure(api::configure))
            .workers(1)
            .shutdown_timeout(1)
            .disable_signals()
            .listen(listener)?
            .run();
    let handle = server.handle();
    let drained = async {
        courier.run(&stop).await;
        handle.stop(false).await;
    };
    tokio::join!(server, drained).0
}

fn gateway(args: &FakePgArgs) -> SimulatedGateway {
    let delay = Duration::from_millis(args.delay_ms);
    let code = args.test_code;
    let gateway = SimulatedGateway::choosing(Arc::new(SystemClock), move |charge: &Charge| {
        code.map_or_else(|| Plan::of_amount(charge, delay), |code| code.plan(charge, delay))
    });
    gateway.reply_to_refunds(args.refund_replies.iter().copied());
    gateway
}
