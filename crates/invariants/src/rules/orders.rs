use std::collections::BTreeSet;

use ordersystem_application::HistoryEntry;
use ordersystem_delivery::DeliveryStatus;
use ordersystem_order::{Order, OrderStatus, TRANSITIONS};
use ordersystem_shared_kernel::{Aggregate, OrderId, Version};

use crate::Books;

pub(crate) fn history(books: &Books<'_>) -> Vec<i64> {
    let strangers = books.history.keys().filter(|order| !books.orders.contains_key(order));
    let strangers = strangers.copied().collect();
    [broken(books, |order| tells(history_of(books, order.id()), order)), numbers(strangers)]
        .concat()
}

fn tells(history: &[HistoryEntry], order: &Order) -> bool {
    let mut expected = (Version::new(0), None);
    let chained = history.iter().all(|entry| {
        let (version, from) = expected;
        expected = (version.next(), Some(entry.to));
        entry.version == version.next() && entry.from == from && allowed(entry)
    });
    chained && expected == (order.version(), Some(order.status()))
}

fn allowed(entry: &HistoryEntry) -> bool {
    match entry.from {
        None => entry.to == OrderStatus::Created,
        Some(from) => TRANSITIONS.contains(&(from, entry.to)),
    }
}

pub(crate) fn steps_once(books: &Books<'_>) -> Vec<i64> {
    broken(books, |order| {
        let mut seen = BTreeSet::new();
        history_of(books, order.id()).iter().all(|entry| seen.insert(entry.to.as_str()))
    })
}

pub(crate) fn delivery(books: &Books<'_>) -> Vec<i64> {
    let strangers = books.deliveries.keys().filter(|order| !books.orders.contains_key(order));
    let strangers = strangers.copied().collect();
    let agrees = |order: &Order| {
        let delivery = books.deliveries.get(&order.id()).map(|delivery| delivery.status());
        match order.status() {
            OrderStatus::ShipmentPreparing => delivery == Some(DeliveryStatus::ShipmentPreparing),
            OrderStatus::Shipped => delivery == Some(DeliveryStatus::Shipped),
            OrderStatus::Delivered => delivery == Some(DeliveryStatus::Delivered),
            OrderStatus::Cancelled => delivery.is_none_or(|it| it == DeliveryStatus::Cancelled),
            OrderStatus::Created
            | OrderStatus::PaymentRequested
            | OrderStatus::PaymentCompleted
            | OrderStatus::PaymentFailed => delivery.is_none(),
        }
    };
    [broken(books, agrees), numbers(strangers)].concat()
}

/// The orders of which it is not true.
pub(super) fn broken(books: &Books<'_>, holds: impl Fn(&Order) -> bool) -> Vec<i64> {
    let broken = books.orders.values().filter(|order| !holds(order));
    broken.map(|order| order.id().get()).collect()
}

pub(super) fn numbers(orders: Vec<OrderId>) -> Vec<i64> {
    orders.into_iter().map(OrderId::get).collect()
}

pub(super) fn history_of<'a>(books: &Books<'a>, order: OrderId) -> &'a [HistoryEntry] {
    books.history.get(&order).map_or(&[][..], Vec::as_slice)
}
