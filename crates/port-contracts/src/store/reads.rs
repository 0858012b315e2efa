//! [`Reads`](ordersystem_application::Reads): lists and histories for people.

use std::time::Duration;

use ordersystem_application::{OrderFilter, OrderSummary, Page};
use ordersystem_order::{Cause, OrderStatus};
use ordersystem_shared_kernel::{Clock, OrderId, ProductId, Timestamp};

use crate::World;

/// By id, descending.
pub async fn list_orders_newest_first(world: World) {
    place_orders(&world).await;
    assert_eq!(list(&world, OrderFilter::default()).await, [6, 5, 4, 3, 2, 1]);
    assert_eq!(page(&world, OrderFilter::default(), None, 2).await, [6, 5], "at most the limit");
}

/// A cursor means the same rows, whatever is placed meanwhile.
pub async fn page_orders_stably_under_inserts(world: World) {
    place_orders(&world).await;
    let all = OrderFilter::default;
    assert_eq!(page(&world, all(), None, 3).await, [6, 5, 4]);
    world.commit(world.units().place(7, 1, 1)).await;
    assert_eq!(page(&world, all(), Some(4), 3).await, [3, 2, 1], "the second page is unmoved");
    assert_eq!(page(&world, all(), Some(1), 3).await, Vec::<i64>::new(), "nothing follows");
}

/// Any of the named states.
pub async fn filter_orders_by_status(world: World) {
    place_orders(&world).await;
    let filter = |statuses: &[OrderStatus]| OrderFilter {
        statuses: statuses.to_vec(),
        ..OrderFilter::default()
    };
    let cancelled = [OrderStatus::Cancelled];
    assert_eq!(list(&world, filter(&cancelled)).await, [2], "one state");
    let two = [OrderStatus::Cancelled, OrderStatus::PaymentRequested];
    assert_eq!(list(&world, filter(&two)).await, [3, 2], "any of two states");
    assert_eq!(
        list(&world, filter(&[OrderStatus::Shipped])).await,
        Vec::<i64>::new(),
        "no such order"
    );
}

/// Orders with any line of the product.
pub async fn filter_orders_by_product(world: World) {
    place_orders(&world).await;
    let filter = |id| OrderFilter { product: Some(ProductId::new(id)), ..OrderFilter::default() };
    assert_eq!(list(&world, filter(2)).await, [6, 4], "also as a second line");
    assert_eq!(list(&world, filter(1)).await, [6, 5, 3, 2, 1]);
    assert_eq!(list(&world, filter(77)).await, Vec::<i64>::new(), "an unknown product");
}

/// From a moment on, before a moment.
pub async fn filter_orders_by_time(world: World) {
    let start = place_orders(&world).await;
    let minute = |minutes: u64| Some(start.after(Duration::from_mins(minutes)));
    let filter =
        |placed_from, placed_to| OrderFilter { placed_from, placed_to, ..OrderFilter::default() };
    assert_eq!(list(&world, filter(minute(3), None)).await, [6, 5, 4], "the first is included");
    assert_eq!(list(&world, filter(None, minute(3))).await, [3, 2, 1], "the last is excluded");
    assert_eq!(list(&world, filter(minute(1), minute(2))).await, [2]);
    let just_after = minute(3).map(|moment| moment.after(Duration::from_micros(1)));
    assert_eq!(list(&world, filter(just_after, None)).await, [6, 5], "to the microsecond");
}

/// All conditions hold for every row of every page.
pub async fn combine_filters_and_pages(world: World) {
    let start = place_orders(&world).await;
    let filter = OrderFilter {
        statuses: vec![OrderStatus::Created, OrderStatus::PaymentRequested],
        product: Some(ProductId::new(1)),
        placed_from: Some(start),
        placed_to: Some(start.after(Duration::from_mins(5))),
    };
    assert_eq!(list(&world, filter.clone()).await, [5, 3, 1]);
    assert_eq!(page(&world, filter.clone(), None, 2).await, [5, 3], "the first page is full");
    assert_eq!(page(&world, filter, Some(3), 2).await, [1], "the second continues behind it");
}

/// A row of the list agrees with the order.
pub async fn show_the_whole_order(world: World) {
    place_orders(&world).await;
    let filter = OrderFilter::default();
    let rows = world.reads.orders(&filter, Page { after: None, limit: 10 }).await;
    let rows = rows.expect("orders can be listed");
    for row in rows {
        let order = world.order(row.id.get()).await;
        let expected = OrderSummary {
            id: row.id,
            status: order.status(),
            total: order.lines().total(),
            lines: if row.id.get() == 6 { 2 } else { 1 },
            placed_at: order.placed_at(),
            updated_at: order.updated_at(),
        };
        assert_eq!(row, expected, "a row of the list agrees with the order");
    }
}

