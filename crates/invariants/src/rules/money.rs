use ordersystem_order::{Order, OrderStatus};
use ordersystem_payment::{AttemptOutcome, Payment};
use ordersystem_shared_kernel::{Aggregate, Money};

use super::orders::broken;
use crate::Books;

pub(crate) fn paid_once(books: &Books<'_>) -> Vec<i64> {
    let captured = |payment: &Payment| {
        let attempts = payment.attempts().iter();
        attempts.filter(|it| matches!(it.outcome, AttemptOutcome::Captured { .. })).count()
    };
    let twice = books.payments.values().filter(|payment| captured(payment) > 1);
    twice.map(|payment| payment.id().get()).collect()
}

/// The whole total of a paid order was taken, and never more goes back than came, one refund after another.
pub(crate) fn balances(books: &Books<'_>) -> Vec<i64> {
    let unpaid = broken(books, |order| {
        let taken = books.payments.get(&order.id()).and_then(taken);
        !is_paid(order) || taken == Some(order.lines().total())
    });
    let generous = books.payments.values().filter(|payment| !goes_back(payment));
    [unpaid, generous.map(|payment| payment.id().get()).collect()].concat()
}

fn goes_back(payment: &Payment) -> bool {
    let taken = taken(payment);
    let refunds = payment.refunds();
    let numbered = refunds.iter().zip(1..).all(|(refund, number)| refund.number == number);
    let currency = taken.map(Money::currency);
    let alike = refunds.iter().all(|refund| Some(refund.amount.currency()) == currency);
    numbered && alike && back(payment) <= amount(taken)
}

/// All that was taken for a cancelled order is owed back, and nothing was taken for one that may still be cancelled unpaid.
pub(crate) fn owed_back(books: &Books<'_>) -> Vec<i64> {
    let broken = books.payments.values().filter(|payment| {
        let Some(order) = books.orders.get(&payment.id()) else { return true };
        match (taken(payment), order.status()) {
            (None, _) => false,
            (Some(taken), OrderStatus::Cancelled) => back(payment) != taken.amount(),
            (Some(_), _) => !is_paid(order),
        }
    });
    broken.map(|payment| payment.id().get()).collect()
}

fn is_paid(order: &Order) -> bool {
    matches!(
        order.status(),
        OrderStatus::PaymentCompleted
            | OrderStatus::ShipmentPreparing
            | OrderStatus::Shipped
            | OrderStatus::Delivered
    )
}

fn taken(payment: &Payment) -> Option<Money> {
    payment.captured()?.outcome.reported()
}

fn back(payment: &Payment) -> i64 {
    payment.refunds().iter().map(|refund| refund.amount.amount()).sum()
}

fn amount(money: Option<Money>) -> i64 {
    money.map_or(0, Money::amount)
}
