//! The load itself: connections that make visits, as fast as they are answered or as a schedule says.

mod connection;
mod gate;
mod recording;

use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use tokio::runtime;
use tokio::task::JoinSet;

pub use self::recording::Recording;

use self::connection::Connection;
use self::gate::Gate;
use crate::http::Answer;

/// What one connection does: visits, each of one call or more.
pub trait Visitor: Send {
    /// Puts the next request of the visit into `request`, which is empty; `last` is none when a visit begins.
    ///
    /// # Errors
    /// The answer is not what a right server gives; the text says what was expected.
    fn next(&mut self, last: Option<Answer<'_>>, request: &mut Vec<u8>) -> Result<Next, String>;
}

/// How a visit goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// By sending the request.
    Send,
    /// Not at all: it is complete.
    Done,
}

/// When visits begin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// The next one when the last is over: what the server can do at most.
    Closed,
    /// At this many per second, come what may: how long they take then.
    Open(f64),
}

/// When the load ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// After a warm-up, which does not count, and this long.
    Time {
        /// Not measured.
        warm_up: Duration,
        /// Measured.
        measured: Duration,
    },
    /// After so many visits; for filling.
    Visits(u64),
}

/// Everything about a load but the visits.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// The server.
    pub address: SocketAddr,
    /// Threads of the client; the connections are dealt out to them.
    pub threads: usize,
    /// When visits begin.
    pub pace: Pace,
    /// When the load ends.
    pub until: Until,
}

/// Told while the load runs, so that it can be watched; called on the thread that waits.
pub trait Watch {
    /// The warm-up is over.
    fn begin(&mut self) {}
    /// Every [`TICK`].
    fn tick(&mut self, _progress: f64) {}
    /// The measured time is over.
    fn end(&mut self) {}
}

/// Nobody looks.
#[derive(Debug)]
pub struct Unwatched;

impl Watch for Unwatched {}

/// How often a [`Watch`] is told.
pub const TICK: Duration = Duration::from_millis(200);

/// How long answers are waited for after the end. What is unanswered then counts as slow as this, and as a failure.
pub const GRACE: Duration = Duration::from_secs(10);

/// When the load begins, and between which moments it counts.
#[derive(Debug, Clone, Copy)]
struct Window {
    start: Instant,
    from: Instant,
    to: Instant,
}

impl Window {
    /// For a filler, which ends by itself.
    const FAR: Duration = Duration::from_secs(24 * 3600);

    fn measured(self) -> Duration {
        self.to.duration_since(self.from)
    }

    fn now(until: Until) -> Self {
        let start = Instant::now();
        match until {
            Until::Time { warm_up, measured } => {
                Self { start, from: start + warm_up, to: start + warm_up + measured }
            }
            Until::Visits(_) => Self { start, from: start, to: start + Self::FAR },
        }
    }
}

/// Loads the server, one connection per visitor.
///
/// # Errors
/// No connection can be made.
pub fn run(
    load: &Load,
    visitors: Vec<Box<dyn Visitor>>,
    watch: &mut dyn Watch,
) -> anyhow::Result<Recording> {
    let shares = connect(load, visitors)?;
    let connections = shares.iter().map(Vec::len).sum();
    let window = Window::now(load.until);
    let gate = Arc::new(Gate::new(load, window, connections));
    let clients: Vec<_> = shares
        .into_iter()
        .map(|share| {
            let gate = gate.clone();
            thread::spawn(move || client(share, &gate))
        })
        .collect();
    let pacer = gate.clone();
    let pacer = thread::spawn(move || pacer.release());
    if let Until::Time { .. } = load.until {
        observe(window, watch);
    }
    let mut recording = Recording::new()?;
    for client in clients {
        let part = client.join().map_err(|_panic| anyhow!("a thread of the client panicked"))??;
        recording.add(&part)?;
    }
    pacer.join().map_err(|_panic| anyhow!("the pacer panicked"))?;
    recording.close(gate.unanswered(), window.measured());
    Ok(recording)
}

type Share = Vec<(TcpStream, Box<dyn Visitor>)>;

/// One connection per visitor, dealt out to the threads.
fn connect(load: &Load, visitors: Vec<Box<dyn Visitor>>) -> anyhow::Result<Vec<Share>> {
    let threads = load.threads.max(1);
    let mut shares: Vec<Share> = (0..threads).map(|_| Vec::new()).collect();
    for (number, visitor) in visitors.into_iter().enumerate() {
        let stream = TcpStream::connect_timeout(&load.address, GRACE)
            .with_context(|| format!("cannot reach {}", load.address))?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        if let Some(share) = shares.get_mut(number % threads) {
            share.push((stream, visitor));
        }
    }
    Ok(shares)
}

fn observe(window: Window, watch: &mut dyn Watch) {
    let total = window.measured();
    sleep_until(window.from);
    watch.begin();
    loop {
        let now = Instant::now();
        if now >= window.to {
            break;
        }
        watch.tick(now.duration_since(window.from).as_secs_f64() / total.as_secs_f64());
        sleep_until(window.to.min(now + TICK));
    }
    watch.end();
}

fn sleep_until(moment: Instant) {
    thread::sleep(moment.saturating_duration_since(Instant::now()));
}

/// One thread with its connections.
fn client(share: Share, gate: &Arc<Gate>) -> anyhow::Result<Recording> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let recording = Arc::new(Mutex::new(Recording::new()?));
    runtime.block_on(async {
        let mut visits = JoinSet::new();
        for (stream, visitor) in share {
            let connection = Connection::new(stream, visitor)?;
            visits.spawn(connection.visits(gate.clone(), recording.clone()));
        }
        finish(visits, gate.deadline()).await;
        anyhow::Ok(())
    })?;
    let recording = recording.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(recording)
}

/// Waits for all connections; those that are still unanswered at the deadline are given up.
async fn finish(mut visits: JoinSet<()>, deadline: Option<Instant>) {
    let all = async { while visits.join_next().await.is_some() {} };
    match deadline {
        Some(deadline) => drop(tokio::time::timeout_at(deadline.into(), all).await),
        None => all.await,
    }
}
