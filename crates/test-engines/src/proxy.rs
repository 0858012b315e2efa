//! A TCP proxy that breaks connections on purpose: [`Proxy`].

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// What the proxy does with every connection, present and future, until it is told otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Forwards everything.
    Pass,
    /// Cuts what is connected and closes what connects, at once.
    Refuse,
    /// Accepts, and forwards nothing in either direction; what waits is forwarded once the mode is another one.
    Blackhole,
    /// Forwards what clients send and swallows what the server answers. A connection that has lost an answer is cut when
    /// the mode changes.
    DropReplies,
    /// Forwards what clients send after this time.
    Delay(Duration),
    /// Forwards what clients send at no more than so many bytes in a second.
    Slow(usize),
}

/// When [`Proxy::cut_when`] cuts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Before the piece that holds the pattern is forwarded: the server never sees it.
    Before,
    /// After the server has read it and has answered: the client never sees the answer.
    After,
    /// As [`Self::Before`], and the server is not told: it keeps what it believes to be the client's session.
    HalfOpen,
    /// After the piece was forwarded, at once: the server gets a reset while it may still be at work.
    Reset,
}

/// A loopback port that forwards to another address, until it is told to misbehave. Ends with everything it forwards when it
/// is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    control: Arc<Control>,
    acceptor: JoinHandle<()>,
}

#[derive(Debug)]
struct Control {
    mode: watch::Sender<Mode>,
    hook: Mutex<Option<Hook>>,
    cuts: watch::Sender<usize>,
}

#[derive(Debug)]
struct Hook {
    pattern: Vec<u8>,
    cut: Cut,
}

/// Why one direction of a connection has ended.
enum Ended {
    /// Its sender is done.
    Drained,
    /// The connection is to be cut now.
    Cut,
    /// The connection is to be cut once the server has closed it.
    CutAfterReply,
    /// The client is to be cut, and the server is to hear nothing more.
    Abandoned(OwnedWriteHalf),
}

/// How often in a second [`Mode::Slow`] forwards.
const TICKS: usize = 20;

impl Proxy {
    /// Forwards to this address.
    pub async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free loopback port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let control = Arc::new(Control {
            mode: watch::Sender::new(Mode::Pass),
            hook: Mutex::new(None),
            cuts: watch::Sender::new(0),
        });
        let acceptor = tokio::spawn(accept(listener, target, control.clone()));
        Self { address, control, acceptor }
    }

    /// Where clients connect to.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on, for open connections too.
    pub fn set(&self, mode: Mode) {
        self.control.mode.send_replace(mode);
    }

    /// Cuts the next connection whose client sends these bytes, once.
    pub fn cut_when(&self, pattern: impl Into<Vec<u8>>, cut: Cut) {
        let hook = Hook { pattern: pattern.into(), cut };
        *self.control.hook() = Some(hook);
    }

    /// Waits until [`Self::cut_when`] has cut so often in all.
    pub async fn wait_for_cuts(&self, number: usize) {
        let mut cuts = self.control.cuts.subscribe();
        let enough = cuts.wait_for(|cuts| *cuts >= number);
        let enough = tokio::time::timeout(Duration::from_secs(20), enough).await;
        assert!(enough.is_ok(), "the proxy has not seen the pattern {number} times");
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.acceptor.abort();
    }
}

impl Control {
    fn hook(&self) -> std::sync::MutexGuard<'_, Option<Hook>> {
        self.hook.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the hook when its pattern is in these bytes.
    fn caught(&self, bytes: &[u8]) -> Option<Cut> {
        let mut hook = self.hook();
        let pattern = &hook.as_ref()?.pattern;
        let found = bytes.windows(pattern.len()).any(|window| window == pattern);
        found.then(|| hook.take()).flatten().map(|hook| hook.cut)
    }

    fn longest_tail(&self) -> usize {
        self.hook().as_ref().map_or(0, |hook| hook.pattern.len().saturating_sub(1))
    }
}

