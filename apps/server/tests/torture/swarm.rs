//! Many connections at once.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::support::PATIENCE;
use crate::wire::{Reply, Wire};

/// A request that was answered.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) index: usize,
    pub(crate) sent: Duration,
    pub(crate) answered: Duration,
    pub(crate) reply: Reply,
}

/// Customers on so many connections, spread evenly over the servers.
pub(crate) struct Swarm {
    pub(crate) servers: Vec<SocketAddr>,
    pub(crate) connections: usize,
    pub(crate) runtime: Runtime,
}

impl Swarm {
    /// To these servers.
    pub(crate) fn new(servers: &[SocketAddr], connections: usize) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        Self { servers: servers.to_vec(), connections, runtime }
    }

    /// Sends requests 0..count as fast as the connections allow; who is told to come back later, or is not told anything,
    /// does so on the same connection. `watch` hears of every answer.
    pub(crate) fn insist(
        &self,
        count: usize,
        request: impl Fn(usize) -> Vec<u8>,
        watch: impl Fn(usize),
    ) -> Vec<Call> {
        let requests: Vec<_> = (0..count).map(request).collect();
        let shared =
            Arc::new(Shared { requests, next: AtomicUsize::new(0), begin: Instant::now() });
        let calls = Arc::new(Mutex::new(Vec::with_capacity(count)));
        let mut tasks = JoinSet::new();
        for connection in 0..self.connections {
            let wire = Wire::to(self.servers[connection % self.servers.len()]);
            let task = insist_on(shared.clone(), calls.clone(), wire);
            tasks.spawn_on(task, self.runtime.handle());
        }
        self.wait_for(tasks, || watch(calls.lock().unwrap().len()));
        Arc::into_inner(calls).unwrap().into_inner().unwrap()
    }

    /// Waits for the end of all tasks.
    pub(crate) fn wait_for(&self, mut tasks: JoinSet<()>, mut meanwhile: impl FnMut()) {
        loop {
            let next = async { timeout(Duration::from_millis(5), tasks.join_next()).await };
            match self.runtime.block_on(next) {
                Ok(None) => return,
                Ok(Some(ended)) => ended.unwrap(),
                Err(_elapsed) => meanwhile(),
            }
        }
    }
}

struct Shared {
    requests: Vec<Vec<u8>>,
    next: AtomicUsize,
    begin: Instant,
}

async fn insist_on(shared: Arc<Shared>, calls: Arc<Mutex<Vec<Call>>>, mut wire: Wire) {
    loop {
        let index = shared.next.fetch_add(1, Ordering::Relaxed);
        let Some(request) = shared.requests.get(index) else { return };
        let sent = shared.begin.elapsed();
        let reply = insisted(&mut wire, request).await;
        let answered = shared.begin.elapsed();
        calls.lock().unwrap().push(Call { index, sent, answered, reply });
    }
}

/// 503 and 409 say to come back, and so does a connection that breaks.
async fn insisted(wire: &mut Wire, request: &[u8]) -> Reply {
    let began = Instant::now();
    let mut pause = tokio::time::interval(Duration::from_millis(20));
    while began.elapsed() < PATIENCE {
        match wire.call(request).await {
            Ok(reply) if ![409, 429, 503].contains(&reply.status) => return reply,
            _ => pause.tick().await,
        };
    }
    panic!("nobody answered for {PATIENCE:?}")
}
