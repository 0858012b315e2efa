use std::any::Any;
use std::fmt;
use std::sync::Arc;

use ordersystem_adapter_memory::ManualClock;
use ordersystem_application::{
    Bucket, CommitError, Committed, DeadLetters, DueWork, Numbers, Outbox, OutboxRow, Reads, Store,
    UnitOfWork,
};
use ordersystem_delivery::Delivery;
use ordersystem_inventory::{Reservation, StockLevel};
use ordersystem_order::Order;
use ordersystem_payment::Payment;
use ordersystem_shared_kernel::{Clock, OrderId, ProductId};

use crate::unit::{self, Units};

/// An empty store with all of its ports and the clock that it goes by.
#[derive(Clone)]
pub struct World {
    /// The truth.
    pub store: Arc<dyn Store>,
    /// Lists.
    pub reads: Arc<dyn Reads>,
    /// What is due.
    pub due: Arc<dyn DueWork>,
    /// What is to be published.
    pub outbox: Arc<dyn Outbox>,
    /// Order, delivery and product numbers.
    pub numbers: Arc<dyn Numbers>,
    /// What could not be handled.
    pub dead_letters: Arc<dyn DeadLetters>,
    /// The store's clock.
    pub clock: ManualClock,
    guard: Option<Arc<dyn Any + Send + Sync>>,
}

impl World {
    /// A store that implements every port.
    pub fn new<S>(store: S, clock: ManualClock) -> Self
    where
        S: Store + Reads + DueWork + Outbox + Numbers + DeadLetters + Clone + 'static,
    {
        Self {
            reads: Arc::new(store.clone()),
            due: Arc::new(store.clone()),
            outbox: Arc::new(store.clone()),
            numbers: Arc::new(store.clone()),
            dead_letters: Arc::new(store.clone()),
            store: Arc::new(store),
            clock,
            guard: None,
        }
    }

    /// Keeps something alive for as long as the world, such as the folder of a database.
    #[must_use]
    pub fn keeping(self, guard: impl Any + Send + Sync) -> Self {
        Self { guard: Some(Arc::new(guard)), ..self }
    }

    /// Builds units at the present moment.
    pub fn units(&self) -> Units {
        unit::at(self.clock.now())
    }

    /// Commits what must be accepted.
    pub async fn commit(&self, unit: UnitOfWork) -> Committed {
        let committed = self.store.commit(unit).await;
        committed.expect("a valid unit of work must be committed")
    }

    /// Commits what must be refused.
    pub async fn refused(&self, promise: &str, unit: UnitOfWork) -> CommitError {
        match self.store.commit(unit).await {
            Ok(committed) => panic!("{promise}: the unit was committed: {committed:?}"),
            Err(error) => error,
        }
    }

    /// Puts a managed product on sale with so many units.
    pub async fn sell(&self, product: i64, stock: i64) {
        self.commit(self.units().product(product, stock)).await;
    }

    /// The order, which must exist.
    pub async fn order(&self, order: i64) -> Order {
        let found = self.store.order(OrderId::new(order)).await;
        found.expect("orders can be loaded").expect("a committed order can be loaded")
    }

    /// The order's payment, which must exist.
    pub async fn payment(&self, order: i64) -> Payment {
        let found = self.store.payment(OrderId::new(order)).await;
        found.expect("payments can be loaded").expect("a committed payment can be loaded")
    }

    /// The order's delivery, which must exist.
    pub async fn delivery(&self, order: i64) -> Delivery {
        let found = self.store.delivery(OrderId::new(order)).await;
        found.expect("deliveries can be loaded").expect("a committed delivery can be loaded")
    }

    /// The level of a product, which must exist; none when its stock is unlimited.
    pub async fn level(&self, product: i64) -> Option<StockLevel> {
        let found = self.store.product(ProductId::new(product)).await;
        found.expect("products can be loaded").expect("a committed product can be loaded").1
    }

    /// (total, reserved) of a managed product.
    pub async fn stock(&self, product: i64) -> (i64, i64) {
        let level = self.level(product).await.expect("the product's stock is managed");
        (level.total, level.reserved)
    }

    /// The order's holds.
    pub async fn holds(&self, order: i64) -> Vec<Reservation> {
        let holds = self.store.reservations(OrderId::new(order)).await;
        holds.expect("reservations can be loaded")
    }

    /// Every row that waits for the relay.
    pub async fn unpublished(&self) -> Vec<OutboxRow> {
        self.outbox.unpublished(&Bucket::all(), 100_000).await.expect("the outbox can be read")
    }

    /// Brings an order into PAYMENT_REQUESTED.
    pub async fn ask_to_pay(&self, order: i64) {
        let unit = self.units().request_payment(self.order(order).await);
        self.commit(unit).await;
    }

    /// Brings an order from PAYMENT_REQUESTED into PAYMENT_COMPLETED.
    pub async fn pay(&self, order: i64) {
        let unit = self.units().pay(self.order(order).await, self.payment(order).await);
        self.commit(unit).await;
    }

    /// Brings an order from CREATED into SHIPMENT_PREPARING; its delivery has the number of the order.
    pub async fn prepare(&self, order: i64) {
        self.ask_to_pay(order).await;
        self.pay(order).await;
        self.commit(self.units().prepare(self.order(order).await, order)).await;
    }

    /// Brings an order from SHIPMENT_PREPARING into SHIPPED.
    pub async fn ship(&self, order: i64) {
        let unit = self.units().ship(self.order(order).await, self.delivery(order).await);
        self.commit(unit).await;
    }

    /// Brings an order from SHIPPED into DELIVERED.
    pub async fn deliver(&self, order: i64) {
        let unit = self.units().deliver(self.order(order).await, self.delivery(order).await);
        self.commit(unit).await;
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World")
            .field("clock", &self.clock)
            .field("guarded", &self.guard.is_some())
            .finish_non_exhaustive()
    }
}
