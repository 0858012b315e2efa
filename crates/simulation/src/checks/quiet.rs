use ordersystem::background::consumers::OrderEvents;
use ordersystem_application::Store;
use ordersystem_application::{
    DeadLetter, DeadLetterFilter, DeadLetterState, DeadLetters, Outbox, Page, Reads,
};
use ordersystem_inventory::Counters;
use ordersystem_order::OrderStatus;
use ordersystem_payment::{Payment, RefundState};

use super::{history, orders};
use crate::world::{World, lock};

/// What has not come to rest yet; nothing may be left a while after the last fault.
pub(crate) async fn unrest(world: &World) -> Vec<String> {
    let open = open_orders(world).await;
    if !open.is_empty() {
        return open;
    }
    let mut unrest = backlog(world).await;
    unrest.extend(unhandled(world).await);
    unrest.extend(unburied(world).await);
    unrest.extend(drift(world).await);
    unrest.extend(money(world).await);
    unrest
}

/// I26: every order comes to an end.
async fn open_orders(world: &World) -> Vec<String> {
    let ended = [OrderStatus::Delivered, OrderStatus::Cancelled];
    let open = orders(world).await.into_iter().filter(|order| !ended.contains(&order.status));
    open.map(|order| format!("I26 order {} is stuck in {}", order.id, order.status)).collect()
}

/// I12: everything is published.
async fn backlog(world: &World) -> Vec<String> {
    let backlog = world.store.backlog().await.unwrap_or_default();
    let waits = backlog.pending > 0;
    waits.then(|| format!("I12 {} events are not published", backlog.pending)).into_iter().collect()
}

/// I14, I23: every payment was consumed.
async fn unhandled(world: &World) -> Vec<String> {
    let mut unhandled = Vec::new();
    for order in orders(world).await {
        for entry in history(world, order.id).await {
            if entry.to == OrderStatus::PaymentCompleted
                && !world.store.has_handled(OrderEvents::GROUP, entry.event)
            {
                unhandled.push(format!("I23 order {}: its payment was never consumed", order.id));
            }
        }
    }
    unhandled
}

/// I23: every poisonous record is a dead letter, and those that somebody wants again were published again.
async fn unburied(world: &World) -> Vec<String> {
    let letters = letters(world).await;
    let poison = lock(&world.poison);
    let lost =
        poison.iter().filter(|value| !letters.iter().any(|letter| letter.record.value == **value));
    let mut unburied: Vec<_> = lost
        .map(|value| format!("I23 {} is no dead letter", String::from_utf8_lossy(value)))
        .collect();
    let waiting = letters.iter().filter(|it| it.state == DeadLetterState::ReplayRequested);
    unburied.extend(waiting.map(|letter| format!("letter {} waits for its replay", letter.id)));
    unburied
}

/// I16, I17: what the gateway took has an outcome here, and what is owed went back, once.
async fn money(world: &World) -> Vec<String> {
    let mut unrest = Vec::new();
    for order in orders(world).await {
        let payment = world.store.payment(order.id).await.ok().flatten();
        let refunds = payment.iter().flat_map(Payment::refunds);
        let owed = refunds.filter(|refund| !matches!(refund.state, RefundState::Done { .. }));
        unrest.extend(owed.map(|refund| format!("I17 order {}: owes {refund:?}", order.id)));
    }
    for (transaction, account) in world.gateway.books() {
        let Some(taken) = account.captured() else { continue };
        let payment = world.store.payment(account.order).await.ok().flatten();
        let attempt = payment.as_ref().and_then(|payment| payment.attempt(Some(transaction)));
        let known = attempt.and_then(|attempt| attempt.outcome.reported());
        let given: i64 =
            payment.iter().flat_map(Payment::refunds).map(|refund| refund.amount.amount()).sum();
        if known != Some(taken) || account.refunded != given {
            let order = account.order;
            unrest
                .push(format!("I16 order {order}: {known:?} and {given} here, {account:?} there"));
        }
    }
    unrest
}

/// I4: the counters are what the store says.
async fn drift(world: &World) -> Vec<String> {
    let page = Page { after: None, limit: usize::MAX };
    let products = world.store.products(page).await.unwrap_or_default();
    let levels = products.iter().filter_map(|listed| listed.level);
    levels
        .filter_map(|level| {
            let right = Counters { stock: level.available(), reserved: level.reserved };
            let counted = world.counters.counters(&[level.product]).first().copied().flatten();
            let product = level.product;
            (counted != Some(right)).then(|| {
                format!("I4 product {product}: {counted:?} are counted, {right:?} are there")
            })
        })
        .collect()
}

pub(super) async fn letters(world: &World) -> Vec<DeadLetter> {
    let page = Page { after: None, limit: usize::MAX };
    world.store.dead_letters(&DeadLetterFilter::default(), page).await.unwrap_or_default()
}
