//! One file per use case; this one holds what they share: the ports, the policy, and load–decide–commit with retries.

/// Decides and commits until no conflict comes in between; the expression makes the unit of one try. A macro because the
/// futures of an async closure cannot be promised to be `Send`.
macro_rules! until_committed {
    ($use_cases:ident, $unit:expr) => {{
        let mut tries = $crate::usecase::Tries::default();
        while !$use_cases.committed($unit, &mut tries).await? {}
    }};
}

mod bells;
mod cancel_order;
mod charge;
mod delivery;
mod expire_hold;
mod leaks;
mod payment;
mod place_order;
mod products;
mod refund;
mod samples;
mod stock;

use std::sync::Arc;
use std::time::Duration;

use ordersystem_inventory::{MoveKind, StockAdmission, StockLevel, StockMove};
use ordersystem_order::Order;
use ordersystem_payment::PaymentGateway;
use ordersystem_shared_kernel::{
    Aggregate, Answer, Clock, EventId, Fingerprint, Ids, OrderId, Quantity, Receipt, RequestKey,
    Stamp, TransactionId, Version,
};

pub use self::products::NewProduct;
pub use self::stock::StockStatus;
use crate::error::failure;
use crate::journal;
use crate::offers::Offers;
use crate::{CommitError, Failure, Numbers, OrderStepError, Store, UnitOfWork, UnpaidAccount};

/// Everything outside that the use cases work with.
#[derive(Clone)]
pub struct Ports {
    /// The truth.
    pub store: Arc<dyn Store>,
    /// The fast counters in front of it.
    pub admission: Arc<dyn StockAdmission>,
    /// The company that moves the money.
    pub gateway: Arc<dyn PaymentGateway>,
    /// Order, delivery and product numbers.
    pub numbers: Arc<dyn Numbers>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Event and transaction ids.
    pub ids: Arc<dyn Ids>,
}

/// The shop's rules that are settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// How long an unpaid order holds its stock.
    pub hold: Duration,
    /// Who carries parcels.
    pub courier: String,
    /// Whose evening a parcel arrives in.
    pub zone: chrono_tz::Tz,
}

/// The circumstances of one call, besides what it asks for. `T` is what the call returns.
pub struct Call<'a, T> {
    /// Makes the effect happen at most once.
    pub receipt: Option<CallReceipt<'a, T>>,
    /// The W3C `traceparent`, passed on to the events.
    pub trace: Option<String>,
    /// The version that the caller has seen and insists on.
    pub expected: Option<Version>,
    /// On whose account new orders are.
    pub account: Option<UnpaidAccount>,
}

impl<T> Default for Call<'_, T> {
    fn default() -> Self {
        Self { receipt: None, trace: None, expected: None, account: None }
    }
}

/// See [`Receipt`]; the answer to a request is made from the outcome before the commit, so that both are stored together.
pub enum CallReceipt<'a, T> {
    /// A consumed event.
    Event {
        /// The consumer group.
        consumer: &'static str,
        /// The event's identity.
        event: EventId,
    },
    /// A request with an idempotency key.
    Request {
        /// Whose key, for which call.
        key: RequestKey,
        /// Of everything the effect depends on.
        fingerprint: Fingerprint,
        /// What the client will be answered.
        answer: &'a (dyn Fn(&T) -> Answer + Send + Sync),
    },
}

impl<T> Call<'_, T> {
    fn receipt(&self, outcome: &T) -> Option<Receipt> {
        self.receipt.as_ref().map(|receipt| match receipt {
            CallReceipt::Event { consumer, event } => Receipt::Event { consumer, event: *event },
            CallReceipt::Request { key, fingerprint, answer } => Receipt::Request {
                key: key.clone(),
                fingerprint: *fingerprint,
                answer: answer(outcome),
            },
        })
    }

    /// A unit that carries the call's receipt and trace and nothing else yet.
    fn unit(&self, outcome: &T) -> UnitOfWork {
        UnitOfWork {
            cause: self.receipt(outcome),
            trace: self.trace.clone(),
            ..UnitOfWork::default()
        }
    }

    fn check_version(&self, present: Version) -> Result<(), Failure> {
        if self.expected.is_none_or(|expected| expected == present) {
            Ok(())
        } else {
            Err(Failure::Stale)
        }
    }
}

