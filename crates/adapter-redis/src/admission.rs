use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use deadpool_redis::redis::{cmd, from_redis_value};
use ordersystem_inventory::{Admission, Counters, Fence, StockAdmission, StockLevel};
use ordersystem_shared_kernel::{ProductId, Quantity, Version};
use ordersystem_test_seams::FailPoint;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::basket;
use crate::breaker::Change;
use crate::config::RedisDown;
use crate::fuse::Fuse;
use crate::heartbeat::{Heartbeat, Start};
use crate::keys::Keys;
use crate::link::{Lane, Link, Reply};
use crate::losses::Losses;
use crate::projection::{self, Dated, Newest};
use crate::script::Command;

/// The fast counters on Redis. Calls that come while a round trip is under way share the next one. Its tasks end with it.
///
/// Whoever makes it projects everything once; afterwards whenever [`StockAdmission::wait_for_loss`] returns, which is
/// for one waiter.
pub struct RedisAdmission {
    shared: Arc<Shared>,
    admits: mpsc::Sender<Admit>,
    projections: mpsc::Sender<Projection>,
    _tasks: JoinSet<()>,
}

/// What the lanes and the heartbeat work with.
pub(crate) struct Shared {
    pub(crate) link: Arc<Link>,
    pub(crate) admission: Fuse,
    pub(crate) projection: Fuse,
    pub(crate) losses: Losses,
    pub(crate) epoch: AtomicI64,
}

impl Shared {
    fn report<T>(&self, fuse: &Fuse, result: &Result<T, RedisDown>) {
        if fuse.report(result) == Some(Change::Closed) {
            // Holds and projections may have been lost before it opened.
            self.losses.suspect();
        }
    }
}

struct Admit {
    lines: Vec<(ProductId, Quantity)>,
    answer: oneshot::Sender<Result<Admission, RedisDown>>,
}

struct Projection {
    levels: Vec<Dated>,
    answer: oneshot::Sender<Result<Vec<ProductId>, RedisDown>>,
}

impl RedisAdmission {
    /// Baskets that share a round trip.
    const BASKETS: usize = 128;
    /// Projections that share a round trip.
    const PROJECTIONS: usize = 128;
    /// What may wait. When it is full, baskets are left to the database and projections to the reconciler.
    const WAITING: usize = 4096;
    const FIRST_EPOCH: i64 = 1;
    /// Products that are asked about in one command.
    const PER_COMMAND: usize = 500;

    pub(crate) fn new(link: Arc<Link>, start: Start) -> Self {
        let shared = Arc::new(Shared {
            link,
            admission: Fuse::new("the counters' admissions"),
            projection: Fuse::new("the counters' projections"),
            losses: Losses::new(),
            epoch: AtomicI64::new(Self::FIRST_EPOCH),
        });
        let (admits, waiting_admits) = mpsc::channel(Self::WAITING);
        let (projections, waiting_projections) = mpsc::channel(Self::WAITING);
        let mut tasks = JoinSet::new();
        tasks.spawn(admit_in_batches(Lane::new(shared.link.clone()), waiting_admits));
        tasks.spawn(project_in_batches(shared.clone(), waiting_projections));
        tasks.spawn(Heartbeat::new(shared.clone(), start).run());
        Self { shared, admits, projections, _tasks: tasks }
    }

    async fn answer<T>(
        &self,
        trips: usize,
        answered: oneshot::Receiver<Result<T, RedisDown>>,
    ) -> Result<T, RedisDown> {
        let lane_is_gone = |_| Err(RedisDown("the adapter is shut down".to_owned()));
        let answer = async { answered.await.unwrap_or_else(lane_is_gone) };
        self.shared.link.within_budget_of(trips, answer).await
    }

    /// What `read` makes of the three values of each product; nothing while Redis is left alone.
    async fn read<T: Clone>(
        &self,
        products: &[ProductId],
        read: impl Fn(&[Raw]) -> Option<T>,
    ) -> Vec<Option<T>> {
        let fuse = &self.shared.admission;
        if products.is_empty() || !fuse.allows() {
            return vec![None; products.len()];
        }
        let values = self.values(products).await;
        self.shared.report(fuse, &values);
        match values {
            // A reply about more or fewer keys than were asked for says nothing about any of them.
            Ok(values) if values.len() == 3 * products.len() => {
                values.chunks(3).map(read).collect()
            }
            Ok(_) | Err(_) => vec![None; products.len()],
        }
    }

    async fn values(&self, products: &[ProductId]) -> Result<Vec<Raw>, RedisDown> {
        let keys = self.shared.link.keys();
        let per_command = if keys == Keys::Plain { Self::PER_COMMAND } else { 1 };
        let commands = products.chunks(per_command).map(|products| {
            let mut values = cmd("MGET");
            values.arg(products.iter().flat_map(|product| keys.of(*product)).collect::<Vec<_>>());
            Command::from(values)
        });
        let replies = self.shared.link.ask(commands.collect()).await?;
        let values: Result<Vec<_>, _> = replies.into_iter().map(values).collect();
        Ok(values?.into_iter().flatten().collect())
    }
}

