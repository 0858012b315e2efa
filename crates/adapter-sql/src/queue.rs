//! What waits for a writer: so much and no more, and not for long.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::mpsc::{self, Permit};

use ordersystem_application::{CommitError, UnitOfWork};
use ordersystem_shared_kernel::Expected;

/// Once the oldest has waited so long, more is coming in than goes out: who begins something now would wait in vain.
pub(crate) const USUALLY_OLD: Duration = Duration::from_millis(500);

/// After so many times that, nobody waits for a new order any more.
const FORGOTTEN: u32 = 6;

/// The end that callers put their jobs into.
pub(crate) struct Queue<J> {
    jobs: mpsc::Sender<Job<J>>,
    since: Since,
    pace: Pace,
    /// Places that new orders leave to everything else.
    reserve: usize,
    /// How long the oldest may have waited while new orders are still taken.
    old: Duration,
    /// How many jobs a writer takes at once.
    batch: usize,
}

/// The end that a writer takes them from.
pub(crate) struct Waiting<J> {
    jobs: mpsc::Receiver<Job<J>>,
    since: Since,
    old: Duration,
    pace: Pace,
    /// When the first job of the present batch was taken.
    began: Option<Instant>,
}

/// A job, and whether it has waited too long.
pub(crate) struct Taken<J> {
    pub(crate) job: J,
    claim: Claim,
    is_late: bool,
}

struct Job<J> {
    job: J,
    claim: Claim,
    since: Instant,
}

/// What a job may ask for when there is too much to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// A new order, which can as well be placed later.
    New,
    /// What goes on with something that exists: work that was begun is worth more than work that was not.
    Begun,
}

impl From<&UnitOfWork> for Claim {
    fn from(unit: &UnitOfWork) -> Self {
        let is_new = unit.orders.iter().any(|change| change.expected() == Expected::Absent);
        if is_new { Self::New } else { Self::Begun }
    }
}

/// Since when the jobs in the queue wait, in their order.
#[derive(Clone, Default)]
struct Since(Arc<Mutex<VecDeque<Instant>>>);

impl Since {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long a batch took of late, in microseconds.
#[derive(Clone, Default)]
struct Pace(Arc<AtomicU64>);

impl Pace {
    /// One batch says little: three quarters are what was known before.
    fn record(&self, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let known = match self.0.load(Ordering::Relaxed) {
            0 => took,
            known => known - known / 4 + took / 4,
        };
        self.0.store(known, Ordering::Relaxed);
    }

    fn of_batch(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::Relaxed))
    }
}

/// A queue in which so many new orders may wait, and a few of everything else besides, for a writer that takes `batch` jobs at
/// once; `old` is [`USUALLY_OLD`].
pub(crate) fn queue<J>(capacity: usize, batch: usize, old: Duration) -> (Queue<J>, Waiting<J>) {
    let reserve = capacity.div_ceil(8).max(1);
    let (sender, receiver) = mpsc::channel(capacity.max(1).saturating_add(reserve));
    let since = Since::default();
    let pace = Pace::default();
    let waiting =
        Waiting { jobs: receiver, since: since.clone(), old, pace: pace.clone(), began: None };
    (Queue { jobs: sender, since, pace, reserve, old, batch: batch.max(1) }, waiting)
}

impl<J> Queue<J> {
    /// Puts a job into the queue, or says at once why not.
    pub(crate) fn submit(&self, claim: Claim, job: J) -> Result<(), CommitError> {
        if self.jobs.is_closed() {
            return Err(CommitError::Unavailable);
        }
        if claim == Claim::New && self.is_overloaded() {
            return Err(CommitError::Overloaded);
        }
        let place = self.jobs.try_reserve().map_err(|error| match error {
            mpsc::error::TrySendError::Full(()) => CommitError::Overloaded,
            mpsc::error::TrySendError::Closed(()) => CommitError::Unavailable,
        })?;
        self.put(place, claim, job);
        Ok(())
    }

    /// Waits for a place; says whether anybody takes from the queue.
    pub(crate) async fn send(&self, job: J) -> bool {
        let place = self.jobs.reserve().await;
        place.map(|place| self.put(place, Claim::Begun, job)).is_ok()
    }

    /// Whether a new order would be refused. The age of the oldest alone comes too late: until it is old, a rush fills the
    /// queue with more than can be done in time.
    pub(crate) fn is_overloaded(&self) -> bool {
        let oldest = self.since.lock().front().copied();
        self.jobs.capacity() <= self.reserve
            || oldest.is_some_and(|since| since.elapsed() > self.old)
            || self.time_of_those_before() > self.old / 2
    }

    /// What fits into the next batch waits for none but the present one, which comes on top, like its own batch and the steps
    /// before them: whoever is accepted shall know in twice the time.
    fn time_of_those_before(&self) -> Duration {
        let waiting = self.jobs.max_capacity().saturating_sub(self.jobs.capacity());
        let batches = u32::try_from(waiting / self.batch).unwrap_or(u32::MAX);
        self.pace.of_batch().saturating_mul(batches)
    }

