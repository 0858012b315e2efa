use std::sync::Arc;
use std::time::Duration;

use ordersystem::background::consumers::{OrderEvents, StockEvents};
use ordersystem_application::{
    DeadLetterFilter, DeadLetterState, DeadLetters, EventBroker, Page, TailFrom, Topic,
};
use ordersystem_shared_kernel::ProductId;
use tokio::time::sleep;

use crate::plan::{Engine, Mischief};
use crate::replica::{End, Replica};
use crate::rng::Rng;
use crate::world::{Cut, World, lock};

/// The adversary: does one of the things that this run allows, again and again.
pub(crate) struct Nemesis {
    pub(crate) world: Arc<World>,
    pub(crate) replicas: Vec<Arc<Replica>>,
    pub(crate) rng: Rng,
    pub(crate) deeds: u64,
}

impl Nemesis {
    /// The one long outage of a run, if it has one.
    pub(crate) async fn outage(world: Arc<World>) {
        let Some((engine, time)) = world.plan.outage else { return };
        sleep(Duration::from_secs(30)).await;
        world.cut(engine, None, Cut::Refuses);
        sleep(time).await;
        world.mend(engine, None);
    }

    /// Until it is dropped.
    pub(crate) async fn run(mut self) {
        loop {
            let pause = self.rng.millis(self.world.plan.pause / 4, self.world.plan.pause);
            sleep(pause).await;
            let Some(mischief) = self.rng.pick(&self.world.plan.mischief).copied() else { return };
            self.world.tell(format_args!("mischief: {mischief:?}"));
            self.deeds += 1;
            self.make(mischief).await;
        }
    }

    async fn make(&mut self, mischief: Mischief) {
        let (product, world) = (self.product(), self.world.clone());
        let counters = &world.counters;
        match mischief {
            Mischief::KillReplica => self.end_replica(End::Kill),
            Mischief::StopReplica => self.end_replica(End::Stop),
            Mischief::CutLink => self.cut_link().await,
            Mischief::EngineDown => self.engine_down().await,
            Mischief::Swizzle => self.swizzle().await,
            Mischief::FlushCounters => counters.flush(),
            Mischief::RestartCounters => counters.restart(),
            Mischief::CopyCounters => counters.remember(),
            Mischief::FailOverCounters => counters.fail_over(),
            Mischief::LieHigh => counters.lie(product, 1_000),
            Mischief::LieLow => counters.lie(product, -1_000),
            Mischief::RunAhead => counters.run_ahead(product),
            Mischief::ForgetProduct => counters.forget(product),
            Mischief::Rebalance => self.rebalance().await,
            Mischief::Poison => self.poison(),
            Mischief::Duplicate => self.duplicate().await,
            Mischief::AskForReplay => self.ask_for_replay().await,
        }
    }

    fn product(&mut self) -> ProductId {
        let count = i64::try_from(self.world.plan.products.len()).unwrap_or(1);
        ProductId::new(self.rng.units(1, count))
    }

    fn end_replica(&mut self, how: End) {
        if let Some(replica) = self.rng.pick(&self.replicas) {
            replica.end(how);
        }
    }

    fn how(&mut self) -> Cut {
        if self.rng.percent(50) { Cut::Refuses } else { Cut::Hangs }
    }

    fn engine(&mut self) -> Engine {
        self.rng.pick(&Engine::ALL).copied().unwrap_or(Engine::Store)
    }

    fn replica(&mut self) -> usize {
        self.rng.pick(&self.replicas).map_or(0, |replica| replica.number)
    }

    async fn cut_link(&mut self) {
        let (engine, replica, how) = (self.engine(), Some(self.replica()), self.how());
        self.world.cut(engine, replica, how);
        let pause = self.rng.millis(200, 20_000);
        sleep(pause).await;
        self.world.mend(engine, replica);
    }

    async fn engine_down(&mut self) {
        let (engine, how) = (self.engine(), self.how());
        self.world.cut(engine, None, how);
        let pause = self.rng.millis(200, 15_000);
        sleep(pause).await;
        self.world.mend(engine, None);
    }

    /// Stops some links one by one; they come back in another order.
    async fn swizzle(&mut self) {
        let mut links = Vec::new();
        for engine in Engine::ALL {
            for replica in 0..self.replicas.len() {
                if self.rng.percent(50) {
                    links.push((engine, Some(replica)));
                }
            }
        }
        for (engine, replica) in &links {
            let (how, pause) = (self.how(), self.rng.millis(10, 2_000));
            self.world.cut(*engine, *replica, how);
            sleep(pause).await;
        }
        while !links.is_empty() {
            let count = u64::try_from(links.len()).unwrap_or(1);
            let next = usize::try_from(self.rng.below(count)).unwrap_or_default();
            let (engine, replica) = links.swap_remove(next);
            self.world.mend(engine, replica);
            let pause = self.rng.millis(10, 2_000);
            sleep(pause).await;
        }
    }

    /// Somebody joins the groups, reads nothing and leaves.
    async fn rebalance(&mut self) {
        let broker = &self.world.broker;
        let orders = broker.subscribe(OrderEvents::GROUP, Topic::OrderEvents).await;
        let stock = broker.subscribe(StockEvents::GROUP, Topic::InventoryEvents).await;
        let pause = self.rng.millis(10, 3_000);
        sleep(pause).await;
        drop((orders, stock));
    }

    fn poison(&mut self) {
        let (number, key) = (self.deeds, self.rng.below(50).to_string());
        let (topic, value) = match self.rng.below(5) {
            0 => (Topic::OrderEvents, format!("no JSON {number}")),
            1 => (Topic::OrderEvents, format!(r#"{{"orderId":1,"status":"NONE{number}"}}"#)),
            2 => (
                Topic::OrderEvents,
                format!(
                    r#"{{"orderId":9{number}00,"status":"PAYMENT_COMPLETED","timestamp":"2020-01-01T00:00:00Z"}}"#
                ),
            ),
            3 => (Topic::InventoryEvents, format!("no JSON {number}")),
            _ => (
                Topic::InventoryEvents,
                format!(r#"{{"productId":9{number}00,"timestamp":"2020-01-01T00:00:00Z"}}"#),
            ),
        };
        self.world.broker.append(topic, Some(&key), &[], value.as_bytes());
        lock(&self.world.poison).insert(value.into_bytes());
    }

    /// Some records once more, as a producer's retry would have it.
    async fn duplicate(&mut self) {
        let Ok(mut tail) = self.world.broker.tail(TailFrom::Beginning).await else { return };
        let polled = tokio::time::timeout(Duration::ZERO, tail.records.poll(usize::MAX)).await;
        let Ok(Ok(records)) = polled else { return };
        for _ in 0..3 {
            let Some(record) = self.rng.pick(&records) else { return };
            let headers = record.headers.iter();
            let headers: Vec<_> = headers.map(|(name, value)| (&**name, &**value)).collect();
            let key = record.key.as_deref();
            self.world.broker.append(record.topic, key, &headers, &record.value);
        }
    }

    async fn ask_for_replay(&mut self) {
        let filter = DeadLetterFilter {
            states: vec![DeadLetterState::Buried],
            ..DeadLetterFilter::default()
        };
        let page = Page { after: None, limit: 3 };
        let store = &self.world.store;
        let Ok(letters) = store.dead_letters(&filter, page).await else { return };
        let ids: Vec<_> = letters.iter().map(|letter| letter.id).collect();
        // The store itself never fails; the links to it do.
        let _ = store.set_dead_letters(&ids, DeadLetterState::ReplayRequested).await;
    }
}
