use std::time::Duration;

use ordersystem::background::consumers::{Consumer, OrderEvents, StockEvents};
use ordersystem::background::reconcile::Reconcile;
use ordersystem::background::supervisor::Part;
use ordersystem::background::timers::{
    Charges, Deliveries, Holds, Job, Refunds, Replay, Step, StepDelay, UnpreparedOrders,
};
use ordersystem_application::{DeadLetterState, Store, Topic};
use ordersystem_order::OrderStatus;
use ordersystem_payment::GatewayOutcome;
use ordersystem_shared_kernel::{ProductId, Quantity};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::shop::Shop;
use crate::edge::Wish;
use crate::replica::start;
use crate::world::lock;

/// What is looked at, call by call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of the use cases and parts say it")]
pub enum Act {
    Place,
    PlaceLines,
    RequestPayment,
    Success,
    Failure,
    LateSuccess,
    CancelPlaced,
    CancelRequested,
    CancelPaid,
    CancelPrepared,
    Ship,
    Deliver,
    Adjust,
    Reprice,
    Sync,
    ExpirePlaced,
    ExpireRequested,
    ShipByTimer,
    DeliverByTimer,
    PrepareLeftBehind,
    RelayBatch,
    ConsumeOrderEvents,
    ConsumeStockEvents,
    Reconcile,
    ReplayDeadLetter,
    Charge,
    Refund,
    Start,
}

impl Act {
    /// All of them.
    pub const ALL: [Self; 28] = [
        Self::Place,
        Self::PlaceLines,
        Self::RequestPayment,
        Self::Success,
        Self::Failure,
        Self::LateSuccess,
        Self::CancelPlaced,
        Self::CancelRequested,
        Self::CancelPaid,
        Self::CancelPrepared,
        Self::Ship,
        Self::Deliver,
        Self::Adjust,
        Self::Reprice,
        Self::Sync,
        Self::ExpirePlaced,
        Self::ExpireRequested,
        Self::ShipByTimer,
        Self::DeliverByTimer,
        Self::PrepareLeftBehind,
        Self::RelayBatch,
        Self::ConsumeOrderEvents,
        Self::ConsumeStockEvents,
        Self::Reconcile,
        Self::ReplayDeadLetter,
        Self::Charge,
        Self::Refund,
        Self::Start,
    ];

    /// Whether a gateway is asked for the money, instead of waiting for what it reports.
    pub(super) const fn has_gateway(self) -> bool {
        matches!(self, Self::Charge | Self::Refund)
    }

    /// Brings the world to the point where the act can begin.
    pub(super) async fn prepare(self, shop: &mut Shop) {
        if !matches!(self, Self::Place | Self::PlaceLines) {
            shop.prepare(place(1)).await;
        }
        let order = shop.order;
        let wishes = match self {
            Self::Success | Self::Failure | Self::CancelRequested | Self::ExpireRequested => {
                vec![Wish::RequestPayment(order)]
            }
            Self::LateSuccess => vec![Wish::RequestPayment(order), Wish::Cancel(order)],
            Self::CancelPaid
            | Self::PrepareLeftBehind
            | Self::RelayBatch
            | Self::ConsumeOrderEvents
            | Self::ConsumeStockEvents
            | Self::Start => paid(shop),
            Self::CancelPrepared | Self::Ship | Self::ShipByTimer => paid(shop),
            Self::Deliver | Self::DeliverByTimer => paid(shop),
            Self::Charge => vec![Wish::RequestPayment(order)],
            _ => Vec::new(),
        };
        for wish in wishes {
            shop.prepare(wish).await;
        }
        self.let_time_pass(shop).await;
    }

    async fn let_time_pass(self, shop: &mut Shop) {
        let plan = shop.world.plan.clone();
        let is_prepared = matches!(
            self,
            Self::CancelPrepared
                | Self::Ship
                | Self::ShipByTimer
                | Self::Deliver
                | Self::DeliverByTimer
        );
        if is_prepared || matches!(self, Self::PrepareLeftBehind) {
            sleep(UnpreparedOrders::PATIENCE).await;
        }
        if is_prepared {
            turn(&left_behind(shop)).await;
        }
        if matches!(self, Self::Deliver | Self::DeliverByTimer) {
            shop.prepare(Wish::Ship(shop.order)).await;
        }
        match self {
            Self::ExpirePlaced | Self::ExpireRequested => sleep(plan.hold).await,
            Self::ShipByTimer => sleep(plan.ship_after).await,
            Self::DeliverByTimer => sleep(plan.deliver_after).await,
            Self::ConsumeOrderEvents | Self::ConsumeStockEvents => shop.publish().await,
            Self::ReplayDeadLetter => bury(shop).await,
            Self::Refund => owe(shop).await,
            _ => {}
        }
    }

