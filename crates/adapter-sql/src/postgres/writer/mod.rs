//! Group commit: units wait in the queue of a writer, which commits what waits as one transaction.

mod attempt;
mod failure;
mod fate;
mod load;
mod retries;
mod session;
mod statements;
mod task;
mod write;

use std::sync::Arc;

use tokio::sync::{Mutex, Notify, oneshot};
use tokio::task::JoinHandle;

use ordersystem_application::{CommitError, Committed, UnitOfWork};
use ordersystem_shared_kernel::{Aggregate, Clock, Expected};
use ordersystem_test_seams::FailPoint;

use self::load::Patience;
use self::task::{Job, Writer};
use super::connection::Endpoint;
use super::store::PostgresConfig;
use crate::queue::{Queue, queue};

/// The writers of this process. Each owns a connection.
pub(super) struct Writers {
    queues: Vec<Queue<Job>>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Writers {
    pub(super) fn start(
        config: &PostgresConfig,
        endpoint: &Endpoint,
        clock: &Arc<dyn Clock>,
        published: &Arc<Notify>,
    ) -> Self {
        let mut queues = Vec::new();
        let mut tasks = Vec::new();
        for _ in 0..config.writers.max(1) {
            let (queue, jobs) = queue(config.queue, config.max_batch, config.old);
            let writer = Writer {
                endpoint: endpoint.clone(),
                session: None,
                clock: Arc::clone(clock),
                jobs,
                max_batch: config.max_batch.max(1),
                patience: Patience::Usual,
                published: Arc::clone(published),
            };
            queues.push(queue);
            tasks.push(tokio::spawn(writer.run()));
        }
        Self { queues, tasks: Mutex::new(tasks) }
    }

    /// Once a unit is in a queue it happens, whoever still waits.
    pub(super) async fn commit(&self, work: UnitOfWork) -> Result<Committed, CommitError> {
        let Some(queue) = self.queue_of(&work) else { return Err(CommitError::Unavailable) };
        FailPoint::UnitQueued.reached();
        let (reply, answer) = oneshot::channel();
        queue.submit((&work).into(), Job::Commit(Box::new(work), reply))?;
        answer.await.unwrap_or(Err(CommitError::OutcomeUnknown))
    }

    /// Whether new orders would be refused by every writer; a product that is held up holds up its own writer only.
    pub(super) fn is_overloaded(&self) -> bool {
        self.queues.iter().all(Queue::is_overloaded)
    }

    /// Finishes what was submitted.
    pub(super) async fn close(&self) {
        for queue in &self.queues {
            // A queue that nobody reads any more is a writer that has stopped already.
            let _reader = queue.send(Job::Stop).await;
        }
        for task in self.tasks.lock().await.drain(..) {
            if task.await.is_err() {
                tracing::error!("a writer of the database ended in a panic");
            }
        }
    }

    /// Orders of one product meet in one writer, where they share a transaction instead of waiting for each other's locks.
    fn queue_of(&self, work: &UnitOfWork) -> Option<&Queue<Job>> {
        let writers = u64::try_from(self.queues.len()).unwrap_or(u64::MAX);
        let writer = subject(work).unsigned_abs() % writers.max(1);
        self.queues.get(usize::try_from(writer).unwrap_or_default())
    }
}

/// The number that a unit is about: the first product of a new order, else its order, else its product.
fn subject(work: &UnitOfWork) -> i64 {
    let product = work.stock.first().map(|movement| movement.product.get());
    let product = product.or(work.products.first().map(|change| change.state().id().get()));
    let existing = work.orders.iter().find(|change| change.expected() != Expected::Absent);
    let order = existing.map(|change| change.state().id());
    let order = order.or(work.payments.first().map(|change| change.state().id()));
    let order = order.or(work.deliveries.first().map(|change| change.state().order()));
    order.map(|order| order.get()).or(product).unwrap_or_default()
}
