//! Every invariant finds the damage that it is there for, in rows that are healthy but for that.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ordersystem_adapter_memory::{ManualClock, MemoryStore};
use ordersystem_application::{
    DeadLetter, DeadLetterState, HistoryEntry, OutboxMessage, Record, Topic,
};
use ordersystem_delivery::Delivery;
use ordersystem_invariants::{ALL, Books, OutboxEntry};
use ordersystem_inventory::{LedgerEntry, LedgerKind, Reservation, ReservationState, StockLevel};
use ordersystem_order::{Order, OrderStatus};
use ordersystem_payment::Payment;
use ordersystem_port_contracts::World;
use ordersystem_shared_kernel::{
    Aggregate, EventId, OrderId, ProductId, Quantity, Timestamp, Version,
};
use uuid::Uuid;

/// A copy of all rows, to be damaged.
#[derive(Clone)]
struct Rows {
    now: Timestamp,
    orders: BTreeMap<OrderId, Order>,
    history: BTreeMap<OrderId, Vec<HistoryEntry>>,
    reservations: BTreeMap<(OrderId, ProductId), Reservation>,
    payments: BTreeMap<OrderId, Payment>,
    deliveries: BTreeMap<OrderId, Delivery>,
    levels: BTreeMap<ProductId, StockLevel>,
    ledger: BTreeMap<ProductId, Vec<LedgerEntry>>,
    outbox: Vec<(OutboxMessage, Option<Timestamp>)>,
    dead_letters: BTreeMap<i64, DeadLetter>,
}

impl Rows {
    fn of(books: &Books<'_>) -> Self {
        Self {
            now: books.now,
            orders: books.orders.clone(),
            history: books.history.clone(),
            reservations: books.reservations.clone(),
            payments: books.payments.clone(),
            deliveries: books.deliveries.clone(),
            levels: books.levels.clone(),
            ledger: books.ledger.clone(),
            outbox: books.outbox.iter().map(|it| (it.message.clone(), it.published_at)).collect(),
            dead_letters: books.dead_letters.clone(),
        }
    }

    fn broken(&self) -> Vec<&'static str> {
        let outbox = self.outbox.iter();
        let outbox = outbox.map(|(message, at)| OutboxEntry { message, published_at: *at });
        let books = Books {
            now: self.now,
            orders: &self.orders,
            history: &self.history,
            reservations: &self.reservations,
            payments: &self.payments,
            deliveries: &self.deliveries,
            levels: &self.levels,
            ledger: &self.ledger,
            outbox: outbox.collect(),
            dead_letters: &self.dead_letters,
        };
        let findings = books.check();
        assert_eq!(findings.len(), ALL.len());
        findings.iter().filter(|it| !it.is_healthy()).map(|it| it.invariant.id).collect()
    }

    fn status(&mut self, order: i64, status: OrderStatus) {
        let order = self.orders.get_mut(&OrderId::new(order)).unwrap();
        let (id, lines, version) = (order.id(), order.lines().clone(), order.version());
        *order = Order::restore(id, lines, status, version, order.placed_at(), order.updated_at());
    }

    fn hold(&mut self, order: i64) -> &mut Reservation {
        self.reservations.get_mut(&(OrderId::new(order), A)).unwrap()
    }

    fn entry(&mut self, kind: LedgerKind) -> &mut LedgerEntry {
        self.ledger.get_mut(&A).unwrap().iter_mut().find(|entry| entry.kind == kind).unwrap()
    }
}

const A: ProductId = ProductId::new(1);

/// Orders 1 open, 2 cancelled, 3 in preparation, 4 paid and waiting, 5 paid and cancelled.
async fn rows() -> Rows {
    let clock = ManualClock::default();
    let store = MemoryStore::new(Arc::new(clock.clone()));
    let world = World::new(store.clone(), clock);
    world.sell(1, 50).await;
    for order in 1..=5 {
        world.commit(world.units().place(order, 1, 2)).await;
    }
    world.commit(world.units().cancel(world.order(2).await)).await;
    world.prepare(3).await;
    for order in [4, 5] {
        world.ask_to_pay(order).await;
        world.pay(order).await;
    }
    world.commit(world.units().give_back(world.order(5).await, world.payment(5).await)).await;
    let rows = store.look(Rows::of);
    assert_eq!(rows.broken(), [""; 0]);
    rows
}

/// Damages a copy of healthy rows; says what is found.
async fn after(damage: impl FnOnce(&mut Rows)) -> Vec<&'static str> {
    let mut rows = rows().await;
    damage(&mut rows);
    rows.broken()
}

fn level(rows: &mut Rows) -> &mut StockLevel {
    rows.levels.get_mut(&A).unwrap()
}

#[tokio::test]
async fn damage_to_the_stock_is_found() {
    assert_eq!(after(|rows| level(rows).total += 1).await, ["I1", "I5"]);
    assert_eq!(after(|rows| level(rows).reserved = 0).await, ["I2", "I5"]);
    assert_eq!(after(|rows| level(rows).reserved = 99).await, ["I2", "I3", "I5"]);
    assert_eq!(after(|rows| rows.entry(LedgerKind::Confirm).total_after += 1).await, ["I5"]);
    let gap = |rows: &mut Rows| rows.entry(LedgerKind::Release).version = Version::new(99);
    assert_eq!(after(gap).await, ["I5", "I11"]);
    assert_eq!(after(|rows| drop(rows.ledger.remove(&A))).await, ["I1", "I5", "I11"]);
}

