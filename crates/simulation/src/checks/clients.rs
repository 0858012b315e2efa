use std::collections::{BTreeMap, BTreeSet};

use ordersystem_application::{Store, Topic};
use ordersystem_inventory::LedgerKind;
use ordersystem_order::OrderStatus;
use ordersystem_payment::GatewayOutcome;
use ordersystem_shared_kernel::{OrderId, ProductId, Quantity};

use super::events::{Effect, Topics};
use super::{history, orders};
use crate::book::{Book, Operation};
use crate::client::order_of;
use crate::edge::{Reply, Wish};
use crate::world::World;

/// The clients' word against the database's.
pub(super) async fn check(world: &World, book: &Book, topics: &Topics) {
    let operations = book.operations();
    for (number, operation) in operations.iter().enumerate() {
        if let Some(Reply::Done { body, .. }) = &operation.reply {
            kept(world, topics, number, operation, body).await;
        }
    }
    no_phantoms(world, &operations, topics).await;
    adjustments(world, &operations);
    serializable(world, &operations, topics);
}

/// I6, I15: what was acknowledged has happened.
async fn kept(world: &World, topics: &Topics, number: usize, done: &Operation, body: &[u8]) {
    let wish = &done.wish;
    let holds = match wish {
        Wish::Place(_) => {
            let effects = topics.effects.get(&number).map_or(&[][..], Vec::as_slice);
            let placed = effects.iter().find(|effect| effect.is_new_order);
            order_of(body).map(OrderId::get) == placed.map(|effect| effect.key)
        }
        Wish::RequestPayment(order) => was(world, *order, OrderStatus::PaymentRequested).await,
        Wish::Cancel(order) => was(world, *order, OrderStatus::Cancelled).await,
        Wish::Ship(order) => was(world, *order, OrderStatus::Shipped).await,
        Wish::Deliver(order) => was(world, *order, OrderStatus::Delivered).await,
        Wish::Callback(order, outcome) => settled(world, *order, *outcome).await,
        Wish::Adjust(..) | Wish::Reprice(..) | Wish::Sync(_) | Wish::Look(_) => true,
    };
    if !holds {
        world.broken(format!("I6 {number} {wish:?} was acknowledged and is not there"));
    }
}

async fn was(world: &World, order: OrderId, status: OrderStatus) -> bool {
    history(world, order).await.iter().any(|entry| entry.to == status)
}

/// A success that was acknowledged is money with an outcome, a failure is an outcome.
async fn settled(world: &World, order: OrderId, outcome: GatewayOutcome) -> bool {
    let Ok(Some(payment)) = world.store.payment(order).await else { return false };
    match outcome {
        GatewayOutcome::Success => payment.captured().is_some(),
        GatewayOutcome::Failure => {
            payment.attempts().iter().any(|attempt| attempt.outcome.decided_at().is_some())
        }
    }
}

/// I7: every order was wanted, as it is, and only once.
async fn no_phantoms(world: &World, operations: &[Operation], topics: &Topics) {
    let mut wanted = BTreeMap::new();
    for (number, effects) in &topics.effects {
        let placed: BTreeSet<_> =
            effects.iter().filter(|effect| effect.is_new_order).map(|effect| effect.key).collect();
        if placed.len() > 1 {
            world.broken(format!("I7 operation {number} became {} orders", placed.len()));
        }
        wanted.extend(placed.into_iter().map(|order| (order, *number)));
    }
    for summary in orders(world).await {
        let wish = wanted.get(&summary.id.get()).and_then(|number| operations.get(*number));
        let order = world.store.order(summary.id).await.ok().flatten();
        let lines = order.iter().flat_map(|order| order.lines().as_slice());
        let lines: Vec<_> = lines.map(|line| (line.product, line.quantity)).collect();
        let is_wanted = wish.is_some_and(
            |operation| matches!(&operation.wish, Wish::Place(wanted) if added_up(wanted) == added_up(&lines)),
        );
        if !is_wanted {
            world.broken(format!("I7 order {}: nobody wanted it", summary.id));
        }
    }
}