#[async_trait]
impl StockAdmission for RedisAdmission {
    async fn admit(&self, lines: &[(ProductId, Quantity)]) -> Admission {
        let fuse = &self.shared.admission;
        if !fuse.allows() {
            return Admission::Unknown;
        }
        let (answer, answered) = oneshot::channel();
        if self.admits.try_send(Admit { lines: lines.to_vec(), answer }).is_err() {
            return Admission::Unknown;
        }
        let admission = self.answer(1, answered).await;
        self.shared.report(fuse, &admission);
        FailPoint::Admitted.reached();
        admission.unwrap_or(Admission::Unknown)
    }

    async fn project(&self, levels: &[StockLevel]) -> Vec<ProductId> {
        if levels.is_empty() {
            return Vec::new();
        }
        let fuse = &self.shared.projection;
        if !fuse.allows() {
            self.shared.losses.projection_lost();
            return Vec::new();
        }
        FailPoint::Projecting.reached();
        let trips = projection::trips(self.shared.link.keys(), levels.len());
        let epoch = self.shared.epoch.load(Ordering::Acquire);
        let levels = levels.iter().map(|level| Dated { epoch, level: *level }).collect();
        let (answer, answered) = oneshot::channel();
        if self.projections.try_send(Projection { levels, answer }).is_err() {
            self.shared.losses.projection_lost();
            return Vec::new();
        }
        let overtaken = self.answer(trips, answered).await;
        self.shared.report(fuse, &overtaken);
        FailPoint::Projected.reached();
        overtaken.unwrap_or_default()
    }

    fn enter_epoch(&self, epoch: i64) {
        self.shared.epoch.fetch_max(epoch, Ordering::AcqRel);
    }

    async fn wait_for_loss(&self) {
        self.shared.losses.announced().await;
    }

    async fn fences(&self, products: &[ProductId]) -> Vec<Option<Fence>> {
        self.read(products, fence).await
    }

    async fn counters(&self, products: &[ProductId]) -> Vec<Option<Counters>> {
        self.read(products, known).await
    }
}

async fn admit_in_batches(mut lane: Lane, mut waiting: mpsc::Receiver<Admit>) {
    let mut batch = Vec::new();
    while waiting.recv_many(&mut batch, RedisAdmission::BASKETS).await > 0 {
        batch.retain(|admit: &Admit| !admit.answer.is_closed());
        let baskets: Vec<_> = batch.iter().map(|admit| admit.lines.as_slice()).collect();
        if baskets.is_empty() {
            continue;
        }
        let answers = basket::hold(&mut lane, &baskets).await;
        for (admit, answer) in batch.drain(..).zip(answers) {
            // Who no longer waits has left the order to the database; its projection takes the hold back.
            let _ = admit.answer.send(answer);
        }
    }
}

async fn project_in_batches(shared: Arc<Shared>, mut waiting: mpsc::Receiver<Projection>) {
    let mut lane = Lane::new(shared.link.clone());
    let mut batch: Vec<Projection> = Vec::new();
    while waiting.recv_many(&mut batch, RedisAdmission::PROJECTIONS).await > 0 {
        let mut newest = Newest::default();
        for dated in batch.iter().flat_map(|projection| &projection.levels) {
            newest.add(*dated);
        }
        let projected = projection::project(&mut lane, newest).await;
        if projected.was_empty {
            shared.losses.suspect();
        }
        if projected.is_complete() {
            shared.losses.projection_made();
        } else {
            shared.losses.projection_lost();
        }
        for Projection { levels, answer } in batch.drain(..) {
            let _ = answer.send(projected.overtaken(&levels));
        }
    }
}

type Raw = Option<Vec<u8>>;

fn values(reply: Reply) -> Result<Vec<Raw>, RedisDown> {
    Ok(from_redis_value(reply?)?)
}

/// Garbage is as good as nothing.
fn known(values: &[Raw]) -> Option<Counters> {
    let [stock, reserved, version] = values else { return None };
    version.as_ref()?;
    Some(Counters { stock: whole(stock.as_deref()?)?, reserved: whole(reserved.as_deref()?)? })
}

fn fence(values: &[Raw]) -> Option<Fence> {
    let [_, _, version] = values else { return None };
    let (epoch, version) = str::from_utf8(version.as_deref()?).ok()?.split_once(':')?;
    Some(Fence { epoch: epoch.parse().ok()?, version: Version::new(version.parse().ok()?) })
}

fn whole(value: &[u8]) -> Option<i64> {
    str::from_utf8(value).ok()?.parse().ok()
}