async fn accept(listener: TcpListener, target: SocketAddr, control: Arc<Control>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((client, _)) = accepted else { return };
                if *control.mode.borrow() != Mode::Refuse {
                    connections.spawn(forward(client, target, control.clone()));
                }
            }
            Some(_ended) = connections.join_next() => {}
        }
    }
}

async fn forward(client: TcpStream, target: SocketAddr, control: Arc<Control>) {
    let Ok(server) = TcpStream::connect(target).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let mut refused = control.mode.subscribe();
    tokio::select! {
        () = both_ways((from_client, to_client), (from_server, to_server), &control) => {}
        _ = refused.wait_for(|mode| *mode == Mode::Refuse) => {}
    }
}

type Halves = (OwnedReadHalf, OwnedWriteHalf);

async fn both_ways(client: Halves, server: Halves, control: &Control) {
    let ((from_client, mut to_client), (mut from_server, to_server)) = (client, server);
    let ended = {
        let replies = replies(&mut from_server, &mut to_client, control);
        tokio::pin!(replies);
        tokio::select! {
            () = &mut replies => return,
            ended = requests(from_client, to_server, control) => match ended {
                Ended::Drained => return replies.await,
                ended => ended,
            }
        }
    };
    match ended {
        Ended::CutAfterReply => drain(from_server).await,
        Ended::Abandoned(to_server) => {
            drop(to_client);
            control.cuts.send_modify(|cuts| *cuts += 1);
            drain(from_server).await;
            return drop(to_server);
        }
        Ended::Drained | Ended::Cut => {}
    }
    control.cuts.send_modify(|cuts| *cuts += 1);
}

/// What the client sends.
async fn requests(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, control: &Control) -> Ended {
    let mut mode = control.mode.subscribe();
    let mut piece = vec![0; 64 * 1024];
    let mut seen = Vec::new();
    loop {
        let Ok(length @ 1..) = from.read(&mut piece).await else {
            let _ = to.shutdown().await;
            return Ended::Drained;
        };
        let bytes = piece.get(..length).unwrap_or_default();
        if mode.wait_for(|mode| *mode != Mode::Blackhole).await.is_err() {
            return Ended::Drained;
        }
        seen.extend_from_slice(bytes);
        let caught = control.caught(&seen);
        seen.drain(..seen.len().saturating_sub(control.longest_tail()));
        match caught {
            Some(Cut::Before) => return Ended::Cut,
            Some(Cut::HalfOpen) => return Ended::Abandoned(to),
            Some(Cut::After | Cut::Reset) | None => {}
        }
        let present = *mode.borrow();
        if write(&mut to, bytes, present).await.is_err() {
            return Ended::Drained;
        }
        match caught {
            Some(Cut::After) => {
                // The server reads to the end of what it got, does it, and closes.
                let _ = to.shutdown().await;
                return Ended::CutAfterReply;
            }
            Some(Cut::Reset) => {
                let _ = to.as_ref().set_zero_linger();
                to.forget();
                return Ended::Cut;
            }
            Some(Cut::Before | Cut::HalfOpen) | None => {}
        }
    }
}

async fn write(to: &mut OwnedWriteHalf, bytes: &[u8], mode: Mode) -> std::io::Result<()> {
    match mode {
        Mode::Delay(time) => tokio::time::sleep(time).await,
        Mode::Slow(rate) => {
            for piece in bytes.chunks((rate / TICKS).max(1)) {
                to.write_all(piece).await?;
                tokio::time::sleep(Duration::from_secs(1) / 20).await;
            }
            return Ok(());
        }
        Mode::Pass | Mode::Refuse | Mode::Blackhole | Mode::DropReplies => {}
    }
    to.write_all(bytes).await
}