/// How often a use case has been overtaken.
#[derive(Default)]
struct Tries(usize);

impl Tries {
    const MOST: usize = 16;

    const fn another(&mut self) -> Result<(), Failure> {
        self.0 += 1;
        if self.0 < Self::MOST { Ok(()) } else { Err(Failure::Contended) }
    }
}

/// The use cases. Cheap to clone.
#[derive(Clone)]
pub struct UseCases {
    ports: Ports,
    offers: Offers,
    policy: Arc<Policy>,
    sold_out: Arc<place_order::SoldOutChecks>,
    leaks: Arc<leaks::Leaks>,
    bells: Arc<bells::Bells>,
}

impl UseCases {
    /// Wires the use cases to their ports.
    pub fn new(ports: Ports, policy: Policy) -> Self {
        let offers = Offers::new(ports.store.clone());
        Self {
            ports,
            offers,
            policy: Arc::new(policy),
            sold_out: Arc::default(),
            leaks: Arc::default(),
            bells: Arc::default(),
        }
    }

    /// Whether the unit was committed; if not, others were faster, and the caller loads and decides again.
    async fn committed(&self, unit: UnitOfWork, tries: &mut Tries) -> Result<bool, Failure> {
        match self.commit(unit).await {
            Ok(()) => Ok(true),
            Err(CommitError::Conflict) => tries.another().map(|()| false),
            Err(error) => Err(failure(error)),
        }
    }

    /// Commits, then tells everybody who may repeat what they are told: the counters, the log, and who asks the gateway.
    async fn commit(&self, unit: UnitOfWork) -> Result<(), CommitError> {
        if unit.is_empty() {
            return Ok(());
        }
        let events: Vec<_> =
            unit.orders.iter().flat_map(|change| change.events()).cloned().collect();
        let money: Vec<_> =
            unit.payments.iter().flat_map(|change| change.events()).copied().collect();
        let handled_event = matches!(unit.cause, Some(Receipt::Event { .. }));
        match self.ports.store.commit(unit).await {
            Ok(committed) => {
                events.iter().for_each(journal::tell);
                money.iter().for_each(journal::tell_money);
                self.bells.ring(&money);
                self.project(&committed.levels).await;
                Ok(())
            }
            Err(CommitError::AlreadyHandled(None)) if handled_event => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn project(&self, levels: &[StockLevel]) {
        if !levels.is_empty() {
            // A projection that was overtaken has nothing to add.
            let _overtaken = self.ports.admission.project(levels).await;
        }
    }

    async fn load_order(&self, id: OrderId) -> Result<Order, OrderStepError> {
        self.ports.store.order(id).await?.ok_or(OrderStepError::NotFound(id))
    }

    fn stamp(&self) -> Stamp {
        Stamp { at: self.ports.clock.now(), event: EventId::new(self.ports.ids.uuid()) }
    }

    fn transaction(&self) -> TransactionId {
        TransactionId::new(self.ports.ids.uuid())
    }

    /// One move per line of the order.
    fn moves(&self, order: &Order, kind: impl Fn(Quantity) -> MoveKind) -> Vec<StockMove> {
        let lines = order.lines().as_slice().iter();
        lines
            .map(|line| StockMove {
                product: line.product,
                kind: kind(line.quantity),
                stamp: self.stamp(),
            })
            .collect()
    }
}

/// The moves that give the stock of an unpaid order back.
fn release(order: &Order) -> impl Fn(Quantity) -> MoveKind {
    let order = order.id();
    move |quantity| MoveKind::Release { order, quantity }
}
