//! What time brings about. Each timer looks for what is due and lets a use case act; the use case looks again, so two
//! replicas, or two looks, act once.

mod charges;
mod deliveries;
mod holds;
mod purge;
mod refunds;
mod replay;
mod statistics;
mod unprepared;
mod verification;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;
use ordersystem_application::StoreUnavailable;
use ordersystem_shared_kernel::{Coded, ErrorKind};
use ordersystem_test_seams::FailPoint;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

pub use charges::Charges;
pub use deliveries::{Deliveries, Step, StepDelay};
pub use holds::Holds;
pub use purge::Purge;
pub use refunds::Refunds;
pub use replay::Replay;
pub use statistics::Statistics;
pub use unprepared::UnpreparedOrders;
pub use verification::Verification;

use super::Backoff;
use super::lease::Lease;
use super::supervisor::Part;

/// Most due rows of one turn: their units fit one commit.
const PAGE: usize = 100;

/// What a timer does when it wakes up.
#[async_trait]
pub trait Job: Send + Sync {
    /// How the log calls it.
    fn name(&self) -> String;

    /// How long to sleep after a turn that left nothing.
    fn pause(&self) -> Duration;

    /// Returns when something is due before the pause is over; most jobs only look.
    async fn woken(&self) {
        std::future::pending().await
    }

    /// Does what is due, at most one page of it.
    async fn turn(&self) -> Result<Turn, StoreUnavailable>;
}

/// How much a turn left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Probably more is due.
    More,
    /// Nothing more, as far as one can tell.
    Done,
}

/// The part that wakes one job up, unless another replica does it already.
pub struct Timer<J> {
    job: J,
    lease: Arc<dyn Lease>,
}

impl<J: Job> Timer<J> {
    /// A holder that misses its next turn by so much is given up.
    const GRACE: Duration = Duration::from_secs(5);

    /// Wakes `job`, at once for the first time.
    pub const fn new(job: J, lease: Arc<dyn Lease>) -> Self {
        Self { job, lease }
    }

    async fn turn(&self) -> Result<Turn, StoreUnavailable> {
        let ttl = self.job.pause() + Self::GRACE;
        if self.lease.try_hold(&self.job.name(), ttl).await {
            self.job.turn().await
        } else {
            Ok(Turn::Done)
        }
    }

    async fn rest(&self, pause: Duration) {
        tokio::select! {
            biased;
            () = sleep(pause) => {}
            () = self.job.woken() => {}
        }
    }
}

#[async_trait]
impl<J: Job> Part for Timer<J> {
    fn name(&self) -> String {
        self.job.name()
    }

    async fn run(&self, stop: &CancellationToken) -> anyhow::Result<()> {
        let mut backoff = Backoff::new();
        while !stop.is_cancelled() {
            let turn = self.turn().await;
            let pause = match &turn {
                Ok(Turn::More) => Duration::ZERO,
                Ok(Turn::Done) => self.job.pause(),
                Err(_) => backoff.pause(),
            };
            match turn {
                Ok(_) => backoff.reset(),
                Err(error) => {
                    // Another replica may have a store that answers.
                    self.lease.release(&self.job.name()).await;
                    tracing::warn!("{} has to wait: {error}; next try in {pause:?}", self.name());
                }
            }
            stop.run_until_cancelled(self.rest(pause)).await;
        }
        self.lease.release(&self.job.name()).await;
        Ok(())
    }
}

/// Runs a step for everything that is due, all at once so that the store commits them together.
async fn act<T, F, E>(job: &str, due: Vec<T>, step: impl Fn(T) -> F) -> Turn
where
    T: Copy + fmt::Display,
    F: Future<Output = Result<(), E>>,
    E: Coded,
{
    if due.is_empty() {
        return Turn::Done;
    }
    let page_was_full = due.len() >= PAGE;
    let steps = due.into_iter().map(|what| {
        let outcome = step(what);
        async move { acted(job, what, outcome.await) }
    });
    FailPoint::TimerDue.reached();
    let outcomes = join_all(steps).await;
    FailPoint::TimerActed.reached();
    // A full page on which nothing works is not asked for again at once.
    if page_was_full && outcomes.contains(&Acted::Done) { Turn::More } else { Turn::Done }
}

/// Whether something due got its step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Acted {
    Done,
    NotDone,
}

fn acted<E: Coded>(job: &str, order: impl fmt::Display, outcome: Result<(), E>) -> Acted {
    let Err(error) = outcome else { return Acted::Done };
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::Refused | ErrorKind::Invalid => {
            tracing::debug!("{job}: orderId={order} has moved on: {error}");
        }
        ErrorKind::Conflict | ErrorKind::Unavailable => {
            tracing::warn!("{job}: orderId={order} has to wait: {error}");
        }
        ErrorKind::Internal => {
            tracing::error!("{job}: orderId={order} cannot be handled: {error}");
        }
    }
    Acted::NotDone
}
