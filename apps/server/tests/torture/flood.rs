//! More requests than anybody can answer.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::swarm::{Call, Swarm};
use crate::wire::{Reply, Wire};

impl Swarm {
    /// Sends so many requests in a second, whether or not the ones before were answered: open loop. Who finds every connection
    /// taken is late, which counts as waiting: `sent` is when the request was due. Answers lose their bodies.
    pub(crate) fn flood(&self, per_second: usize, time: Duration, request: &[u8]) -> Vec<Call> {
        let count = per_second * usize::try_from(time.as_millis()).unwrap() / 1_000;
        let plan = Plan { request: request.to_vec(), count, per_second };
        let flood = Arc::new((plan, AtomicUsize::new(0), Instant::now()));
        let calls = Arc::new(Mutex::new(Vec::with_capacity(count)));
        let mut tasks = JoinSet::new();
        for connection in 0..self.connections {
            let wire = Wire::to(self.servers[connection % self.servers.len()]);
            tasks.spawn_on(flood_on(flood.clone(), calls.clone(), wire), self.runtime.handle());
        }
        self.wait_for(tasks, || {});
        Arc::into_inner(calls).unwrap().into_inner().unwrap()
    }
}

struct Plan {
    request: Vec<u8>,
    count: usize,
    per_second: usize,
}

/// How long the flood waits for an answer before it counts as none.
const FLOOD_PATIENCE: Duration = Duration::from_secs(15);

async fn flood_on(
    flood: Arc<(Plan, AtomicUsize, Instant)>,
    calls: Arc<Mutex<Vec<Call>>>,
    mut wire: Wire,
) {
    let (plan, next, begin) = &*flood;
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        if index >= plan.count {
            return;
        }
        let due =
            Duration::from_nanos(u64::try_from(index * 1_000_000_000 / plan.per_second).unwrap());
        tokio::time::sleep_until((*begin + due).into()).await;
        let reply = timeout(FLOOD_PATIENCE, wire.call(&plan.request)).await;
        let reply = reply.ok().and_then(Result::ok).unwrap_or(NO_REPLY);
        let reply = Reply { body: Vec::new(), ..reply };
        calls.lock().unwrap().push(Call { index, sent: due, answered: begin.elapsed(), reply });
    }
}

const NO_REPLY: Reply = Reply { status: 0, has_retry_after: false, body: Vec::new() };
