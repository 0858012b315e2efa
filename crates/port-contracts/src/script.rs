//! The life of a shop as data: random commands, and a shop on any store that obeys them. What one store answers, every
//! other store and every model of it must answer as well.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ordersystem_adapter_memory::{CounterAdmission, ManualClock, MemoryStore, SequentialIds};
use ordersystem_application::{Call, NewProduct, Policy, Ports, Store, UseCases};
use ordersystem_inventory::{ProductChange, ProductDraft, Stocking};
use ordersystem_order::{Basket, Cause};
use ordersystem_payment::{CallbackOnly, GatewayOutcome};
use ordersystem_shared_kernel::{Aggregate, Coded, OrderId, ProductId};
use proptest::prelude::*;

use crate::World;
use crate::unit::{HOLD, PRICE, quantity, won};

/// The products of a shop by their first stock; none of them never runs out.
pub const STOCKS: [Option<i64>; 3] = [Some(6), Some(3), None];

/// One thing that somebody wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// An order of lines of (product, units), no product twice.
    Place(Vec<(usize, i64)>),
    /// Something happens to the order that is so many younger than the newest one.
    Take(Step, Younger),
    /// An operator gives so much money of an order back.
    Refund(Younger, i64),
    /// So many units of a product more, or fewer.
    Adjust(usize, i64),
    /// A product costs something else.
    Reprice(usize, i64),
    /// Time passes.
    Wait(Duration),
}

/// What can happen to an order, besides being placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are called as the use cases are")]
pub enum Step {
    RequestPayment,
    Succeed,
    Fail,
    Prepare,
    Ship,
    Deliver,
    Cancel,
    Expire,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 8] = {
        use Step::*;
        [RequestPayment, Succeed, Fail, Prepare, Ship, Deliver, Cancel, Expire]
    };
}

/// Which order, counted from the newest; [`Younger::NOBODY`] is none that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Younger(usize);

impl Younger {
    /// The order that was placed last.
    pub const NEWEST: Self = Self(0);
    const NOBODY: usize = 7;

    /// Its place among so many orders.
    pub const fn of(self, orders: usize) -> Option<usize> {
        match orders.checked_sub(1) {
            Some(newest) if self.0 != Self::NOBODY => Some(newest - self.0 % orders),
            _ => None,
        }
    }
}

/// At most so many commands.
pub fn any_script(most: usize) -> impl Strategy<Value = Vec<Command>> {
    prop::collection::vec(any_command(), 0..=most)
}

fn any_command() -> impl Strategy<Value = Command> {
    let lines = (0..STOCKS.len(), 1..4_i64, any::<bool>());
    (0..100_u8, 0..=Younger::NOBODY, lines, -4..9_i64).prop_map(|(kind, order, line, number)| {
        let take = |step| Command::Take(step, Younger(order));
        match kind {
            0..22 => Command::Place(lines_of(line)),
            22..34 => take(Step::RequestPayment),
            34..46 => take(Step::Succeed),
            46..52 => take(Step::Fail),
            52..60 => take(Step::Prepare),
            60..68 => take(Step::Ship),
            68..74 => take(Step::Deliver),
            74..84 => take(Step::Cancel),
            84..88 => take(Step::Expire),
            88..93 => Command::Refund(Younger(order), number * PRICE / 2),
            93..96 => Command::Adjust(line.0, number),
            96..98 => Command::Reprice(line.0, PRICE + number),
            _ => Command::Wait(Duration::from_secs(u64::from(kind) * 10)),
        }
    })
}

/// One line, or two of neighbouring products.
fn lines_of((product, units, two): (usize, i64, bool)) -> Vec<(usize, i64)> {
    let second = two.then_some(((product + 1) % STOCKS.len(), 1));
    [(product, units)].into_iter().chain(second).collect()
}

/// A shop that obeys. Its ids and numbers are counted, so that shops on different stores call everything the same.
pub struct Shop {
    use_cases: UseCases,
    clock: ManualClock,
    products: Vec<ProductId>,
    orders: Vec<OrderId>,
}

impl Shop {
    /// A shop on a store, without products.
    pub fn on(world: &World) -> Self {
        let (use_cases, clock) =
            (use_cases(world.store.clone(), &world.clock), world.clock.clone());
        Self { use_cases, clock, products: Vec::new(), orders: Vec::new() }
    }