    /// What a client asks for in this act; none for those of the background.
    pub(super) fn wish(self, shop: &Shop) -> Option<Wish> {
        let order = shop.order;
        match self {
            Self::Place => Some(place(1)),
            Self::PlaceLines => Some(place(3)),
            Self::RequestPayment => Some(Wish::RequestPayment(order)),
            Self::Success | Self::LateSuccess => {
                Some(Wish::Callback(order, GatewayOutcome::Success))
            }
            Self::Failure => Some(Wish::Callback(order, GatewayOutcome::Failure)),
            Self::CancelPlaced
            | Self::CancelRequested
            | Self::CancelPaid
            | Self::CancelPrepared => Some(Wish::Cancel(order)),
            Self::Ship => Some(Wish::Ship(order)),
            Self::Deliver => Some(Wish::Deliver(order)),
            Self::Adjust => Some(Wish::Adjust(Shop::PRODUCT, 5)),
            Self::Reprice => Some(Wish::Reprice(Shop::PRODUCT, 2_000)),
            Self::Sync => Some(Wish::Sync(Shop::PRODUCT)),
            _ => None,
        }
    }

    /// Acts once.
    pub(super) async fn act(self, shop: &Shop) {
        if let Some(wish) = self.wish(shop) {
            shop.ask(wish).await;
            return;
        }
        self.act_alone(shop).await;
    }

    async fn act_alone(self, shop: &Shop) {
        let (engines, cases) = (&shop.app.engines, shop.app.use_cases.clone());
        let (due, plan) = (engines.due.clone(), &shop.world.plan);
        match self {
            Self::ExpirePlaced | Self::ExpireRequested => {
                turn(&Holds::new(cases, due, Duration::from_secs(1))).await;
            }
            Self::ShipByTimer => {
                let delay = StepDelay { step: Step::Ship, delay: plan.ship_after };
                turn(&Deliveries::new(cases, due, delay)).await;
            }
            Self::DeliverByTimer => {
                let delay = StepDelay { step: Step::Deliver, delay: plan.deliver_after };
                turn(&Deliveries::new(cases, due, delay)).await;
            }
            Self::PrepareLeftBehind => turn(&left_behind(shop)).await,
            Self::RelayBatch => shop.publish().await,
            Self::ConsumeOrderEvents => {
                let handler = OrderEvents::new(cases, engines.clock.clone());
                for_a_while(&Consumer::new(handler, engines)).await;
            }
            Self::ConsumeStockEvents => {
                let handler = StockEvents::new(cases, engines.clock.clone());
                for_a_while(&Consumer::new(handler, engines)).await;
            }
            Self::Reconcile => drop(Reconcile::of(engines).pass().await),
            Self::ReplayDeadLetter => {
                let letters = engines.dead_letters.clone();
                turn(&Replay::new(letters, engines.broker.clone())).await;
            }
            Self::Charge => turn(&Charges::new(cases, due)).await,
            Self::Refund => turn(&Refunds::new(cases, due)).await,
            _ => drop(start(&shop.link).await),
        }
    }
}

/// An order whose money was taken and has to go back; the gateway does not take that of every order.
async fn owe(shop: &mut Shop) {
    for _ in 0..20 {
        shop.prepare(place(1)).await;
        shop.prepare(Wish::RequestPayment(shop.order)).await;
        turn(&Charges::new(shop.app.use_cases.clone(), shop.app.engines.due.clone())).await;
        let order = shop.world.store.order(shop.order).await;
        if order.is_ok_and(|it| it.is_some_and(|it| it.status() == OrderStatus::PaymentCompleted)) {
            shop.prepare(Wish::Cancel(shop.order)).await;
            return;
        }
    }
    shop.world.broken("the gateway takes nothing".to_owned());
}

/// One look of a timer; an error is what the misfortune of this run brings with it.
async fn turn(job: &impl Job) {
    let _ = job.turn().await;
}

fn place(lines: i64) -> Wish {
    let one = |product| Some((ProductId::new(product), Quantity::new(2).ok()?));
    Wish::Place((1..=lines).filter_map(one).collect())
}

fn paid(shop: &Shop) -> Vec<Wish> {
    let order = shop.order;
    vec![Wish::RequestPayment(order), Wish::Callback(order, GatewayOutcome::Success)]
}

fn left_behind(shop: &Shop) -> UnpreparedOrders {
    UnpreparedOrders::new(shop.app.use_cases.clone(), shop.app.engines.due.clone())
}

/// Long enough to read and handle what is there.
async fn for_a_while(part: &impl Part) {
    // A part that is cut off is what a crash leaves.
    let _ = timeout(Duration::from_secs(2), part.run(&CancellationToken::new())).await;
}

/// A record that nobody can handle, and somebody who wants it published again.
async fn bury(shop: &Shop) {
    let (world, value) = (&shop.world, b"no JSON".to_vec());
    world.broker.append(Topic::OrderEvents, Some("1"), &[], &value);
    lock(&world.poison).insert(value);
    let cases = shop.app.use_cases.clone();
    let handler = OrderEvents::new(cases, shop.app.engines.clock.clone());
    for_a_while(&Consumer::new(handler, &shop.app.engines)).await;
    let letters = &shop.app.engines.dead_letters;
    // The first letter of a new shop.
    let _ = letters.set_dead_letters(&[1], DeadLetterState::ReplayRequested).await;
}
