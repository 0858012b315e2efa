//! Payments and refunds: kept as they were decided, and found when the gateway has to be asked.

use std::time::Duration;

use ordersystem_application::{CLAIM, CommitError, DueRefund, UnitOfWork};
use ordersystem_payment::{
    AttemptOutcome, Callback, GatewayOutcome, Payment, RefundReason, RefundState,
};
use ordersystem_shared_kernel::{Clock, Money, OrderId, TransactionId};
use tokio::task::JoinSet;

use crate::World;
use crate::unit::{PRICE, won};

const MOMENT: Duration = Duration::from_micros(1);
const LONGEST: Duration = Duration::from_secs(60);

/// In doubt, asked in vain, reported with another amount, failed, and taken all the same.
pub async fn keeps_what_became_of_an_attempt(world: World) {
    requested(&world, 1).await;
    let transaction = present(&world.payment(1).await);
    let other = Callback { amount: Some(won(1)), ..GatewayOutcome::Success.into() };
    let mut names = vec![outcome(&world.payment(1).await).as_str()];
    for step in 0..5 {
        world.clock.advance(MOMENT);
        let unit = world.units().money(world.payment(1).await, |payment, stamp| match step {
            0 => payment.postpone(transaction, LONGEST, stamp),
            1 => payment.report(&other, stamp),
            2 => payment.postpone(transaction, LONGEST, stamp),
            3 => payment.failed_at_gateway(transaction, stamp),
            _ => payment.captured_by_gateway(transaction, won(PRICE), stamp),
        });
        let payment = keeps(&world, unit).await;
        assert_eq!(payment.attempts().len(), 1, "it stays one attempt");
        names.push(outcome(&payment).as_str());
    }
    let expected = ["PENDING", "PENDING", "MISMATCH", "MISMATCH", "FAILED", "CAPTURED"];
    assert_eq!(names, expected);
}

/// What the gateway took is kept as it was taken, and goes back so.
pub async fn keeps_another_amount_in_another_currency(world: World) {
    requested(&world, 1).await;
    let dollars = "USD".parse().expect("a currency");
    let taken = Money::new(7, dollars).expect("an amount");
    let unit = world.units().money(world.payment(1).await, |payment, stamp| {
        payment.captured_by_gateway(present(payment), taken, stamp)
    });
    keeps(&world, unit).await;
    let unit = world.units().money(world.payment(1).await, |payment, stamp| {
        payment.give_back(RefundReason::AmountMismatch, stamp)
    });
    let payment = keeps(&world, unit).await;
    assert_eq!(payment.amount(), won(PRICE), "what was asked for stays what it was");
    assert_eq!(payment.refunds().first().map(|refund| refund.amount), Some(taken));
}

/// Every reason and every state, side by side.
pub async fn keeps_what_goes_back(world: World) {
    paid(&world, 1).await;
    assert_eq!(world.payment(1).await.refunds(), [], "nothing is owed for a paid order");
    for step in 0..7 {
        world.clock.advance(MOMENT);
        let unit = world.units().money(world.payment(1).await, |payment, stamp| match step {
            0 => payment.refund(1_000, "a dent 흠집".to_owned(), stamp).ok(),
            1 => payment.refund(2_000, String::new(), stamp).ok(),
            2 => payment.refund_done(1, stamp),
            3 => payment.postpone_refund(2, LONGEST, stamp),
            4 => payment.refund_refused(2, "NO_BALANCE".to_owned(), LONGEST, stamp),
            5 => payment.give_back(RefundReason::OrderCancelled, stamp),
            _ => payment.refund_done(2, stamp),
        });
        keeps(&world, unit).await;
    }
    let payment = world.payment(1).await;
    let told: Vec<_> =
        payment.refunds().iter().map(|r| (r.number, r.amount.amount(), r.state.as_str())).collect();
    assert_eq!(told, [(1, 1_000, "DONE"), (2, 2_000, "DONE"), (3, PRICE - 3_000, "PENDING")]);
}

/// Refunds are guarded by the payment's version: of two that would go back twice, one is a conflict.
pub async fn goes_back_once_under_concurrency(world: World) {
    paid(&world, 1).await;
    let loaded = world.payment(1).await;
    let mut rivals = JoinSet::new();
    for _ in 0..8 {
        let unit = world.units().money(loaded.clone(), |payment, stamp| {
            payment.refund(PRICE, "all of it".to_owned(), stamp).ok()
        });
        let store = world.store.clone();
        rivals.spawn(async move { store.commit(unit).await });
    }
    let outcomes = rivals.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "one wins");
    assert!(
        outcomes
            .iter()
            .flat_map(|outcome| outcome.as_ref().err())
            .all(|error| *error == CommitError::Conflict)
    );
    assert_eq!(world.payment(1).await.refunds().len(), 1);
}

