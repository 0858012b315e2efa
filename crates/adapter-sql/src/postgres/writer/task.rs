use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use tokio::sync::{Notify, oneshot};

use ordersystem_application::{CommitError, Committed, UnitOfWork};
use ordersystem_shared_kernel::Clock;
use ordersystem_test_seams::FailPoint;

use super::attempt::{Done, attempt};
use super::failure::Failure;
use super::load::Patience;
use super::retries::Retries;
use super::session::Session;
use super::subject;
use crate::postgres::connection::Endpoint;
use crate::queue::{Taken, Waiting};

type Reply = oneshot::Sender<Result<Committed, CommitError>>;

/// What a writer is asked for. Once it is in the queue it happens, whether or not anybody still waits.
pub(super) enum Job {
    Commit(Box<UnitOfWork>, Reply),
    /// Finish what was asked before, refuse what comes later.
    Stop,
}

/// Takes what waits in its queue, runs it as one transaction, answers all.
pub(super) struct Writer {
    pub(super) endpoint: Endpoint,
    /// None before the first batch and after a failure that left its state unknown.
    pub(super) session: Option<Session>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) jobs: Waiting<Job>,
    pub(super) max_batch: usize,
    /// What the next batch has: little once a lock was not given, for whoever waits now has waited through that already.
    pub(super) patience: Patience,
    /// Woken when messages were committed.
    pub(super) published: Arc<Notify>,
}

/// The units of one transaction in the order of their arrival, and who waits for each.
#[derive(Default)]
struct Units {
    works: Vec<UnitOfWork>,
    replies: Vec<Reply>,
}

impl Writer {
    /// Until the store is closed or nobody can ask any more; a panic costs the batch that caused it.
    pub(super) async fn run(mut self) {
        loop {
            match AssertUnwindSafe(self.serve()).catch_unwind().await {
                Ok(()) => return,
                Err(_panic) => {
                    tracing::error!("a writer of the database has panicked and goes on");
                    self.session = None;
                }
            }
        }
    }

    async fn serve(&mut self) {
        while let Some(first) = self.jobs.recv().await {
            let units = self.drain(first, self.max_batch);
            if !units.works.is_empty() {
                self.handle(units).await;
            }
        }
    }

    /// Everything that waits already, without waiting for more.
    fn drain(&mut self, first: Taken<Job>, most: usize) -> Units {
        let mut units = Units::default();
        let mut next = Some(first);
        while let Some(taken) = next {
            let is_forgotten = taken.is_forgotten();
            match taken.job {
                Job::Commit(_, reply) if is_forgotten => {
                    drop(reply.send(Err(CommitError::Overloaded)));
                }
                Job::Commit(work, reply) => {
                    units.works.push(*work);
                    units.replies.push(reply);
                }
                Job::Stop => self.jobs.close(),
            }
            next = if units.works.len() < most { self.jobs.try_recv().ok() } else { None };
        }
        units
    }

    async fn handle(&mut self, units: Units) {
        let mut retries = Retries::new();
        loop {
            let failure = match self.attempt(&units.works, self.patience).await {
                Ok(done) => {
                    self.patience = Patience::Usual;
                    return self.answer(units, done);
                }
                Err(failure) => failure,
            };
            match &failure {
                Failure::Unknown(why) => {
                    refuse(units, &failure);
                    return self.refuse_waiting(&Failure::Database(why.clone()));
                }
                Failure::Raced(_) | Failure::Lost(_) | Failure::Database(_) => {
                    if retries.pause().await {
                        continue;
                    }
                }
                Failure::Locked(_) => self.patience = Patience::Short,
                Failure::Job(_) => {}
            }
            if matches!(failure, Failure::Database(_)) {
                refuse(units, &failure);
                return self.refuse_waiting(&failure);
            }
            let is_about_one =
                matches!(failure, Failure::Raced(_) | Failure::Locked(_) | Failure::Job(_));
            if is_about_one && units.works.len() > 1 {
                return self.handle_alone(units).await;
            }
            return refuse(units, &failure);
        }
    }

    /// Only the unit that made the batch fail fails again. One that waits for a lock which is not given fails soon, those
    /// about the same are refused with it, and when many fail so is the rest: nobody waits for long.
    async fn handle_alone(&mut self, units: Units) {
        let (patience, mut locked) = (Retries::new(), BTreeSet::new());
        for (work, reply) in units.works.into_iter().zip(units.replies) {
            let about = subject(&work);
            let unit = Units { works: vec![work], replies: vec![reply] };
            if locked.contains(&about) || !patience.is_time_left() {
                refuse(unit, &Failure::Locked("the units before it took too long".to_owned()));
                continue;
            }
            let mut result = self.attempt(&unit.works, Patience::Short).await;
            if let Err(Failure::Raced(_) | Failure::Lost(_)) = result {
                result = self.attempt(&unit.works, Patience::Short).await;
            }
            match result {
                Ok(done) => self.answer(unit, done),
                Err(failure) => {
                    if matches!(failure, Failure::Locked(_)) {
                        locked.insert(about);
                    }
                    refuse(unit, &failure);
                }
            }
        }
    }

    async fn attempt(&mut self, works: &[UnitOfWork], patience: Patience) -> Result<Done, Failure> {
        let session = match self.session.take() {
            Some(session) if !session.client.is_closed() => session,
            _ => Session::open(&self.endpoint).await?,
        };
        // Once per batch, so that who waits for a batch does not carry all of it.
        let work = Box::pin(attempt(&self.endpoint, &session, works, &*self.clock, patience));
        let result = AssertUnwindSafe(work).catch_unwind().await;
        let result = result.unwrap_or_else(|_panic| Err(Failure::Job("panic".to_owned())));
        let is_usable = match &result {
            Ok(_) => !session.client.is_closed(),
            Err(Failure::Unknown(_) | Failure::Lost(_) | Failure::Database(_)) => false,
            Err(_) => session.reset().await,
        };
        self.session = is_usable.then_some(session);
        result
    }

    fn answer(&self, units: Units, done: Done) {
        if done.has_messages {
            // All who wait now, and the next who will: it may have looked at the table just before the commit.
            self.published.notify_waiters();
            self.published.notify_one();
        }
        for (reply, result) in units.replies.into_iter().zip(done.units) {
            // Who stopped waiting misses the answer, nothing else.
            drop(reply.send(result));
        }
        FailPoint::UnitAnswered.reached();
    }

    /// The database does not work: what waits now would only wait for the same answer.
    fn refuse_waiting(&mut self, failure: &Failure) {
        while let Ok(next) = self.jobs.try_recv() {
            let waiting = self.drain(next, usize::MAX);
            refuse(waiting, failure);
        }
    }
}

fn refuse(units: Units, failure: &Failure) {
    let error = match failure {
        Failure::Unknown(_) => CommitError::OutcomeUnknown,
        Failure::Raced(_) | Failure::Locked(_) | Failure::Lost(_) => CommitError::Unavailable,
        Failure::Database(_) | Failure::Job(_) => CommitError::Unavailable,
    };
    let units_refused = units.replies.len();
    tracing::error!(error = failure.why(), units = units_refused, "cannot commit: {error}");
    for reply in units.replies {
        drop(reply.send(Err(error.clone())));
    }
}
