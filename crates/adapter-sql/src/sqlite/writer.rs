use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::prelude::*;
use diesel::result::Error as SqlError;
use tokio::sync::{Notify, oneshot};

use ordersystem_application::{CommitError, Committed, Needs, StoreUnavailable, UnitOfWork};
use ordersystem_shared_kernel::Clock;

use super::chores::Chore;
use super::connection;
use super::load::load;
use crate::batch::Record;
use crate::queue::{Taken, Waiting};

type CommitReply = oneshot::Sender<Result<Committed, CommitError>>;
type ChoreReply = oneshot::Sender<Result<usize, StoreUnavailable>>;

/// What the writer is asked for. Once it is in the queue it happens, whether or not anybody still waits.
pub(super) enum Job {
    Commit(Box<UnitOfWork>, CommitReply),
    Chore(Chore, ChoreReply),
    /// Finish what was asked before, refuse what comes later.
    Stop,
}

/// The only owner of a connection that can write. Takes what waits in its queue, runs it as one transaction, answers all.
pub(super) struct Writer {
    pub(super) path: PathBuf,
    /// None after a failure that left its state unknown.
    pub(super) connection: Option<SqliteConnection>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) jobs: Waiting<Job>,
    pub(super) max_batch: usize,
    /// Woken when messages were committed.
    pub(super) published: Arc<Notify>,
}

/// Joined when it goes out of scope, after the queue's sender.
pub(super) struct WriterThread(Mutex<Option<JoinHandle<()>>>);

impl WriterThread {
    pub(super) fn start(writer: Writer) -> std::io::Result<Self> {
        let thread = thread::Builder::new().name("sqlite-writer".to_owned());
        Ok(Self(Mutex::new(Some(thread.spawn(|| writer.run())?))))
    }

    /// Waits for the end; the second call returns at once.
    pub(super) fn join(&self) {
        let thread = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the writer of the database ended in a panic");
        }
    }
}

impl Drop for WriterThread {
    fn drop(&mut self) {
        self.join();
    }
}

/// The jobs of one transaction, in the order of their arrival.
#[derive(Default)]
struct Jobs {
    units: Vec<UnitOfWork>,
    commit_replies: Vec<CommitReply>,
    chores: Vec<Chore>,
    chore_replies: Vec<ChoreReply>,
}

/// What a transaction that was committed did.
#[derive(Default)]
struct Done {
    units: Vec<Result<Committed, CommitError>>,
    chores: Vec<usize>,
    has_messages: bool,
}

enum Failure {
    /// One of the jobs cannot be done; nothing was written.
    Job(String),
    /// The database does not work; nothing was written.
    Database(String),
    /// The commit broke: all or nothing was written.
    Unknown(String),
}

impl Writer {
    fn run(mut self) {
        while let Some(first) = self.jobs.blocking_recv() {
            let jobs = self.drain(first);
            self.handle(jobs);
        }
    }

    /// Everything that waits already, without waiting for more.
    fn drain(&mut self, first: Taken<Job>) -> Jobs {
        let mut jobs = Jobs::default();
        let mut next = Some(first);
        while let Some(taken) = next {
            let is_forgotten = taken.is_forgotten();
            match taken.job {
                Job::Commit(_, reply) if is_forgotten => {
                    answer(reply, Err(CommitError::Overloaded));
                }
                Job::Commit(unit, reply) => {
                    jobs.units.push(*unit);
                    jobs.commit_replies.push(reply);
                }
                Job::Chore(chore, reply) => {
                    jobs.chores.push(chore);
                    jobs.chore_replies.push(reply);
                }
                Job::Stop => self.jobs.close(),
            }
            let is_full = jobs.units.len() + jobs.chores.len() >= self.max_batch;
            next = if is_full { None } else { self.jobs.try_recv().ok() };
        }
        jobs
    }

    fn handle(&mut self, jobs: Jobs) {
        let Jobs { units, commit_replies, chores, chore_replies } = jobs;
        let done = match self.attempt(&units, &chores) {
            Ok(done) => done,
            Err(Failure::Job(_)) if units.len() + chores.len() > 1 => {
                self.handle_alone(units, commit_replies, chores, chore_replies);
                return;
            }
            Err(failure) => {
                refuse(&failure, commit_replies, chore_replies);
                return;
            }
        };
        if done.has_messages {
            self.wake();
        }
        for (reply, result) in commit_replies.into_iter().zip(done.units) {
            answer(reply, result);
        }
        for (reply, rows) in chore_replies.into_iter().zip(done.chores) {
            answer(reply, Ok(rows));
        }
    }