/// At once, then after each pause, and not any more once nothing is in doubt; who waits longest comes first.
pub async fn is_asked_for_when_it_is_due(world: World) {
    world.sell(1, 50).await;
    for order in [2, 1, 3] {
        ask(&world, order).await;
        world.clock.advance(MOMENT);
    }
    let due = async |limit| {
        let due = world.due.due_charges(limit).await.expect("due work can be read");
        world.clock.advance(CLAIM);
        due.into_iter().map(OrderId::get).collect::<Vec<_>>()
    };
    assert_eq!(due(2).await, [2, 1], "oldest first, at most the limit");
    assert_eq!(due(9).await, [2, 1, 3], "they stay due until somebody acts");
    let unit = world.units().money(world.payment(2).await, |payment, stamp| {
        payment.postpone(present(payment), LONGEST, stamp)
    });
    world.commit(unit).await;
    let next = world.payment(2).await.in_doubt().and_then(|a| a.outcome.retry()).expect("in doubt");
    assert_eq!(due(9).await, [1, 3], "asked a moment ago");
    world.clock.advance(next.next_at.since(world.clock.now()));
    assert_eq!(due(9).await, [1, 3, 2], "asked again");
    world.pay(1).await;
    let unit = world.units().money(world.payment(3).await, |payment, stamp| {
        payment.failed_at_gateway(present(payment), stamp)
    });
    world.commit(unit).await;
    assert_eq!(due(9).await, [2], "nothing is in doubt any more");
    let other = Callback { amount: Some(won(1)), ..GatewayOutcome::Success.into() };
    let unit = world.units().money(world.payment(2).await, |p, stamp| p.report(&other, stamp));
    world.commit(unit).await;
    assert_eq!(due(9).await, [2], "a mismatch is asked for");
}

/// Each refund by itself: at once, then after each pause, until the money went back.
pub async fn goes_back_when_it_is_due(world: World) {
    paid(&world, 1).await;
    for number in 1..=3 {
        world.clock.advance(MOMENT);
        let unit = world.units().money(world.payment(1).await, |payment, stamp| {
            payment.refund(number, "a part".to_owned(), stamp).ok()
        });
        world.commit(unit).await;
    }
    let due = async |limit| {
        let due = world.due.due_refunds(limit).await.expect("due work can be read");
        world.clock.advance(CLAIM);
        let number = |due: DueRefund| {
            assert_eq!(due.order, OrderId::new(1));
            due.number
        };
        due.into_iter().map(number).collect::<Vec<_>>()
    };
    assert_eq!(due(2).await, [1, 2], "oldest first, at most the limit");
    assert_eq!(due(9).await, [1, 2, 3], "they stay due until somebody acts");
    let steps: [fn(&mut Payment, _) -> _; 3] = [
        |payment, stamp| payment.postpone_refund(1, LONGEST, stamp),
        |payment, stamp| payment.refund_refused(2, "NO".to_owned(), LONGEST, stamp),
        |payment, stamp| payment.refund_done(3, stamp),
    ];
    for step in steps {
        let unit = world.units().money(world.payment(1).await, step);
        world.commit(unit).await;
    }
    assert_eq!(due(9).await, [0; 0], "asked a moment ago, or done");
    assert_eq!(due(9).await, [1, 2], "what was refused is asked for again too");
    let state = world.payment(1).await.refund_number(3).map(|refund| refund.state.clone());
    assert!(matches!(state, Some(RefundState::Done { .. })));
}

/// An order of one unit that waits for its payment.
async fn requested(world: &World, order: i64) {
    world.sell(1, 50).await;
    ask(world, order).await;
}

async fn ask(world: &World, order: i64) {
    world.commit(world.units().place(order, 1, 1)).await;
    world.ask_to_pay(order).await;
}

async fn paid(world: &World, order: i64) {
    requested(world, order).await;
    world.pay(order).await;
}

/// Commits a change of order 1's payment and loads it again.
async fn keeps(world: &World, unit: UnitOfWork) -> Payment {
    let decided = unit.payments.first().map(|change| change.state().clone());
    world.commit(unit).await;
    let payment = world.payment(1).await;
    assert_eq!(Some(&payment), decided.as_ref(), "a payment is loaded as it was committed");
    payment
}

fn present(payment: &Payment) -> TransactionId {
    payment.attempt(None).expect("an attempt was made").transaction
}

fn outcome(payment: &Payment) -> AttemptOutcome {
    payment.attempt(None).expect("an attempt was made").outcome
}
