//! A shop in RAM with the contract's sample products and a clock that stands still.

use std::sync::Arc;
use std::time::Duration;

use ordersystem::background::supervisor::Background;
use ordersystem::background::timers::{Job, Turn};
use ordersystem::background::{parts, relay::Relay};
use ordersystem::config::{Inputs, Settings, resolve};
use ordersystem::wiring::{Engines, World};
use ordersystem_adapter_gateway::SimulatedGateway;
use ordersystem_adapter_memory::{
    CounterAdmission, ManualClock, MemoryBroker, MemoryStore, SequentialIds,
};
use ordersystem_application::{Bucket, Call, Record, Store, TailFrom, Topic};
use ordersystem_inventory::{Counters, StockAdmission, StockLevel};
use ordersystem_order::{Basket, OrderStatus};
use ordersystem_payment::{GatewayOutcome, PaymentGateway};
use ordersystem_shared_kernel::{OrderId, ProductId, Quantity};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

/// The first sample product: 50 in stock.
pub(crate) const A: ProductId = ProductId::new(1);

/// How long anything may take that is only waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// The shop, its engines within reach.
pub(crate) struct Shop {
    pub(crate) settings: Settings,
    pub(crate) clock: ManualClock,
    pub(crate) store: MemoryStore,
    pub(crate) broker: MemoryBroker,
    pub(crate) counters: CounterAdmission,
    pub(crate) world: World,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let clock = ManualClock::default();
        let shop = Self::around(MemoryStore::new(Arc::new(clock.clone())), clock);
        shop.world.seed().await.unwrap();
        shop
    }

    /// A shop with a gateway.
    pub(crate) async fn with_gateway() -> (Self, Arc<SimulatedGateway>) {
        let clock = ManualClock::default();
        let gateway = Arc::new(SimulatedGateway::new(Arc::new(clock.clone())));
        let store = MemoryStore::new(Arc::new(clock.clone()));
        let shop = Self::wired(store, clock, Some(gateway.clone()));
        shop.world.seed().await.unwrap();
        (shop, gateway)
    }

    /// The same store with everything else new: what a restart leaves.
    pub(crate) fn restarted(self) -> Self {
        Self::around(self.store, self.clock)
    }

    fn around(store: MemoryStore, clock: ManualClock) -> Self {
        Self::wired(store, clock, None)
    }

    fn wired(
        store: MemoryStore,
        clock: ManualClock,
        gateway: Option<Arc<dyn PaymentGateway>>,
    ) -> Self {
        let settings = resolve(&Inputs::default()).unwrap().settings;
        let (broker, counters) = (MemoryBroker::default(), CounterAdmission::default());
        let ids = Arc::new(SequentialIds::default());
        // Identities of an earlier life must not come back.
        for _ in 0..store.ledger(A).len() * 10 {
            ordersystem_shared_kernel::Ids::uuid(ids.as_ref());
        }
        let engines = Engines {
            broker: Arc::new(broker.clone()),
            admission: Arc::new(counters.clone()),
            gateway,
            ..Engines::in_memory(store.clone(), Arc::new(clock.clone()), ids)
        };
        let world = World::build(&settings, engines);
        Self { settings, clock, store, broker, counters, world }
    }

    /// Everything that runs beside the requests.
    pub(crate) fn run(&self) -> Background {
        Background::start(parts(&self.world, &self.settings))
    }

    pub(crate) fn relay(&self) -> Relay {
        Relay::new(
            self.world.engines.outbox.clone(),
            self.world.engines.broker.clone(),
            Uuid::nil(),
        )
    }

    /// Publishes everything that waits.
    pub(crate) async fn publish(&self) {
        while self.relay().turn(&Bucket::all()).await.unwrap() > 0 {}
    }

    pub(crate) async fn placed(&self, quantity: i64) -> OrderId {
        let basket = Basket::single(A, Quantity::new(quantity).unwrap());
        let order = self.world.use_cases.place_order(basket, Call::default()).await.unwrap();
        ordersystem_shared_kernel::Aggregate::id(&order)
    }

    pub(crate) async fn requested(&self, quantity: i64) -> OrderId {
        let order = self.placed(quantity).await;
        self.world.use_cases.request_payment(order, Call::default()).await.unwrap();
        order
    }

    pub(crate) async fn paid(&self, quantity: i64) -> OrderId {
        let order = self.requested(quantity).await;
        let (success, call) = (GatewayOutcome::Success, Call::default());
        self.world.use_cases.settle_payment(order, success, call).await.unwrap();
        order
    }

    pub(crate) async fn prepared(&self, quantity: i64) -> OrderId {
        let order = self.paid(quantity).await;
        self.world.use_cases.start_shipment(order, Call::default()).await.unwrap();
        order
    }

    pub(crate) async fn status(&self, order: OrderId) -> OrderStatus {
        self.store.order(order).await.unwrap().unwrap().status()
    }

    /// Every state the order was in.
    pub(crate) async fn life(&self, order: OrderId) -> Vec<OrderStatus> {
        let history = self.world.engines.reads.history(order).await.unwrap();
        history.into_iter().map(|entry| entry.to).collect()
    }

    pub(crate) async fn level(&self) -> StockLevel {
        self.store.product(A).await.unwrap().unwrap().1.unwrap()
    }

    /// Stock and reserved of the fast counters.
    pub(crate) async fn counted(&self) -> Option<(i64, i64)> {
        let counters = self.counters.counters(&[A]).await[0];
        counters.map(|Counters { stock, reserved }| (stock, reserved))
    }

    /// Everything that the broker holds.
    pub(crate) async fn records(&self) -> Vec<Record> {
        use ordersystem_application::EventBroker;
        let mut tail = self.broker.tail(TailFrom::Beginning).await.unwrap().records;
        let polled = timeout(Duration::from_millis(200), tail.poll(usize::MAX)).await;
        polled.map_or_else(|_nothing| Vec::new(), Result::unwrap)
    }

    /// `order-events:CREATED` and so on, of everything that was published about the order.
    pub(crate) async fn told(&self, order: OrderId) -> Vec<String> {
        let records = self.records().await;
        let about = records.iter().filter(|record| json(record)["orderId"] == order.get());
        about.map(name).collect()
    }

    /// The rules that hold at any time.
    #[track_caller]
    pub(crate) fn check(&self) {
        assert_eq!(self.store.audit(), Vec::<String>::new());
    }
}

fn json(record: &Record) -> serde_json::Value {
    serde_json::from_slice(&record.value).unwrap_or_default()
}

fn name(record: &Record) -> String {
    let json = json(record);
    let what = match record.topic {
        Topic::OrderEvents => &json["status"],
        Topic::InventoryEvents => &json["eventType"],
    };
    what.as_str().unwrap().to_owned()
}

/// Runs the job until nothing more is due.
pub(crate) async fn catch_up(job: &impl Job) {
    while job.turn().await.unwrap() == Turn::More {}
}

/// Waits for a condition with a deadline.
pub(crate) async fn eventually(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let met = async {
        while !condition().await {
            sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(timeout(PATIENCE, met).await.is_ok(), "waited in vain: {what}");
}

pub(crate) async fn stop(background: Background) {
    background.stop(PATIENCE).await;
}
