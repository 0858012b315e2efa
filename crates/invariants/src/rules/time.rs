//! What should have happened by now. None of these is a bug by itself: an engine may be down, or the sweepers stopped.

use ordersystem_application::DeadLetterState;
use ordersystem_inventory::ReservationState;
use ordersystem_order::OrderStatus;
use ordersystem_shared_kernel::{Aggregate, Timestamp};

use crate::{Books, LATE};

fn is_late(books: &Books<'_>, since: Timestamp) -> bool {
    since < books.now.before(LATE)
}

pub(crate) fn published(books: &Books<'_>) -> Vec<i64> {
    let waiting = books.outbox.iter().filter(|entry| entry.published_at.is_none());
    let late = waiting.filter(|entry| is_late(books, entry.message.at));
    late.map(|entry| entry.message.key).collect()
}

pub(crate) fn refunded(books: &Books<'_>) -> Vec<i64> {
    let owes = books.payments.values().filter(|payment| {
        let mut owed = payment.refunds().iter().filter(|refund| refund.state.done_at().is_none());
        owed.any(|refund| is_late(books, refund.owed_since))
    });
    owes.map(|payment| payment.id().get()).collect()
}

pub(crate) fn expired(books: &Books<'_>) -> Vec<i64> {
    let held = books.reservations.values().filter(|hold| hold.state == ReservationState::Held);
    held.filter(|hold| is_late(books, hold.expires_at)).map(|hold| hold.order.get()).collect()
}

pub(crate) fn handled(books: &Books<'_>) -> Vec<i64> {
    let open = [DeadLetterState::Buried, DeadLetterState::ReplayRequested];
    let letters = books.dead_letters.values();
    letters.filter(|letter| open.contains(&letter.state)).map(|letter| letter.id).collect()
}

pub(crate) fn prepared(books: &Books<'_>) -> Vec<i64> {
    let paid = books.orders.values().filter(|it| it.status() == OrderStatus::PaymentCompleted);
    // The sweeper of paid orders waits as long for the event before it acts.
    let late = paid.filter(|order| is_late(books, order.updated_at().after(LATE)));
    late.map(|order| order.id().get()).collect()
}