    fn put(&self, place: Permit<'_, Job<J>>, claim: Claim, job: J) {
        let mut order = self.since.lock();
        let since = Instant::now();
        order.push_back(since);
        place.send(Job { job, claim, since });
    }
}

impl<J> Waiting<J> {
    pub(crate) async fn recv(&mut self) -> Option<Taken<J>> {
        self.is_done();
        let job = self.jobs.recv().await;
        self.began = Some(Instant::now());
        job.map(|job| self.taken(job))
    }

    pub(crate) fn blocking_recv(&mut self) -> Option<Taken<J>> {
        self.is_done();
        let job = self.jobs.blocking_recv();
        self.began = Some(Instant::now());
        job.map(|job| self.taken(job))
    }

    pub(crate) fn try_recv(&mut self) -> Result<Taken<J>, TryRecvError> {
        let job = self.jobs.try_recv();
        job.map(|job| self.taken(job))
    }

    /// Takes no more jobs; those that wait can still be received.
    pub(crate) fn close(&mut self) {
        self.jobs.close();
    }

    /// A writer that waits for its next batch is done with the one before.
    fn is_done(&mut self) {
        if let Some(began) = self.began.take() {
            self.pace.record(began.elapsed());
        }
    }

    fn taken(&self, Job { job, claim, since }: Job<J>) -> Taken<J> {
        self.since.lock().pop_front();
        Taken { job, claim, is_late: since.elapsed() > self.old.saturating_mul(FORGOTTEN) }
    }
}

impl<J> Taken<J> {
    /// Whether whoever wanted it has given up.
    pub(crate) fn is_forgotten(&self) -> bool {
        self.claim == Claim::New && self.is_late
    }
}

#[cfg(test)]
mod tests {
    use std::thread::sleep;

    use super::*;

    const OLD: Duration = Duration::from_millis(100);

    #[test]
    fn a_full_queue_still_takes_what_was_begun() {
        let (queue, mut waiting) = queue::<u8>(2, 256, OLD);
        assert_eq!(queue.submit(Claim::New, 1), Ok(()));
        assert_eq!(queue.submit(Claim::New, 2), Ok(()));
        assert_eq!(queue.submit(Claim::New, 3), Err(CommitError::Overloaded));
        assert_eq!(queue.submit(Claim::Begun, 4), Ok(()));
        assert_eq!(queue.submit(Claim::Begun, 5), Err(CommitError::Overloaded));
        let taken: Vec<_> =
            std::iter::from_fn(|| waiting.try_recv().ok()).map(|taken| taken.job).collect();
        assert_eq!(taken, [1, 2, 4]);
        waiting.close();
        assert_eq!(queue.submit(Claim::New, 6), Err(CommitError::Unavailable));
    }

    #[test]
    fn an_old_queue_takes_no_new_orders_until_it_is_young_again() {
        let (queue, mut waiting) = queue::<u8>(100, 256, OLD);
        assert_eq!(queue.submit(Claim::New, 1), Ok(()));
        assert!(!queue.is_overloaded());
        let begun = Instant::now();
        while begun.elapsed() <= OLD {
            sleep(OLD / 10);
        }
        assert!(queue.is_overloaded());
        assert_eq!(queue.submit(Claim::New, 2), Err(CommitError::Overloaded));
        assert_eq!(queue.submit(Claim::Begun, 3), Ok(()));
        let oldest = waiting.try_recv().ok().unwrap();
        assert!(!oldest.is_forgotten());
        assert!(!queue.is_overloaded());
        assert_eq!(queue.submit(Claim::New, 4), Ok(()));
        let late = |claim| Taken { job: (), claim, is_late: true };
        assert!(late(Claim::New).is_forgotten() && !late(Claim::Begun).is_forgotten());
    }

    #[test]
    fn a_queue_takes_as_many_new_orders_as_can_be_done_in_time() {
        let (queue, waiting) = queue::<u8>(100, 2, OLD);
        waiting.pace.record(OLD * 2 / 5);
        for job in 1..=4 {
            assert_eq!(queue.submit(Claim::New, job), Ok(()), "{job}");
        }
        assert_eq!(queue.submit(Claim::New, 5), Err(CommitError::Overloaded), "two batches");
        assert_eq!(queue.submit(Claim::Begun, 6), Ok(()));
    }

    #[test]
    fn the_pace_is_that_of_the_batches_of_late() {
        let pace = Pace::default();
        pace.record(Duration::from_millis(100));
        assert_eq!(pace.of_batch(), Duration::from_millis(100));
        pace.record(Duration::from_millis(500));
        assert_eq!(pace.of_batch(), Duration::from_millis(200));
    }
}