/// What the server answers.
async fn replies(from: &mut OwnedReadHalf, to: &mut OwnedWriteHalf, control: &Control) {
    let mut mode = control.mode.subscribe();
    let mut piece = vec![0; 64 * 1024];
    let mut swallowed = false;
    loop {
        let read = tokio::select! {
            read = from.read(&mut piece) => read,
            _ = mode.wait_for(|mode| swallowed && *mode != Mode::DropReplies) => return,
        };
        let Ok(length @ 1..) = read else { return };
        let Ok(present) = mode.wait_for(|mode| *mode != Mode::Blackhole).await.map(|mode| *mode)
        else {
            return;
        };
        if present == Mode::DropReplies {
            swallowed = true;
        } else if to.write_all(piece.get(..length).unwrap_or_default()).await.is_err() {
            return;
        }
    }
}

async fn drain(mut from: OwnedReadHalf) {
    let mut piece = vec![0; 64 * 1024];
    while let Ok(1..) = from.read(&mut piece).await {}
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that answers each line with the same line and remembers what it has read.
    struct Echo {
        address: SocketAddr,
        read: Arc<Mutex<Vec<u8>>>,
    }

    impl Echo {
        async fn start() -> Self {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            let address = listener.local_addr().unwrap();
            let read = Arc::new(Mutex::new(Vec::new()));
            tokio::spawn(serve(listener, read.clone()));
            Self { address, read }
        }

        fn read(&self) -> String {
            String::from_utf8(self.read.lock().unwrap().clone()).unwrap()
        }
    }

    async fn serve(listener: TcpListener, read: Arc<Mutex<Vec<u8>>>) {
        while let Ok((mut client, _)) = listener.accept().await {
            let read = read.clone();
            tokio::spawn(async move {
                let mut piece = [0; 1024];
                while let Ok(length @ 1..) = client.read(&mut piece).await {
                    read.lock().unwrap().extend_from_slice(&piece[..length]);
                    let _ = client.write_all(&piece[..length]).await;
                }
            });
        }
    }

    async fn client(proxy: &Proxy) -> TcpStream {
        TcpStream::connect(proxy.address()).await.unwrap()
    }

    async fn send(client: &mut TcpStream, text: &str) {
        client.write_all(text.as_bytes()).await.unwrap();
    }

    /// What comes back within the time; empty = the connection was cut.
    async fn reply(client: &mut TcpStream, within: Duration) -> Option<String> {
        let mut piece = [0; 1024];
        let length = tokio::time::timeout(within, client.read(&mut piece)).await.ok()?;
        let text = piece[..length.unwrap_or_default()].to_vec();
        Some(String::from_utf8(text).unwrap())
    }

    const SOON: Duration = Duration::from_secs(20);
    const MOMENT: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn passes_delays_and_holds_back() {
        let echo = Echo::start().await;
        let proxy = Proxy::to(echo.address).await;
        let mut client = client(&proxy).await;
        send(&mut client, "one").await;
        assert_eq!(reply(&mut client, SOON).await.as_deref(), Some("one"));

        proxy.set(Mode::Delay(MOMENT * 4));
        send(&mut client, "two").await;
        assert_eq!(reply(&mut client, MOMENT).await, None, "too early");
        assert_eq!(reply(&mut client, SOON).await.as_deref(), Some("two"));

        proxy.set(Mode::Blackhole);
        send(&mut client, "three").await;
        assert_eq!(reply(&mut client, MOMENT).await, None);
        assert_eq!(echo.read(), "onetwo");
        proxy.set(Mode::Pass);
        assert_eq!(reply(&mut client, SOON).await.as_deref(), Some("three"));
    }

    #[tokio::test]
    async fn refuses_what_is_open_and_what_comes() {
        let echo = Echo::start().await;
        let proxy = Proxy::to(echo.address).await;
        let mut open = client(&proxy).await;
        send(&mut open, "one").await;
        assert_eq!(reply(&mut open, SOON).await.as_deref(), Some("one"));
        proxy.set(Mode::Refuse);
        assert_eq!(reply(&mut open, SOON).await.as_deref(), Some(""));
        assert_eq!(reply(&mut client(&proxy).await, SOON).await.as_deref(), Some(""));
    }

    #[tokio::test]
    async fn drops_replies_and_then_the_connection() {
        let echo = Echo::start().await;
        let proxy = Proxy::to(echo.address).await;
        let mut client = client(&proxy).await;
        proxy.set(Mode::DropReplies);
        send(&mut client, "one").await;
        assert_eq!(reply(&mut client, MOMENT * 4).await, None);
        assert_eq!(echo.read(), "one");
        proxy.set(Mode::Pass);
        assert_eq!(reply(&mut client, SOON).await.as_deref(), Some(""));
    }

    #[tokio::test]
    async fn forwards_no_faster_than_it_is_told() {
        let echo = Echo::start().await;
        let proxy = Proxy::to(echo.address).await;
        let mut client = client(&proxy).await;
        proxy.set(Mode::Slow(100));
        send(&mut client, &"x".repeat(50)).await;
        assert!(reply(&mut client, SOON).await.is_some_and(|first| first.len() < 50));
        while echo.read().len() < 50 {
            assert!(reply(&mut client, SOON).await.is_some());
        }
    }

    /// What a server sees that reads one piece: the piece, and whether the connection ends, is reset, or stays.
    async fn seen_by_server(cut: Cut) -> (String, Option<Result<usize, std::io::ErrorKind>>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let proxy = Proxy::to(listener.local_addr().unwrap()).await;
        proxy.cut_when("COMMIT", cut);
        let mut client = client(&proxy).await;
        let (mut server, _) = listener.accept().await.unwrap();
        send(&mut client, "BEGIN").await;
        let mut piece = [0; 64];
        let length = server.read(&mut piece).await.unwrap();
        let mut seen = String::from_utf8(piece[..length].to_vec()).unwrap();
        send(&mut client, "COMMIT").await;
        assert_eq!(reply(&mut client, SOON).await.as_deref(), Some(""), "the client is cut");
        proxy.wait_for_cuts(1).await;
        let mut next = tokio::time::timeout(MOMENT * 4, server.read(&mut piece)).await;
        if let Ok(Ok(length @ 1..)) = next {
            seen.push_str(std::str::from_utf8(&piece[..length]).unwrap());
            next = tokio::time::timeout(MOMENT * 4, server.read(&mut piece)).await;
        }
        (seen, next.ok().map(|read| read.map_err(|error| error.kind())))
    }

    #[tokio::test]
    async fn leaves_the_server_in_the_dark_or_resets_it() {
        assert_eq!(seen_by_server(Cut::Before).await, ("BEGIN".to_owned(), Some(Ok(0))));
        assert_eq!(seen_by_server(Cut::HalfOpen).await, ("BEGIN".to_owned(), None));
        let (seen, end) = seen_by_server(Cut::Reset).await;
        assert!(["BEGIN", "BEGINCOMMIT"].contains(&&*seen), "{seen}");
        assert_eq!(end, Some(Err(std::io::ErrorKind::ConnectionReset)));
    }

    #[tokio::test]
    async fn cuts_before_or_after_the_server_has_read_a_pattern() {
        let echo = Echo::start().await;
        let proxy = Proxy::to(echo.address).await;
        for (number, (cut, read)) in
            [(Cut::Before, "a-CO"), (Cut::After, "a-COa-COMMIT")].into_iter().enumerate()
        {
            proxy.cut_when("COMMIT", cut);
            let mut client = client(&proxy).await;
            send(&mut client, "a-CO").await;
            assert_eq!(reply(&mut client, SOON).await.as_deref(), Some("a-CO"));
            send(&mut client, "MMIT").await;
            assert_eq!(reply(&mut client, SOON).await.as_deref(), Some(""));
            proxy.wait_for_cuts(number + 1).await;
            assert_eq!(echo.read(), read);
        }
        let mut client = client(&proxy).await;
        send(&mut client, "COMMIT").await;
        assert_eq!(reply(&mut client, SOON).await.as_deref(), Some("COMMIT"), "once");
    }
}
