//! Everything that the ports show of one life.

use std::time::Duration;

use ordersystem_application::{
    Bucket, DueRefund, HistoryEntry, ListedProduct, OrderFilter, OrderSummary, OutboxMessage, Page,
};
use ordersystem_delivery::Delivery;
use ordersystem_inventory::{Product, Reservation, StockLevel};
use ordersystem_order::{Order, OrderStatus};
use ordersystem_payment::Payment;
use ordersystem_port_contracts::World;
use ordersystem_port_contracts::script::Shop;
use ordersystem_shared_kernel::OrderId;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct View {
    orders: Vec<Seen>,
    products: Vec<Option<(Product, Option<StockLevel>)>>,
    lists: Vec<Vec<OrderSummary>>,
    catalogue: Vec<ListedProduct>,
    moved: Vec<StockLevel>,
    /// By key, and in order within each.
    messages: Vec<OutboxMessage>,
    due: [Vec<OrderId>; 5],
    refunds: Vec<DueRefund>,
}

/// One order.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    order: Option<Order>,
    payment: Option<Payment>,
    delivery: Option<Delivery>,
    holds: Vec<Reservation>,
    history: Vec<HistoryEntry>,
}

pub(crate) async fn view(world: &World, shop: &Shop) -> View {
    let mut orders = Vec::new();
    for id in shop.orders() {
        orders.push(seen(world, *id).await);
    }
    let mut products = Vec::new();
    for id in shop.products() {
        products.push(world.store.product(*id).await.unwrap());
    }
    // What a store has just called due it may keep to itself for a while.
    world.clock.advance(Duration::from_mins(1));
    View {
        orders,
        products,
        lists: lists(world, shop).await,
        catalogue: world.reads.products(page(shop)).await.unwrap(),
        moved: moved(world, shop).await,
        messages: messages(world).await,
        due: due(world).await,
        refunds: refunds(world).await,
    }
}

async fn seen(world: &World, id: OrderId) -> Seen {
    Seen {
        order: world.store.order(id).await.unwrap(),
        payment: world.store.payment(id).await.unwrap(),
        delivery: world.store.delivery(id).await.unwrap(),
        holds: world.store.reservations(id).await.unwrap(),
        history: world.reads.history(id).await.unwrap(),
    }
}

/// The products of this life.
fn page(shop: &Shop) -> Page {
    Page { after: shop.products().first().map(|first| first.get() - 1), limit: 10 }
}

async fn lists(world: &World, shop: &Shop) -> Vec<Vec<OrderSummary>> {
    let product = shop.products().first().copied();
    let middle = shop.orders().get(shop.orders().len() / 2).copied();
    let placed = match middle {
        Some(id) => world.store.order(id).await.unwrap().map(|order| order.placed_at()),
        None => None,
    };
    let filters = [
        OrderFilter { product, ..OrderFilter::default() },
        OrderFilter { product, statuses: vec![OrderStatus::Cancelled], ..OrderFilter::default() },
        OrderFilter { product, placed_from: placed, ..OrderFilter::default() },
        OrderFilter { product, placed_to: placed, ..OrderFilter::default() },
    ];
    let mut lists = Vec::new();
    for filter in filters {
        let first = world.reads.orders(&filter, Page { after: None, limit: 3 }).await.unwrap();
        let after = first.last().map(|row| row.id.get());
        lists.push(first);
        lists.push(world.reads.orders(&filter, Page { after, limit: 100 }).await.unwrap());
    }
    lists
}

async fn moved(world: &World, shop: &Shop) -> Vec<StockLevel> {
    let since = match shop.orders().last() {
        Some(id) => world.store.order(*id).await.unwrap().map(|order| order.placed_at()),
        None => None,
    };
    match since {
        Some(since) => world.reads.moved_levels(since, page(shop)).await.unwrap(),
        None => Vec::new(),
    }
}

/// What was committed since the last look.
async fn messages(world: &World) -> Vec<OutboxMessage> {
    let rows = world.outbox.unpublished(&Bucket::all(), 100_000).await.unwrap();
    let positions: Vec<_> = rows.iter().map(|row| row.position).collect();
    world.outbox.mark_published(&positions).await.unwrap();
    let mut messages: Vec<_> = rows.into_iter().map(|row| row.message).collect();
    messages.sort_by_key(|message| (message.topic, message.key));
    messages
}

/// Of all lives so far.
async fn due(world: &World) -> [Vec<OrderId>; 5] {
    let delay = Duration::from_mins(30);
    let lists = [
        world.due.expired_holds(100_000).await,
        world.due.due_shipments(delay, 100_000).await,
        world.due.due_arrivals(delay, 100_000).await,
        world.due.unprepared_orders(delay, 100_000).await,
        world.due.due_charges(100_000).await,
    ];
    lists.map(|list| {
        let mut list = list.unwrap();
        list.sort_unstable();
        list
    })
}

async fn refunds(world: &World) -> Vec<DueRefund> {
    let mut refunds = world.due.due_refunds(100_000).await.unwrap();
    refunds.sort_unstable();
    refunds
}
