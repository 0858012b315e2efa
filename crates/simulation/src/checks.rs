//! What must hold: at any time, at quiet, and over everything that was said.

mod clients;
mod events;
mod quiet;

use ordersystem::background::consumers::OrderEvents;
use ordersystem_application::{HistoryEntry, OrderFilter, OrderSummary, Page, Reads};
use ordersystem_order::OrderStatus;
use ordersystem_shared_kernel::OrderId;

pub(crate) use quiet::unrest;

use crate::book::Book;
use crate::world::{World, lock};

/// Checks everything that can be checked at the end.
pub(crate) async fn all(world: &World, book: &Book) {
    world.audit();
    let topics = events::read(world).await;
    events::check(world, &topics).await;
    clients::check(world, book, &topics).await;
    dead_letters(world).await;
    timers(world).await;
}

/// I14: whoever has a receipt for a payment has prepared the shipment as well.
pub(crate) fn inbox(world: &World) -> Vec<String> {
    let paid = world.store.paid_orders();
    let handled =
        paid.into_iter().filter(|(_, event)| world.store.has_handled(OrderEvents::GROUP, *event));
    handled
        .map(|(order, _)| format!("I14 order {order}: its payment was handled without effect"))
        .collect()
}

/// I23: a dead letter is something that no retry can help.
async fn dead_letters(world: &World) {
    for letter in quiet::letters(world).await {
        if !lock(&world.poison).contains(&letter.record.value) {
            world.broken(format!("I23 a good record was buried: {}", letter.error));
        }
    }
}

/// I18: no timer acts before its time.
async fn timers(world: &World) {
    /// Twice what a clock of [`crate::plan::Plan`] may be wrong.
    const SKEW: std::time::Duration = std::time::Duration::from_millis(1_800);
    for order in orders(world).await {
        let history = history(world, order.id).await;
        for pair in history.windows(2) {
            let [before, after] = pair else { continue };
            let delay = match after.to {
                OrderStatus::Shipped => world.plan.ship_after,
                OrderStatus::Delivered => world.plan.deliver_after,
                _ => continue,
            };
            let by_timer = after.cause == ordersystem_order::Cause::Scheduler;
            if by_timer && after.at.after(SKEW) < before.at.after(delay) {
                world.broken(format!("I18 order {}: {} came too early", order.id, after.to));
            }
        }
    }
}

pub(crate) async fn orders(world: &World) -> Vec<OrderSummary> {
    let page = Page { after: None, limit: usize::MAX };
    world.store.orders(&OrderFilter::default(), page).await.unwrap_or_default()
}

pub(crate) async fn history(world: &World, order: OrderId) -> Vec<HistoryEntry> {
    world.store.history(order).await.unwrap_or_default()
}