    /// Begins another life: [`STOCKS`] is on sale, nobody has ordered yet. What was before stays in the store.
    pub async fn open(&mut self) {
        self.orders.clear();
        self.products.clear();
        for stock in STOCKS {
            let stocking = stock.map_or(Stocking::Unlimited, |_| Stocking::Managed);
            let draft = ProductDraft { name: "상품".to_owned(), price: won(PRICE), stocking };
            let new = NewProduct { draft, stock: stock.unwrap_or_default() };
            let product = self.use_cases.create_product(new, Call::default()).await;
            self.products.push(product.expect("a product can be put on sale").id());
        }
    }

    /// Does what is wanted; the code of the refusal, if it is refused.
    ///
    /// # Errors
    /// The code that clients see.
    pub async fn obey(&mut self, command: &Command) -> Result<(), &'static str> {
        match command {
            Command::Place(lines) => self.place(lines).await,
            Command::Take(step, order) => {
                take(&self.use_cases, &self.clock, *step, self.order(*order)).await
            }
            Command::Refund(order, amount) => {
                let (id, why) = (self.order(*order), "damaged".to_owned());
                let refund = self.use_cases.refund_order(id, *amount, why, Call::default());
                code(refund.await).map(drop)
            }
            Command::Adjust(product, delta) => {
                let (id, why) = (self.product(*product), "counted".to_owned());
                code(self.use_cases.adjust_stock(id, *delta, why, Call::default()).await)
            }
            Command::Reprice(product, price) => {
                let change = ProductChange { name: None, price: Some(won(*price)) };
                let id = self.product(*product);
                code(self.use_cases.change_product(id, change, Call::default()).await).map(drop)
            }
            Command::Wait(time) => {
                self.clock.advance(*time);
                Ok(())
            }
        }
    }

    /// What is on sale, in the order of [`STOCKS`].
    pub fn products(&self) -> &[ProductId] {
        &self.products
    }

    /// What was ordered, oldest first.
    pub fn orders(&self) -> &[OrderId] {
        &self.orders
    }

    async fn place(&mut self, lines: &[(usize, i64)]) -> Result<(), &'static str> {
        let items = lines.iter().map(|(product, units)| (self.product(*product), quantity(*units)));
        let basket = Basket::new(items).expect("scripts have baskets that exist");
        let order = code(self.use_cases.place_order(basket, Call::default()).await)?;
        self.orders.push(order.id());
        Ok(())
    }

    fn order(&self, order: Younger) -> OrderId {
        let order = order.of(self.orders.len()).and_then(|place| self.orders.get(place));
        order.copied().unwrap_or(OrderId::new(i64::MAX))
    }

    fn product(&self, place: usize) -> ProductId {
        self.products.get(place).copied().expect("the shop is open")
    }
}

/// Use cases on a store, with everything else in RAM and counted from 1.
pub fn use_cases(store: Arc<dyn Store>, clock: &ManualClock) -> UseCases {
    let ports = Ports {
        store,
        admission: Arc::new(CounterAdmission::default()),
        gateway: Arc::new(CallbackOnly),
        numbers: Arc::new(MemoryStore::new(Arc::new(clock.clone()))),
        clock: Arc::new(clock.clone()),
        ids: Arc::new(SequentialIds::default()),
    };
    let (courier, zone) = ("CJ대한통운".to_owned(), chrono_tz::Asia::Seoul);
    UseCases::new(ports, Policy { hold: HOLD, courier, zone })
}

/// Takes one step; before a hold is expired, its time passes.
///
/// # Errors
/// The code that clients see.
pub async fn take(
    shop: &UseCases,
    clock: &ManualClock,
    step: Step,
    id: OrderId,
) -> Result<(), &'static str> {
    let (success, failure) = (GatewayOutcome::Success, GatewayOutcome::Failure);
    match step {
        Step::RequestPayment => code(shop.request_payment(id, Call::default()).await),
        Step::Succeed => code(shop.settle_payment(id, success, Call::default()).await),
        Step::Fail => code(shop.settle_payment(id, failure, Call::default()).await),
        Step::Prepare => code(shop.start_shipment(id, Call::default()).await),
        Step::Ship => code(shop.ship(id, Cause::Scheduler, Call::default()).await),
        Step::Deliver => code(shop.deliver(id, Cause::Scheduler, Call::default()).await),
        Step::Cancel => code(shop.cancel_order(id, Call::default()).await),
        Step::Expire => {
            clock.advance(HOLD);
            code(shop.expire_hold(id).await)
        }
    }
}

impl fmt::Debug for Shop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shop").field("orders", &self.orders).finish_non_exhaustive()
    }
}

fn code<T, E: Coded>(result: Result<T, E>) -> Result<T, &'static str> {
    result.map_err(|error| error.code())
}
