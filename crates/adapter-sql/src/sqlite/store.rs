use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diesel::prelude::*;
use tokio::sync::{Notify, oneshot};

use ordersystem_application::{
    CommitError, Committed, Store, StoreUnavailable, StoredAnswer, UnitOfWork,
};
use ordersystem_delivery::Delivery;
use ordersystem_inventory::{Product, Reservation, StockLevel};
use ordersystem_order::Order;
use ordersystem_payment::Payment;
use ordersystem_shared_kernel::{Clock, OrderId, ProductId, RequestKey};

use super::chores::Chore;
use super::connection;
use super::load::answer;
use super::migrations::bring_up_to_date;
use super::numbers::LastNumbers;
use super::readers::Readers;
use super::writer::{Job, Writer, WriterThread};
use ordersystem_invariants::Finding;

use crate::queue::{Queue, USUALLY_OLD, queue};
use crate::rows::payment_rows_of;
use crate::rows::{DeliveryRow, LineRow, OrderRow, ProductRow, ReservationRow, payment_from_rows};
use crate::schema::{deliveries, order_lines, orders, products, reservations};
use crate::{Database, OpenError};

/// Where the database lies and how much it takes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteConfig {
    /// The file; it and its folder are made when they do not exist.
    pub path: PathBuf,
    /// How many units may wait; one more is refused as `Overloaded`.
    pub queue: usize,
    /// How long the oldest unit may have waited; while it has waited longer, new orders are refused as `Overloaded`.
    pub old: Duration,
    /// How many units share a transaction at most; 1 turns group commit off.
    pub max_batch: usize,
    /// How many reads run at the same time.
    pub readers: usize,
}

impl SqliteConfig {
    /// The usual sizes.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self { path, queue: 4_096, old: USUALLY_OLD, max_batch: 256, readers: 4 }
    }
}

/// Every port of the application on one SQLite file. Clones share the writer; when the last one goes, the writer finishes
/// its queue first.
#[derive(Clone)]
pub struct SqliteStore {
    pub(super) shared: Arc<Shared>,
}

/// The order of the fields is the order of their end: the writer's thread ends once nobody can send to it.
pub(super) struct Shared {
    queue: Queue<Job>,
    writer: WriterThread,
    pub(super) readers: Readers,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) published: Arc<Notify>,
    pub(super) numbers: LastNumbers,
}

impl SqliteStore {
    /// Opens the database, brings its schema up to date and starts the writer. Blocks for the time that takes.
    ///
    /// # Errors
    /// [`OpenError`]; nothing runs then.
    pub fn open(config: &SqliteConfig, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let path = &config.path;
        let cannot_open = |why: String| OpenError::cannot_open(path, why);
        connection::make_folder(path)?;
        let mut connection = connection::writing(path)?;
        bring_up_to_date(path, &mut connection)?;
        let numbers =
            LastNumbers::load(&mut connection).map_err(|error| cannot_open(error.to_string()))?;
        let readers = Readers::new(path, config.readers)?;
        let (queue, jobs) = queue(config.queue, config.max_batch, config.old);
        let published = Arc::new(Notify::new());
        let writer = WriterThread::start(Writer {
            path: path.clone(),
            connection: Some(connection),
            clock: Arc::clone(&clock),
            jobs,
            max_batch: config.max_batch.max(1),
            published: Arc::clone(&published),
        });
        let writer = writer.map_err(|error| cannot_open(error.to_string()))?;
        let shared = Shared { queue, writer, readers, clock, published, numbers };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Waits for its turn when the queue is full: upkeep never competes with orders for the last place.
    pub(super) async fn chore(&self, chore: Chore) -> Result<usize, StoreUnavailable> {
        let (reply, answer) = oneshot::channel();
        if !self.shared.queue.send(Job::Chore(chore, reply)).await {
            return Err(StoreUnavailable);
        }
        answer.await.map_err(|_gone| StoreUnavailable)?
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn commit(&self, work: UnitOfWork) -> Result<Committed, CommitError> {
        let (reply, answer) = oneshot::channel();
        self.shared.queue.submit((&work).into(), Job::Commit(Box::new(work), reply))?;
        answer.await.map_err(|_gone| CommitError::Unavailable)?
    }

    fn is_overloaded(&self) -> bool {
        self.shared.queue.is_overloaded()
    }

    async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreUnavailable> {
        let order = self.shared.readers.read("an order", move |connection| {
            let row = orders::table.find(id.get()).select(OrderRow::as_select());
            let Some(row) = row.first(connection).optional()? else { return Ok(None) };
            let lines = order_lines::table.filter(order_lines::order_id.eq(id.get()));
            let lines = lines.order(order_lines::position).select(LineRow::as_select());
            row.restore(lines.load(connection)?).map(Some)
        });
        order.await
    }

    async fn payment(&self, order: OrderId) -> Result<Option<Payment>, StoreUnavailable> {
        let payment = self.shared.readers.read("a payment", move |connection| {
            payment_from_rows(payment_rows_of!(order).load(connection)?)
        });
        payment.await
    }

    async fn delivery(&self, order: OrderId) -> Result<Option<Delivery>, StoreUnavailable> {
        let delivery = self.shared.readers.read("a delivery", move |connection| {
            let row = deliveries::table.filter(deliveries::order_id.eq(order.get()));
            let row = row.select(DeliveryRow::as_select()).first(connection).optional()?;
            row.map(DeliveryRow::restore).transpose()
        });
        delivery.await
    }

    async fn product(
        &self,
        id: ProductId,
    ) -> Result<Option<(Product, Option<StockLevel>)>, StoreUnavailable> {
        let product = self.shared.readers.read("a product", move |connection| {
            let row = products::table.find(id.get()).select(ProductRow::as_select());
            row.first(connection).optional()?.map(ProductRow::restore).transpose()
        });
        product.await
    }

    async fn reservations(&self, order: OrderId) -> Result<Vec<Reservation>, StoreUnavailable> {
        let holds = self.shared.readers.read("reservations", move |connection| {
            let rows = reservations::table.filter(reservations::order_id.eq(order.get()));
            let rows = rows.order(reservations::product_id).select(ReservationRow::as_select());
            rows.load(connection)?.into_iter().map(ReservationRow::restore).collect()
        });
        holds.await
    }

    async fn answer(&self, key: &RequestKey) -> Result<Option<StoredAnswer>, StoreUnavailable> {
        let key = key.clone();
        self.shared.readers.read("an answer", move |connection| answer(connection, &key)).await
    }
}

#[async_trait]
impl Database for SqliteStore {
    async fn verify(&self) -> Result<Vec<Finding>, StoreUnavailable> {
        self.check_invariants().await
    }

    async fn close(&self) {
        // A queue that nobody reads any more is a writer that has stopped already.
        let _reader = self.shared.queue.send(Job::Stop).await;
        let shared = Arc::clone(&self.shared);
        drop(tokio::task::spawn_blocking(move || shared.writer.join()).await);
    }
}
