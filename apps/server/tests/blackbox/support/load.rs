use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::{Client, wait_until};

/// Runs `task` for 0..count on `threads` threads.
pub(crate) fn in_parallel(threads: usize, count: usize, task: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count {
                        return;
                    }
                    task(index);
                }
            });
        }
    });
}

/// What became of one order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt {
    pub(crate) sent: Instant,
    pub(crate) took: Duration,
    /// 0 = the connection broke.
    pub(crate) status: u16,
    pub(crate) order: Option<i64>,
}

/// Orders that keep coming from several threads while something happens to the system.
#[derive(Debug, Default)]
pub(crate) struct Load {
    attempts: Mutex<Vec<Attempt>>,
    enough: AtomicBool,
}

impl Load {
    /// How many customers there are.
    pub(crate) const CUSTOMERS: usize = 8;

    /// Each customer orders one unit of one product after the other, from one of these servers, until `meanwhile` is over;
    /// after a failure from the next one.
    pub(crate) fn during(
        clients: &[Client],
        products: &[i64],
        meanwhile: impl FnOnce(&Self),
    ) -> Self {
        let load = Self::default();
        thread::scope(|scope| {
            for customer in 0..Self::CUSTOMERS {
                let load = &load;
                scope.spawn(move || load.order_on(clients, products, customer));
            }
            // However it ends, the customers have to go home.
            let _end = load.go_home_at_the_end();
            meanwhile(&load);
        });
        load
    }

    /// Sends the customers home when it is dropped.
    pub(crate) fn go_home_at_the_end(&self) -> impl Drop + '_ {
        GoHome(&self.enough)
    }

    /// Whether customers are to go on.
    pub(crate) fn goes_on(&self) -> bool {
        !self.enough.load(Ordering::Relaxed)
    }

    fn order_on(&self, clients: &[Client], products: &[i64], customer: usize) {
        let mut clients = clients.iter().cycle().skip(customer);
        let mut client = clients.next().unwrap();
        for product in products.iter().cycle().skip(customer) {
            if !self.goes_on() {
                return;
            }
            let sent = Instant::now();
            let (status, order) = client.order(*product, 1).unwrap_or((0, None));
            let attempt = Attempt { sent, took: sent.elapsed(), status, order };
            self.attempts.lock().unwrap().push(attempt);
            if status == 0 {
                client = clients.next().unwrap();
                // A dead server refuses a thousand times in a second.
                thread::park_timeout(Duration::from_millis(20));
            }
        }
    }

    /// What was tried so far, by the time at which it was answered.
    pub(crate) fn attempts(&self) -> Vec<Attempt> {
        self.attempts.lock().unwrap().clone()
    }

    /// What was tried since then.
    pub(crate) fn since(&self, begin: Instant) -> Vec<Attempt> {
        self.attempts().into_iter().filter(|attempt| attempt.sent >= begin).collect()
    }

    /// How many were answered so.
    pub(crate) fn count(&self, status: u16) -> usize {
        self.attempts.lock().unwrap().iter().filter(|attempt| attempt.status == status).count()
    }

    /// How many were answered how.
    pub(crate) fn statuses(&self) -> BTreeMap<u16, usize> {
        let mut statuses = BTreeMap::new();
        for attempt in self.attempts() {
            *statuses.entry(attempt.status).or_default() += 1;
        }
        statuses
    }

    /// The numbers of those who got a 201.
    pub(crate) fn accepted(&self) -> BTreeSet<i64> {
        let accepted = self.attempts().into_iter().filter(|attempt| attempt.status == 201);
        accepted.map(|attempt| attempt.order.unwrap()).collect()
    }

    /// Waits until so many more were answered so.
    pub(crate) fn wait_for_more(&self, more: usize, status: u16) {
        let enough = self.count(status) + more;
        wait_until(&format!("{more} more orders are answered {status}"), || {
            self.count(status) >= enough
        });
    }

    /// Waits until so many more were answered somehow.
    pub(crate) fn wait_for_answers(&self, more: usize) {
        let enough = self.attempts().len() + more;
        wait_until(&format!("{more} more orders are answered"), || self.attempts().len() >= enough);
    }

    /// Waits so long while the customers go on.
    pub(crate) fn go_on_for(&self, time: Duration) {
        let end = Instant::now() + time;
        wait_until("the time is over", || Instant::now() >= end);
    }
}

/// The time below which this share of the attempts was answered.
pub(crate) fn percentile(attempts: &[Attempt], percent: usize) -> Duration {
    let mut times: Vec<_> = attempts.iter().map(|attempt| attempt.took).collect();
    times.sort();
    times
        .get((times.len() * percent / 100).min(times.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}

struct GoHome<'a>(&'a AtomicBool);

impl Drop for GoHome<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
