use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use ordersystem::background::parts;
use ordersystem::background::reconcile::Reconcile;
use ordersystem::background::supervisor::Background;
use ordersystem::config::{Inputs, Settings, resolve};
use ordersystem::wiring::{BrokerMemory, Engines, World as App};
use ordersystem_payment::PaymentGateway;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::edge::{Edge, Reply, Request};
use crate::link::Link;
use crate::plan::Plan;
use crate::ports::{SimBroker, SimCounters, SimGateway, SimLease, SimStore};
use crate::world::{World, lock};

/// One process of the server: it lives, dies at any moment, and lives again.
pub(crate) struct Replica {
    pub(crate) number: usize,
    world: Arc<World>,
    running: Mutex<Option<Running>>,
    end: Mutex<Option<End>>,
    told: Notify,
}

/// How a life ends from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// kill -9.
    Kill,
    /// SIGTERM.
    Stop,
}

/// Dropping it drops every future of this life where it is: kill -9.
struct Running {
    edge: Arc<Edge>,
    requests: JoinSet<()>,
    background: Background,
}

/// What parts and requests get to finish after SIGTERM.
const PATIENCE: Duration = Duration::from_secs(5);

#[expect(clippy::expect_used, reason = "without settings there is nothing to simulate")]
static SETTINGS: LazyLock<Settings> =
    LazyLock::new(|| resolve(&Inputs::default()).expect("the defaults are good").settings);

impl Replica {
    pub(crate) fn new(world: Arc<World>, number: usize) -> Arc<Self> {
        let (running, end, told) = (Mutex::default(), Mutex::default(), Notify::new());
        Arc::new(Self { number, world, running, end, told })
    }

    /// Lives one life after the other.
    pub(crate) async fn run(self: Arc<Self>) {
        loop {
            let link = Link::new(self.world.clone(), self.number);
            tokio::select! {
                biased;
                () = link.ended() => {}
                () = self.live(&link) => {}
            }
            link.kill();
            drop(lock(&self.running).take());
            self.world.tell(format_args!("r{} is down", self.number));
            let down = self.world.rng().millis(100, 8_000);
            sleep(down).await;
        }
    }

    /// Ends the present life.
    pub(crate) fn end(&self, how: End) {
        *lock(&self.end) = Some(how);
        self.told.notify_one();
    }

    /// Sends a request; none when nobody listens.
    pub(crate) fn send(&self, request: Request) -> Option<oneshot::Receiver<Reply>> {
        let mut running = lock(&self.running);
        let running = running.as_mut()?;
        while running.requests.try_join_next().is_some() {}
        let (answer, answered) = oneshot::channel();
        let edge = running.edge.clone();
        running.requests.spawn(async move {
            // A client that has gone away changes nothing.
            let _ = answer.send(edge.handle(&request).await);
        });
        Some(answered)
    }

    async fn live(&self, link: &Link) {
        let app = start(link).await;
        let edge = Arc::new(Edge::new(app.use_cases.clone(), app.engines.store.clone()));
        let background = Background::start(parts(&app, &settings(&self.world.plan)));
        let requests = JoinSet::new();
        *lock(&self.running) = Some(Running { edge, requests, background });
        self.world.tell(format_args!("r{} is up", self.number));
        self.told.notified().await;
        let end = lock(&self.end).take();
        self.world.tell(format_args!("r{} gets {end:?}", self.number));
        if end == Some(End::Stop) {
            let running = lock(&self.running).take();
            if let Some(running) = running {
                running.stop().await;
            }
        }
    }
}

impl Running {
    /// Lets requests and parts finish, as the server does after SIGTERM.
    async fn stop(mut self) {
        let drained = async { while self.requests.join_next().await.is_some() {} };
        // What is not done in time is cut off.
        let _ = timeout(PATIENCE, drained).await;
        self.background.stop(PATIENCE).await;
    }
}

/// The start of a process: the counters are told what the store knows, as often as it takes.
pub(crate) async fn start(link: &Link) -> App {
    loop {
        if let Some(app) = app(link, link.world.clone()).await {
            return app;
        }
        link.wait(Duration::from_secs(1)).await;
    }
}

async fn app(link: &Link, world: Arc<World>) -> Option<App> {
    let engines = engines(link);
    Reconcile::of(&engines).pass().await.ok()?;
    Some(App::build(&settings(&world.plan), engines))
}

/// What the wiring of the server makes of PostgreSQL, Redis and Kafka, with the simulated ones instead.
pub(crate) fn engines(link: &Link) -> Engines {
    let world = &link.world;
    let skew = world.plan.skew.get(link.replica).copied().unwrap_or_default();
    let clock = Arc::new(world.clock.skewed(skew));
    let store = Arc::new(SimStore::new(link.clone()));
    let plain = Engines::on(store, clock, Arc::new(world.ids.clone()));
    Engines {
        admission: Arc::new(SimCounters::new(link.clone())),
        broker: Arc::new(SimBroker(link.clone())),
        lease: Arc::new(SimLease(link.clone())),
        gateway: world
            .plan
            .has_gateway
            .then(|| -> Arc<dyn PaymentGateway> { Arc::new(SimGateway(link.clone())) }),
        broker_memory: BrokerMemory::Remembers,
        ..plain
    }
}

/// The default settings with delays that fit into a run.
pub(crate) fn settings(plan: &Plan) -> Settings {
    let mut settings = SETTINGS.clone();
    settings.inventory.reservation_ttl = plan.hold;
    settings.scheduler.delivery.ship_delay = plan.ship_after;
    settings.scheduler.delivery.delivery_delay = plan.deliver_after;
    settings
}
