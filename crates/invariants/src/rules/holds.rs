use std::collections::BTreeMap;

use ordersystem_inventory::{LedgerKind, Reservation, ReservationState};
use ordersystem_order::{Order, OrderStatus};
use ordersystem_shared_kernel::{Aggregate, OrderId, ProductId};

use super::orders::broken;
use crate::Books;

pub(crate) fn agree(books: &Books<'_>) -> Vec<i64> {
    broken(books, |order| {
        let hold = |product| books.reservations.get(&(order.id(), product));
        order.lines().as_slice().iter().all(|line| {
            hold(line.product).is_some_and(|hold| {
                hold.quantity == line.quantity && implied(order).contains(&hold.state)
            })
        }) && order.lines().as_slice().len() == holds_of(books, order.id()).count()
    })
}

fn implied(order: &Order) -> &'static [ReservationState] {
    use ReservationState::{Confirmed, Expired, Held, Released, Returned};
    match order.status() {
        OrderStatus::Created | OrderStatus::PaymentRequested => &[Held],
        OrderStatus::PaymentFailed => &[Released, Expired],
        OrderStatus::Cancelled => &[Released, Expired, Returned],
        OrderStatus::PaymentCompleted
        | OrderStatus::ShipmentPreparing
        | OrderStatus::Shipped
        | OrderStatus::Delivered => &[Confirmed],
    }
}

fn holds_of<'a>(books: &Books<'a>, order: OrderId) -> impl Iterator<Item = &'a Reservation> {
    let first = (order, ProductId::new(i64::MIN));
    let last = (order, ProductId::new(i64::MAX));
    books.reservations.range(first..=last).map(|(_, hold)| hold)
}

/// What the ledger says of one hold.
#[derive(Default)]
struct Moves {
    reserved: usize,
    confirmed: usize,
    given_back: usize,
    returned: usize,
}

pub(crate) fn resolved_once(books: &Books<'_>) -> Vec<i64> {
    let mut holds: BTreeMap<(OrderId, ProductId), Moves> = BTreeMap::new();
    for entry in books.ledger.values().flatten() {
        let Some(order) = entry.order else { continue };
        let moves = holds.entry((order, entry.product)).or_default();
        match entry.kind {
            LedgerKind::Reserve => moves.reserved += 1,
            LedgerKind::Confirm => moves.confirmed += 1,
            LedgerKind::Release | LedgerKind::Expire => moves.given_back += 1,
            LedgerKind::Return => moves.returned += 1,
            LedgerKind::Adjust => {}
        }
    }
    let broken = holds.into_iter().filter(|(_, moves)| {
        moves.reserved != 1
            || moves.confirmed + moves.given_back > 1
            || moves.returned > moves.confirmed
    });
    broken.map(|((order, _), _)| order.get()).collect()
}