fn added_up(lines: &[(ProductId, Quantity)]) -> BTreeMap<ProductId, i64> {
    let mut units = BTreeMap::new();
    for (product, quantity) in lines {
        *units.entry(*product).or_default() += quantity.get();
    }
    units
}

/// I7, I21: stock was adjusted once for every adjustment that was acknowledged, and at most once for the others.
fn adjustments(world: &World, operations: &[Operation]) {
    let mut counts: BTreeMap<ProductId, (usize, usize)> = BTreeMap::new();
    for operation in operations {
        if let Wish::Adjust(product, _) = operation.wish {
            let (done, wanted) = counts.entry(product).or_default();
            *done += usize::from(matches!(operation.reply, Some(Reply::Done { .. })));
            // Without a key it may have happened with every try.
            *wanted += if operation.has_key { 1 } else { 12 };
        }
    }
    for (product, (done, wanted)) in counts {
        let ledger = world.store.ledger(product);
        if ledger.is_empty() {
            // Its stock is not counted.
            continue;
        }
        let adjusted = ledger.iter().filter(|entry| entry.kind == LedgerKind::Adjust).count();
        // The first one is the stock that the product came with.
        if !(done + 1..=wanted + 1).contains(&adjusted) {
            world.broken(format!(
                "I21 product {product}: {adjusted} adjustments of {done}–{wanted}"
            ));
        }
    }
}

/// When an operation was in flight, and which versions of one object it made or saw.
#[derive(Debug, Clone, Copy)]
struct Access {
    sent: i64,
    answered: i64,
    lowest: i64,
    highest: i64,
    is_read: bool,
}

/// I22: who was answered before another began comes first in the versions of every object that both touched.
fn serializable(world: &World, operations: &[Operation], topics: &Topics) {
    for ((topic, key), mut accesses) in accesses(operations, topics) {
        accesses.sort_by_key(|access| access.sent);
        let mut ended = accesses.clone();
        ended.sort_by_key(|access| access.answered);
        let mut ended = ended.into_iter().peekable();
        let mut floor = 0;
        for access in accesses {
            while let Some(before) = ended.next_if(|before| before.answered < access.sent) {
                floor = floor.max(before.highest);
            }
            let in_order =
                if access.is_read { floor <= access.lowest } else { floor < access.lowest };
            if !in_order {
                world.broken(format!("I22 {topic} {key}: {access:?} after version {floor}"));
            }
        }
    }
}

fn accesses(operations: &[Operation], topics: &Topics) -> BTreeMap<(Topic, i64), Vec<Access>> {
    let mut accesses: BTreeMap<_, Vec<Access>> = BTreeMap::new();
    for (number, operation) in operations.iter().enumerate() {
        let effects = topics.effects.get(&number).map_or(&[][..], Vec::as_slice);
        for (object, (lowest, highest)) in versions(effects) {
            let (sent, answered) = (operation.sent, acknowledged(operation));
            let access = Access { sent, answered, lowest, highest, is_read: false };
            accesses.entry(object).or_default().push(access);
        }
        if let (Wish::Look(order), Some(Reply::Done { body, .. }), Some(answered)) =
            (&operation.wish, &operation.reply, operation.answered)
            && let Some(version) = str::from_utf8(body).ok().and_then(|body| body.parse().ok())
        {
            let (lowest, highest, sent) = (version, version, operation.sent);
            let access = Access { sent, answered, lowest, highest, is_read: true };
            accesses.entry((Topic::OrderEvents, order.get())).or_default().push(access);
        }
    }
    accesses
}

/// When it was known to have happened. A refusal is never pinned: that of one try says nothing about another that is still
/// on its way.
fn acknowledged(operation: &Operation) -> i64 {
    let is_done = matches!(operation.reply, Some(Reply::Done { .. }));
    operation.answered.filter(|_| is_done).unwrap_or(i64::MAX)
}

fn versions(effects: &[Effect]) -> BTreeMap<(Topic, i64), (i64, i64)> {
    let mut versions = BTreeMap::new();
    for effect in effects {
        let version = effect.version;
        let (lowest, highest) =
            versions.entry((effect.topic, effect.key)).or_insert((version, version));
        (*lowest, *highest) = (version.min(*lowest), version.max(*highest));
    }
    versions
}