/// Every transition with its cause, by version.
pub async fn tell_the_history_of_an_order(world: World) {
    world.sell(1, 50).await;
    world.commit(world.units().place(1, 1, 1)).await;
    world.clock.advance(Duration::from_micros(1));
    let expired = world.clock.now();
    world.commit(world.units().expire(world.order(1).await)).await;
    let history = world.reads.history(OrderId::new(1)).await.expect("a history can be read");
    let told: Vec<_> = history.iter().map(|e| (e.version.get(), e.from, e.to, e.cause)).collect();
    let created = (1, None, OrderStatus::Created, Cause::Customer);
    let ended = (2, Some(OrderStatus::Created), OrderStatus::Cancelled, Cause::HoldExpired);
    assert_eq!(told, [created, ended], "every transition, gapless");
    assert_eq!(history.last().map(|entry| entry.at), Some(expired), "with its moment");
    let unknown = world.reads.history(OrderId::new(77)).await.expect("a history can be read");
    assert_eq!(unknown, [], "an unknown order has no history");
}

/// By id, ascending, with levels where stock is managed.
pub async fn list_products_by_id(world: World) {
    world.sell(2, 30).await;
    world.commit(world.units().unlimited(3)).await;
    world.sell(1, 50).await;
    let page = async |after, limit| {
        let listed = world.reads.products(Page { after, limit }).await;
        listed.expect("products can be listed")
    };
    let listed = page(None, 10).await;
    let stock: Vec<_> = listed.iter().map(|row| row.level.map(|level| level.total)).collect();
    assert_eq!(stock, [Some(50), Some(30), None], "by id, with levels");
    let names: Vec<_> = listed.iter().map(|row| row.product.name()).collect();
    assert_eq!(names, ["상품 1", "상품 2", "상품 3"]);
    assert_eq!(Some(page(None, 2).await.as_slice()), listed.get(..2), "at most the limit");
    assert_eq!(Some(page(Some(2), 2).await.as_slice()), listed.get(2..), "behind the cursor");
}

/// Six orders a minute apart: 2 is cancelled, 3 is being paid, 4 and the second line of 6 are of product 2.
async fn place_orders(world: &World) -> Timestamp {
    world.sell(1, 50).await;
    world.sell(2, 50).await;
    let start = world.clock.now();
    for order in 1..=6 {
        let items: &[(i64, i64)] = match order {
            4 => &[(2, 1)],
            6 => &[(1, 1), (2, 3)],
            _ => &[(1, 1)],
        };
        world.commit(world.units().basket(order, items)).await;
        world.clock.advance(Duration::from_mins(1));
    }
    world.commit(world.units().cancel(world.order(2).await)).await;
    world.ask_to_pay(3).await;
    start
}

async fn list(world: &World, filter: OrderFilter) -> Vec<i64> {
    page(world, filter, None, 100).await
}

async fn page(world: &World, filter: OrderFilter, after: Option<i64>, limit: usize) -> Vec<i64> {
    let rows = world.reads.orders(&filter, Page { after, limit }).await;
    rows.expect("orders can be listed").iter().map(|row| row.id.get()).collect()
}

/// The levels of products that moved since a moment, in pages.
pub async fn tell_whose_stock_moved(world: World) {
    world.sell(1, 50).await;
    world.sell(2, 50).await;
    world.sell(3, 50).await;
    world.clock.advance(Duration::from_mins(1));
    let since = world.clock.now();
    world.commit(world.units().basket(1, &[(1, 2), (3, 4)])).await;
    let moved = async |since, after, limit| {
        let levels = world.reads.moved_levels(since, Page { after, limit }).await;
        let levels = levels.expect("levels can be read");
        levels.iter().map(|level| (level.product.get(), level.reserved)).collect::<Vec<_>>()
    };
    assert_eq!(moved(since, None, 10).await, [(1, 2), (3, 4)], "what moved at that moment");
    assert_eq!(moved(since, Some(1), 10).await, [(3, 4)], "the next page");
    assert_eq!(moved(since, None, 1).await, [(1, 2)], "at most as many as asked for");
    world.clock.advance(Duration::from_mins(1));
    assert_eq!(moved(world.clock.now(), None, 10).await, [], "nothing moved since");
}

/// An epoch is raised once, however many notice that it must be.
pub async fn count_the_epochs_of_the_stock(world: World) {
    let epoch = async || world.reads.stock_epoch().await.expect("the epoch can be read");
    let raise = async |from| world.reads.raise_stock_epoch(from).await.expect("can be raised");
    assert_eq!(epoch().await, 1, "the first");
    assert_eq!(raise(1).await, 2);
    assert_eq!(raise(1).await, 2, "somebody else was faster");
    assert_eq!(epoch().await, 2);
}
