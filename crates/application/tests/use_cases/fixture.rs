use std::sync::Arc;
use std::time::Duration;

use ordersystem_adapter_memory::{CounterAdmission, ManualClock, MemoryStore, SequentialIds};
use ordersystem_application::{
    Bucket, Call, CallReceipt, DueWork, Failure, NewProduct, Outbox, OutboxRow, Policy, Ports,
    Store, Topic, UseCases,
};
use ordersystem_inventory::{Counters, ProductDraft, StockAdmission, StockLevel, Stocking};
use ordersystem_order::{Basket, Cause, Order, OrderStatus};
use ordersystem_payment::{CallbackOnly, GatewayOutcome, Payment, PaymentGateway, Refund};
use ordersystem_port_contracts::unit::{quantity, request_key, won};
use ordersystem_shared_kernel::{Aggregate, Answer, Coded, Fingerprint, OrderId, ProductId};

/// A shop with the three sample products: 50, 30, and without end.
#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) use_cases: UseCases,
    pub(crate) store: MemoryStore,
    pub(crate) counters: CounterAdmission,
    pub(crate) clock: ManualClock,
    pub(crate) ids: SequentialIds,
}

/// What can happen to an order, besides being placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    RequestPayment,
    Succeed,
    Fail,
    Prepare,
    Ship,
    Deliver,
    Cancel,
    Expire,
}

pub(crate) const STEPS: [Step; 8] = {
    use Step::*;
    [RequestPayment, Succeed, Fail, Prepare, Ship, Deliver, Cancel, Expire]
};

pub(crate) const HOLD: Duration = Duration::from_hours(1);

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::open_with(Arc::new(CallbackOnly)).await
    }

    /// A shop whose money this gateway moves.
    pub(crate) async fn open_with(gateway: Arc<dyn PaymentGateway>) -> Self {
        let clock = ManualClock::default();
        let store = MemoryStore::new(Arc::new(clock.clone()));
        let (counters, ids) = (CounterAdmission::default(), SequentialIds::default());
        let use_cases = use_cases(&store, Arc::new(counters.clone()), gateway, &clock, &ids);
        let shop = Self { use_cases, store, counters, clock, ids };
        assert!(shop.use_cases.seed_samples().await.unwrap());
        shop
    }

    /// Another process on the same store, with counters of its own choice.
    pub(crate) fn replica(&self, counters: Arc<dyn StockAdmission>) -> UseCases {
        use_cases(&self.store, counters, Arc::new(CallbackOnly), &self.clock, &self.ids)
    }

    /// Places an order of two units of product 1.
    pub(crate) async fn place(&self) -> OrderId {
        self.place_all(&[(1, 2)]).await.id()
    }

    pub(crate) async fn place_all(&self, items: &[(i64, i64)]) -> Order {
        self.use_cases.place_order(basket(items), Call::default()).await.unwrap()
    }

    /// Takes one step; the code of the refusal, if it was refused.
    pub(crate) async fn take(&self, step: Step, id: OrderId) -> Result<(), &'static str> {
        let shop = &self.use_cases;
        let (scheduler, success) = (Cause::Scheduler, GatewayOutcome::Success);
        match step {
            Step::RequestPayment => code(shop.request_payment(id, Call::default()).await),
            Step::Succeed => code(shop.settle_payment(id, success, Call::default()).await),
            Step::Fail => {
                code(shop.settle_payment(id, GatewayOutcome::Failure, Call::default()).await)
            }
            Step::Prepare => code(shop.start_shipment(id, Call::default()).await),
            Step::Ship => code(shop.ship(id, scheduler, Call::default()).await),
            Step::Deliver => code(shop.deliver(id, scheduler, Call::default()).await),
            Step::Cancel => code(shop.cancel_order(id, Call::default()).await),
            Step::Expire => {
                self.clock.advance(HOLD);
                code(shop.expire_hold(id).await)
            }
        }
    }

    pub(crate) async fn take_all(&self, steps: &[Step], id: OrderId) {
        for step in steps {
            self.take(*step, id).await.unwrap();
        }
    }

    pub(crate) async fn status(&self, id: OrderId) -> OrderStatus {
        self.store.order(id).await.unwrap().unwrap().status()
    }

    pub(crate) async fn refunds(&self, id: OrderId) -> Vec<Refund> {
        self.payment(id).await.map_or_else(Vec::new, |payment| payment.refunds().to_vec())
    }

    pub(crate) async fn payment(&self, id: OrderId) -> Option<Payment> {
        self.store.payment(id).await.unwrap()
    }

    pub(crate) async fn level(&self, product: i64) -> StockLevel {
        self.store.product(ProductId::new(product)).await.unwrap().unwrap().1.unwrap()
    }

    /// (total, reserved) of a managed product.
    pub(crate) async fn stock(&self, product: i64) -> (i64, i64) {
        let level = self.level(product).await;
        (level.total, level.reserved)
    }

    pub(crate) async fn counted(&self, product: i64) -> Option<Counters> {
        self.counters.counters(&[ProductId::new(product)]).await[0]
    }

    pub(crate) async fn outbox(&self) -> Vec<OutboxRow> {
        self.store.unpublished(&Bucket::all(), 100_000).await.unwrap()
    }

    /// The transitions of all orders, as published.
    pub(crate) async fn transitions(&self) -> Vec<String> {
        let rows = self.outbox().await;
        let orders = rows.iter().filter(|row| row.message.topic == Topic::OrderEvents);
        orders.map(|row| row.message.kind.to_string()).collect()
    }

    /// The rules that hold at any time, and the counters' agreement with the store, which holds at rest.
    pub(crate) async fn check(&self, context: &str) {
        assert_eq!(self.store.audit(), Vec::<String>::new(), "{context}");
        for product in [1, 2] {
            let level = self.level(product).await;
            let expected = Counters { stock: level.available(), reserved: level.reserved };
            assert_eq!(self.counted(product).await, Some(expected), "{context}: counters");
        }
    }

    pub(crate) async fn due_holds(&self) -> Vec<OrderId> {
        self.store.expired_holds(100).await.unwrap()
    }
}

