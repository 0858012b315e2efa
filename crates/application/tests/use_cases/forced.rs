//! Every state of an order × every step × every state of its hold, also those that no life leads to: what is written down
//! here happens, or nothing. It is the last line before the database: a hold that somebody damaged is never sold or given
//! back, whatever the order says.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use ordersystem_adapter_memory::{ManualClock, MemoryStore};
use ordersystem_application::{
    Batch, CommitError, Committed, Needs, Store, StoreUnavailable, StoredAnswer, UnitOfWork,
};
use ordersystem_delivery::Delivery;
use ordersystem_inventory::ReservationState::{self, Confirmed, Held};
use ordersystem_inventory::{LedgerKind, Product, Reservation, StockLevel};
use ordersystem_order::Order;
use ordersystem_order::OrderStatus::{self, *};
use ordersystem_payment::Payment;
use ordersystem_port_contracts::World;
use ordersystem_port_contracts::script::Step::{self, *};
use ordersystem_port_contracts::script::{Command, Shop, Younger, take, use_cases};
use ordersystem_shared_kernel::{Aggregate, OrderId, ProductId, RequestKey};

/// What a step does in a state.
#[derive(Debug, Clone, Copy)]
enum Then {
    /// The order moves on, its hold as well, and only when it is in this state.
    Moves(&'static [OrderStatus], LedgerKind, ReservationState),
    /// The order moves on, its hold does not matter.
    Goes(&'static [OrderStatus]),
    /// The payment is asked for and the hold lasts longer, if it is held.
    Asks,
    /// The order ends with its hold, if that is held; otherwise there is nothing to expire.
    Expires(&'static [OrderStatus]),
    /// Nothing, successfully.
    Stays,
    /// Nothing, with this code.
    Refused(&'static str),
}
use Then::{Asks, Expires, Goes, Moves, Refused, Stays};

const ILLEGAL: Then = Refused("INVALID_STATUS_TRANSITION");
const UNASKED: Then = Refused("PAYMENT_NOT_REQUESTED");
const NO_PARCEL: Then = Refused("DELIVERY_NOT_FOUND");
const NOT_THERE: Then = Refused("INVALID_DELIVERY_TRANSITION");
const SOLD: Then = Moves(&[PaymentCompleted], LedgerKind::Confirm, Held);
const RELEASED: Then = Moves(&[Cancelled], LedgerKind::Release, Held);
const FAILED: Then = Moves(&[PaymentFailed, Cancelled], LedgerKind::Release, Held);
const EXPIRED: Then = Expires(&[Cancelled]);
const TIMED_OUT: Then = Expires(&[PaymentFailed, Cancelled]);
const RETURNED: Then = Moves(&[Cancelled], LedgerKind::Return, Confirmed);

/// A way to a state, and what each of [`Step::ALL`] does there.
#[rustfmt::skip]
const TABLE: [(OrderStatus, &[Step], [Then; 8]); 8] = [
    //                                                request               succeed  fail     prepare                     ship               deliver             cancel    expire
    (Created,           &[],                          [Asks,                UNASKED, UNASKED, ILLEGAL,                    NO_PARCEL,         NO_PARCEL,          RELEASED, EXPIRED]),
    (PaymentRequested,  &[RequestPayment],            [Stays,               SOLD,    FAILED,  ILLEGAL,                    NO_PARCEL,         NO_PARCEL,          RELEASED, TIMED_OUT]),
    (PaymentCompleted,  &[RequestPayment, Succeed],   [ILLEGAL,             Stays,   Stays,   Goes(&[ShipmentPreparing]), NO_PARCEL,         NO_PARCEL,          RETURNED, Stays]),
    (PaymentFailed,     &[RequestPayment, Expire],    [ILLEGAL,             ILLEGAL, ILLEGAL, ILLEGAL,                    NO_PARCEL,         NO_PARCEL,          RELEASED, Stays]),
    (ShipmentPreparing, &[RequestPayment, Succeed, Prepare],
                                                      [ILLEGAL,             Stays,   Stays,   Stays,                      Goes(&[Shipped]),  NOT_THERE,          RETURNED, Stays]),
    (Shipped,           &[RequestPayment, Succeed, Prepare, Ship],
                                                      [ILLEGAL,             Stays,   Stays,   Stays,                      Stays,             Goes(&[Delivered]), ILLEGAL,  Stays]),
    (Delivered,         &[RequestPayment, Succeed, Prepare, Ship, Deliver],
                                                      [ILLEGAL,             Stays,   Stays,   Stays,                      NOT_THERE,         Stays,              ILLEGAL,  Stays]),
    (Cancelled,         &[Cancel],                    [ILLEGAL,             UNASKED, UNASKED, Stays,                      NO_PARCEL,         NO_PARCEL,          Stays,    Stays]),
];

#[tokio::test]
async fn every_state_every_step_every_hold() {
    let mut cells = 0;
    for (status, way, row) in TABLE {
        for (step, then) in Step::ALL.into_iter().zip(row) {
            for hold in ReservationState::ALL.map(Some).into_iter().chain([None]) {
                check(status, way, step, hold, then).await;
                cells += 1;
            }
        }
    }
    assert_eq!(cells, 8 * 8 * 6);
}

async fn check(
    status: OrderStatus,
    way: &[Step],
    step: Step,
    hold: Option<ReservationState>,
    then: Then,
) {
    let clock = ManualClock::default();
    let inner = MemoryStore::new(Arc::new(clock.clone()));
    let mut shop = Shop::on(&World::new(inner.clone(), clock.clone()));
    shop.open().await;
    shop.obey(&Command::Place(vec![(0, 2)])).await.unwrap();
    for step in way {
        shop.obey(&Command::Take(*step, Younger::NEWEST)).await.unwrap();
    }
    let store = Arc::new(Forced { inner, status, hold, accepted: Mutex::default() });
    let outcome = take(&use_cases(store.clone(), &clock), &clock, step, shop.orders()[0]).await;
    let (expected, effects) = match then {
        Moves(states, kind, needed) if hold == Some(needed) => {
            (Ok(()), effects(states, Some(kind)))
        }
        Asks if hold == Some(Held) => (Ok(()), effects(&[PaymentRequested], None)),
        Expires(states) if hold == Some(Held) => {
            (Ok(()), effects(states, Some(LedgerKind::Expire)))
        }
        Moves(..) | Asks => (Err("CONCURRENT_CHANGE"), Vec::new()),
        Goes(states) => (Ok(()), effects(states, None)),
        Stays | Expires(_) => (Ok(()), Vec::new()),
        Refused(code) => (Err(code), Vec::new()),
    };
    let context = format!("{status}, {step:?}, hold {hold:?}");
    assert_eq!(outcome, expected, "{context}");
    assert_eq!(*store.accepted.lock().unwrap(), effects, "{context}");
}

fn effects(states: &[OrderStatus], kind: Option<LedgerKind>) -> Vec<String> {
    let kind = kind.map(|kind| kind.as_str().to_owned());
    states.iter().map(ToString::to_string).chain(kind).collect()
}

/// A store that lies about an order and its hold, decides as every store does, and only remembers what it would write.
struct Forced {
    inner: MemoryStore,
    status: OrderStatus,
    hold: Option<ReservationState>,
    /// Transitions and ledger rows.
    accepted: Mutex<Vec<String>>,
}

impl Forced {
    async fn batch(&self, needs: &Needs) -> Batch {
        let mut batch = Batch::default();
        for id in &needs.orders {
            let order = self.inner.order(*id).await.unwrap().unwrap();
            batch.put_order(*id, order.version());
        }
        for id in &needs.payments {
            if let Some(payment) = self.inner.payment(*id).await.unwrap() {
                batch.put_payment(*id, payment.version());
            }
        }
        for id in &needs.deliveries {
            if let Some(delivery) = self.inner.delivery(*id).await.unwrap() {
                batch.put_delivery(*id, delivery.version());
            }
        }
        for id in &needs.products {
            let (product, level) = self.inner.product(*id).await.unwrap().unwrap();
            // Enough of everything, so that only the hold can refuse.
            let level = level.map(|level| StockLevel { total: 90, reserved: 40, ..level });
            batch.put_product(*id, product.version(), level);
        }
        for (order, product) in &needs.reservations {
            let holds = self.reservations(*order).await.unwrap();
            let hold = holds.into_iter().find(|hold| hold.product == *product);
            hold.into_iter().for_each(|hold| batch.put_reservation(hold));
        }
        batch
    }
}

#[async_trait]
impl Store for Forced {
    async fn commit(&self, work: UnitOfWork) -> Result<Committed, CommitError> {
        let mut needs = Needs::default();
        needs.add(&work);
        let accepted = self.batch(&needs).await.decide(&work)?;
        let mut effects = self.accepted.lock().unwrap();
        let events = work.orders.iter().flat_map(|change| change.events());
        effects.extend(events.map(|event| event.status.to_string()));
        effects.extend(accepted.booked.ledger.iter().map(|row| row.kind.as_str().to_owned()));
        Ok(Committed { levels: accepted.levels })
    }

    async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreUnavailable> {
        let order = self.inner.order(id).await?;
        Ok(order.map(|order| {
            let (lines, version) = (order.lines().clone(), order.version());
            let (placed, updated) = (order.placed_at(), order.updated_at());
            Order::restore(id, lines, self.status, version, placed, updated)
        }))
    }

    async fn payment(&self, order: OrderId) -> Result<Option<Payment>, StoreUnavailable> {
        self.inner.payment(order).await
    }

    async fn delivery(&self, order: OrderId) -> Result<Option<Delivery>, StoreUnavailable> {
        self.inner.delivery(order).await
    }

    async fn product(
        &self,
        id: ProductId,
    ) -> Result<Option<(Product, Option<StockLevel>)>, StoreUnavailable> {
        self.inner.product(id).await
    }

    async fn reservations(&self, order: OrderId) -> Result<Vec<Reservation>, StoreUnavailable> {
        let holds = self.inner.reservations(order).await?;
        let forced = |hold| self.hold.map(|state| Reservation { state, ..hold });
        Ok(holds.into_iter().filter_map(forced).collect())
    }

    async fn answer(&self, key: &RequestKey) -> Result<Option<StoredAnswer>, StoreUnavailable> {
        self.inner.answer(key).await
    }
}