    /// Only the job that made the batch fail fails again.
    fn handle_alone(
        &mut self,
        units: Vec<UnitOfWork>,
        commit_replies: Vec<CommitReply>,
        chores: Vec<Chore>,
        chore_replies: Vec<ChoreReply>,
    ) {
        for (unit, reply) in units.into_iter().zip(commit_replies) {
            let (units, commit_replies) = (vec![unit], vec![reply]);
            self.handle(Jobs { units, commit_replies, ..Jobs::default() });
        }
        for (chore, reply) in chores.into_iter().zip(chore_replies) {
            let (chores, chore_replies) = (vec![chore], vec![reply]);
            self.handle(Jobs { chores, chore_replies, ..Jobs::default() });
        }
    }

    fn attempt(&mut self, units: &[UnitOfWork], chores: &[Chore]) -> Result<Done, Failure> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => connection::writing(&self.path)
                .map_err(|error| Failure::Database(error.to_string()))?,
        };
        let work = || transact(&mut connection, units, chores, &*self.clock);
        // A panic leaves the connection in the middle of its transaction; dropping it rolls back.
        let result = catch_unwind(AssertUnwindSafe(work));
        let result = result.unwrap_or_else(|_| Err(Failure::Job("panic".to_owned())));
        let is_idle = matches!(
            AnsiTransactionManager::transaction_manager_status_mut(&mut connection)
                .transaction_depth(),
            Ok(None)
        );
        self.connection = is_idle.then_some(connection);
        result
    }

    /// All who wait now, and the next who will: it may have looked at the table just before the commit.
    fn wake(&self) {
        self.published.notify_waiters();
        self.published.notify_one();
    }
}

fn transact(
    connection: &mut SqliteConnection,
    units: &[UnitOfWork],
    chores: &[Chore],
    clock: &dyn Clock,
) -> Result<Done, Failure> {
    AnsiTransactionManager::begin_transaction_sql(connection, "BEGIN IMMEDIATE")
        .map_err(|error| Failure::Database(error.to_string()))?;
    let done = match work(connection, units, chores, clock) {
        Ok(done) => done,
        Err(error) => {
            let rolled_back = AnsiTransactionManager::rollback_transaction(connection);
            let context = rolled_back.err().map(|why| format!("; no rollback: {why}"));
            return Err(Failure::Job(format!("{error}{}", context.unwrap_or_default())));
        }
    };
    match AnsiTransactionManager::commit_transaction(connection) {
        Ok(()) => Ok(done),
        Err(error @ SqlError::RollbackErrorOnCommit { .. }) => {
            Err(Failure::Unknown(error.to_string()))
        }
        Err(error) => Err(Failure::Database(error.to_string())),
    }
}

fn work(
    connection: &mut SqliteConnection,
    units: &[UnitOfWork],
    chores: &[Chore],
    clock: &dyn Clock,
) -> QueryResult<Done> {
    let mut done = Done::default();
    if !units.is_empty() {
        decide(connection, units, clock, &mut done)?;
    }
    for chore in chores {
        done.chores.push(chore.run(connection)?);
    }
    Ok(done)
}

fn decide(
    connection: &mut SqliteConnection,
    units: &[UnitOfWork],
    clock: &dyn Clock,
    done: &mut Done,
) -> QueryResult<()> {
    let mut needs = Needs::default();
    units.iter().for_each(|unit| needs.add(unit));
    let mut loaded = load(connection, &needs)?;
    let (mut record, now) = (Record::default(), clock.now());
    for unit in units {
        done.units.push(loaded.batch.decide(unit).map(|accepted| {
            let levels = accepted.levels.clone();
            record.add(unit, accepted, now);
            Committed { levels }
        }));
    }
    done.has_messages = record.has_messages();
    record.write(connection, &loaded, now)
}

fn refuse(failure: &Failure, commit_replies: Vec<CommitReply>, chore_replies: Vec<ChoreReply>) {
    let (error, why) = match failure {
        Failure::Job(why) | Failure::Database(why) => (CommitError::Unavailable, why),
        Failure::Unknown(why) => (CommitError::OutcomeUnknown, why),
    };
    let jobs = commit_replies.len() + chore_replies.len();
    tracing::error!(error = %why, jobs, "the database refused to write: {error}");
    for reply in commit_replies {
        answer(reply, Err(error.clone()));
    }
    for reply in chore_replies {
        answer(reply, Err(StoreUnavailable));
    }
}

/// Who stopped waiting misses the answer, nothing else.
fn answer<T>(reply: oneshot::Sender<T>, result: T) {
    drop(reply.send(result));
}
