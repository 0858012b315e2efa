use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use ordersystem_application::{
    BrokerError, EventBroker, OutboxRow, Record, Subscription, Tail, TailFrom, Topic,
};
use ordersystem_shared_kernel::{Bug, seeded};
use tokio::time::timeout;

use crate::link::Link;
use crate::plan::Engine;
use crate::world::World;

/// What a future is right now. Those of the broker wake each other in an order that is left to chance.
async fn now<T>(mut future: Pin<Box<dyn Future<Output = T> + Send + '_>>) -> Poll<T> {
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await
}

/// The shared broker over one replica's connections. What is published twice is in the log twice.
pub(crate) struct SimBroker(pub(crate) Link);

impl SimBroker {
    async fn append(&self, rows: &[&OutboxRow]) -> Result<(), BrokerError> {
        let world = &self.0.world;
        let append = || async {
            rows.iter().for_each(|row| append(world, row));
            world.appended.notify_waiters();
        };
        self.0.call(Engine::Broker, "publish", append).await.map_err(|_lost| BrokerError)
    }
}

pub(crate) fn append(world: &Arc<World>, row: &OutboxRow) {
    let headers = row.message.headers();
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let (key, value) = (row.message.key.to_string(), row.message.payload.as_bytes());
    world.broker.append(row.message.topic, Some(&key), &headers, value);
}

#[async_trait]
impl EventBroker for SimBroker {
    /// A broker that fails in the middle has a beginning of the rows, never some of them.
    async fn publish(&self, rows: &[OutboxRow]) -> Result<(), BrokerError> {
        let mut in_order: Vec<_> = rows.iter().collect();
        in_order.sort_by_key(|row| row.position);
        let published = self.append(&in_order).await;
        if published.is_err() {
            let mut rng = self.0.world.rng();
            let most = u64::try_from(in_order.len()).unwrap_or_default();
            let sent = usize::try_from(rng.below(most + 1)).unwrap_or_default();
            let skipped = if seeded(Bug::MessageTimeout) { sent / 2 } else { 0 };
            drop(rng);
            let reached = self.0.world.is_cut(Engine::Broker, self.0.replica).is_none();
            let sent = in_order.iter().take(sent).skip(skipped).filter(|_| reached);
            sent.for_each(|row| append(&self.0.world, row));
            self.0.world.appended.notify_waiters();
        }
        published
    }

    async fn subscribe(
        &self,
        group: &'static str,
        topic: Topic,
    ) -> Result<Box<dyn Subscription>, BrokerError> {
        let broker = &self.0.world.broker;
        let subscribe = || broker.subscribe(group, topic);
        let joined = self.0.call(Engine::Broker, "subscribe", subscribe).await;
        let inner = joined.unwrap_or(Err(BrokerError))?;
        Ok(Box::new(SimSubscription { link: self.0.clone(), inner }))
    }

    async fn tail(&self, from: TailFrom) -> Result<Tail, BrokerError> {
        let broker = &self.0.world.broker;
        let tail = || broker.tail(from.clone());
        self.0.call(Engine::Broker, "tail", tail).await.unwrap_or(Err(BrokerError))
    }

    async fn bury(&self, record: &Record, group: &str, error: &str) -> Result<(), BrokerError> {
        let broker = &self.0.world.broker;
        let bury = || broker.bury(record, group, error);
        self.0.call(Engine::Broker, "broker.bury", bury).await.unwrap_or(Err(BrokerError))
    }

    async fn republish(&self, record: &Record) -> Result<(), BrokerError> {
        let broker = &self.0.world.broker;
        let republish = || broker.republish(record);
        self.0.call(Engine::Broker, "republish", republish).await.unwrap_or(Err(BrokerError))
    }
}

struct SimSubscription {
    link: Link,
    inner: Box<dyn Subscription>,
}

impl SimSubscription {
    /// How long a fetch waits at the broker before it comes back empty.
    const FETCH: Duration = Duration::from_secs(5);
}

#[async_trait]
impl Subscription for SimSubscription {
    async fn poll(&mut self, max: usize) -> Result<Vec<Record>, BrokerError> {
        loop {
            let reach = || async {};
            self.link.call(Engine::Broker, "fetch", reach).await.map_err(|_lost| BrokerError)?;
            let mut appended = pin!(self.link.world.appended.notified());
            appended.as_mut().enable();
            if let Poll::Ready(records) = now(self.inner.poll(max)).await {
                return records;
            }
            // Nothing came, or something: the next round looks.
            let _ = timeout(Self::FETCH, appended).await;
        }
    }

    async fn commit(&mut self) -> Result<(), BrokerError> {
        let reach = || async {};
        self.link
            .call(Engine::Broker, "commit offsets", reach)
            .await
            .map_err(|_lost| BrokerError)?;
        self.inner.commit().await
    }
}