fn use_cases(
    store: &MemoryStore,
    admission: Arc<dyn StockAdmission>,
    gateway: Arc<dyn PaymentGateway>,
    clock: &ManualClock,
    ids: &SequentialIds,
) -> UseCases {
    let ports = Ports {
        store: Arc::new(store.clone()),
        numbers: Arc::new(store.clone()),
        admission,
        gateway,
        clock: Arc::new(clock.clone()),
        ids: Arc::new(ids.clone()),
    };
    let courier = "CJ대한통운".to_owned();
    UseCases::new(ports, Policy { hold: HOLD, courier, zone: chrono_tz::Asia::Seoul })
}

pub(crate) fn basket(items: &[(i64, i64)]) -> Basket {
    let items = items.iter().map(|(product, units)| (ProductId::new(*product), quantity(*units)));
    Basket::new(items).unwrap()
}

pub(crate) fn product(name: &str, price: i64, stocking: Stocking, stock: i64) -> NewProduct {
    let draft = ProductDraft { name: name.to_owned(), price: won(price), stocking };
    NewProduct { draft, stock }
}

/// A call with an idempotency key.
pub(crate) fn keyed<'a, T>(
    key: &str,
    answer: &'a (dyn Fn(&T) -> Answer + Send + Sync),
) -> Call<'a, T> {
    let fingerprint = Fingerprint([1; 32]);
    let receipt = CallReceipt::Request { key: request_key(key), fingerprint, answer };
    Call { receipt: Some(receipt), ..Call::default() }
}

pub(crate) fn replayed(failure: &Failure) -> &[u8] {
    match failure {
        Failure::Replayed(stored) => &stored.answer.0,
        other => panic!("not a replay: {other:?}"),
    }
}

pub(crate) fn code<T, E: Coded>(result: Result<T, E>) -> Result<T, &'static str> {
    result.map_err(|error| error.code())
}