#[tokio::test]
async fn damage_to_holds_is_found() {
    let released = |rows: &mut Rows| rows.hold(1).state = ReservationState::Released;
    assert_eq!(after(released).await, ["I2", "I9"]);
    let other = |rows: &mut Rows| rows.hold(2).quantity = Quantity::new(7).unwrap();
    assert_eq!(after(other).await, ["I9"]);
    let lost = |rows: &mut Rows| rows.reservations.retain(|(order, _), _| order.get() != 2);
    assert_eq!(after(lost).await, ["I9"]);
    let extra = |rows: &mut Rows| {
        let hold = Reservation { product: ProductId::new(2), ..*rows.hold(2) };
        rows.reservations.insert((hold.order, hold.product), hold);
    };
    assert_eq!(after(extra).await, ["I9"]);
    let twice = |rows: &mut Rows| rows.entry(LedgerKind::Return).kind = LedgerKind::Release;
    assert_eq!(after(twice).await, ["I10"]);
}

#[tokio::test]
async fn damage_to_orders_is_found() {
    let moved = |rows: &mut Rows| rows.status(1, OrderStatus::PaymentRequested);
    assert_eq!(after(moved).await, ["I8"]);
    let shipped = |rows: &mut Rows| rows.status(3, OrderStatus::Shipped);
    assert_eq!(after(shipped).await, ["I8", "I18"]);
    let forgotten = |rows: &mut Rows| {
        rows.history.get_mut(&OrderId::new(3)).unwrap().pop().unwrap();
    };
    assert_eq!(after(forgotten).await, ["I8", "I11"]);
    let again = |rows: &mut Rows| {
        let history = rows.history.get_mut(&OrderId::new(2)).unwrap();
        let last = history.last().unwrap().clone();
        history.push(HistoryEntry { version: last.version.next(), ..last });
    };
    assert_eq!(after(again).await, ["I8", "I19"]);
    let orphaned = |rows: &mut Rows| drop(rows.orders.remove(&OrderId::new(3)));
    assert_eq!(after(orphaned).await, ["I8", "I17", "I18"]);
    let undelivered = |rows: &mut Rows| drop(rows.deliveries.remove(&OrderId::new(3)));
    assert_eq!(after(undelivered).await, ["I18"]);
}

/// The payment of one order as if it were that of another, with its attempts made so many times.
fn copied(rows: &mut Rows, from: i64, to: i64, times: usize) {
    let payment = rows.payments.get(&OrderId::new(from)).unwrap();
    let (order, refunds) = (OrderId::new(to), payment.refunds().to_vec());
    let attempts = vec![payment.attempts(); times].concat();
    let copy = Payment::restore(order, payment.amount(), attempts, refunds, payment.version());
    rows.payments.insert(order, copy);
}

#[tokio::test]
async fn damage_to_money_is_found() {
    let unpaid = |rows: &mut Rows| drop(rows.payments.remove(&OrderId::new(4)));
    assert_eq!(after(unpaid).await, ["I16"]);
    assert_eq!(after(|rows| copied(rows, 4, 4, 2)).await, ["I15"]);
    assert_eq!(after(|rows| copied(rows, 4, 1, 1)).await, ["I17"], "of an open order");
    assert_eq!(after(|rows| copied(rows, 4, 5, 1)).await, ["I17"], "and kept");
    assert_eq!(after(|rows| copied(rows, 4, 99, 1)).await, ["I17"], "of nobody");
    assert_eq!(after(|rows| copied(rows, 5, 4, 1)).await, [""; 0], "what operators may do");
    let twice = |rows: &mut Rows| {
        let payment = rows.payments.get(&OrderId::new(5)).unwrap();
        let refunds = [payment.refunds(), payment.refunds()].concat();
        let (amount, attempts) = (payment.amount(), payment.attempts().to_vec());
        let generous = Payment::restore(payment.id(), amount, attempts, refunds, payment.version());
        rows.payments.insert(generous.id(), generous);
    };
    assert_eq!(after(twice).await, ["I16", "I17"]);
}

#[tokio::test]
async fn damage_to_events_is_found() {
    let other = |rows: &mut Rows| rows.outbox[0].0.id = EventId::new(Uuid::from_u128(99));
    assert_eq!(after(other).await, ["I11"]);
    let swapped = |rows: &mut Rows| rows.outbox.reverse();
    assert_eq!(after(swapped).await, ["I13"]);
    let overtaken = |rows: &mut Rows| rows.outbox.last_mut().unwrap().1 = Some(rows.now);
    assert_eq!(after(overtaken).await, ["I13"]);
}

#[tokio::test]
async fn what_is_late_is_found() {
    let later =
        |seconds| move |rows: &mut Rows| rows.now = rows.now.after(Duration::from_secs(seconds));
    assert_eq!(after(later(60)).await, [""; 0], "not late yet");
    assert_eq!(after(later(61)).await, ["I12", "I17r"]);
    assert_eq!(after(later(121)).await, ["I12", "I17r", "I26"]);
    assert_eq!(after(later(3700)).await, ["I12", "I17r", "I20", "I26"]);
}

#[tokio::test]
async fn what_was_given_up_is_found() {
    let letter = |state| {
        move |rows: &mut Rows| {
            let record = Record {
                topic: Topic::OrderEvents,
                partition: 0,
                offset: 1,
                key: None,
                headers: Vec::new(),
                value: Vec::new(),
            };
            let (group, error) = ("group".to_owned(), "not JSON".to_owned());
            let (buried_at, changed_at) = (rows.now, rows.now);
            let letter = DeadLetter { id: 1, record, group, error, state, buried_at, changed_at };
            rows.dead_letters.insert(1, letter);
        }
    };
    assert_eq!(after(letter(DeadLetterState::Buried)).await, ["I23"]);
    assert_eq!(after(letter(DeadLetterState::ReplayRequested)).await, ["I23"]);
    assert_eq!(after(letter(DeadLetterState::Discarded)).await, [""; 0]);
}
