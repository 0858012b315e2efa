//! Stock moves: decided inside the commit, all of a unit's or none.

use ordersystem_application::{CommitError, UnitOfWork};
use ordersystem_inventory::{MoveKind, ReservationState, StockError, StockLevel};
use ordersystem_shared_kernel::{Clock, OrderId, ProductId};
use tokio::task::JoinSet;

use crate::World;
use crate::unit::{HOLD, quantity};

/// The ways in which a hold of two units ends.
const RESOLUTIONS: [fn(OrderId) -> MoveKind; 3] = [confirm, release, expire];

/// `Committed` carries one level per managed product, in the version after the moves.
pub async fn answers_with_the_levels_after_the_unit(world: World) {
    world.sell(1, 50).await;
    world.sell(2, 30).await;
    world.commit(world.units().unlimited(3)).await;
    let committed = world.commit(world.units().basket(1, &[(2, 3), (3, 1), (1, 2)])).await;
    let expected = [world.level(1).await, world.level(2).await];
    let levels: Vec<_> = committed.levels.into_iter().map(Some).collect();
    assert_eq!(levels, expected, "the levels after the unit, without unlimited products");
    assert_eq!((world.stock(1).await, world.stock(2).await), ((50, 2), (30, 3)));
    assert_eq!(expected.map(|level| level.map(|l| l.version.get())), [Some(2), Some(2)]);
}

/// The refusal names the product and carries what soft holds must be set to.
pub async fn refuses_with_the_present_levels(world: World) {
    world.sell(1, 50).await;
    world.sell(2, 5).await;
    let levels: Vec<StockLevel> =
        [world.level(1).await, world.level(2).await].into_iter().flatten().collect();
    let unit = world.units().basket(1, &[(1, 1), (2, 6)]);
    let error = world.refused("more than there is", unit).await;
    let cause = StockError::OutOfStock { product: ProductId::new(2) };
    assert_eq!(error, CommitError::Stock { cause, levels }, "which product, and all levels");
}

/// A basket is one unit: the line that fits is not held when another does not.
pub async fn moves_all_lines_or_none(world: World) {
    for product in 1..=3 {
        world.sell(product, 10).await;
    }
    world.refused("a long basket", world.units().basket(1, &[(1, 10), (2, 10), (3, 11)])).await;
    for product in 1..=3 {
        assert_eq!(world.stock(product).await, (10, 0), "product {product} is untouched");
    }
    world.commit(world.units().basket(2, &[(3, 10), (1, 1), (2, 10)])).await;
    let products: Vec<_> = world.holds(2).await.iter().map(|hold| hold.product.get()).collect();
    assert_eq!(products, [1, 2, 3], "holds are loaded by product");
}

/// A hold leaves `Held` once; whoever comes second has a conflict.
pub async fn is_resolved_once(world: World) {
    world.sell(1, 500).await;
    let mut order = 0;
    for first in RESOLUTIONS {
        for second in RESOLUTIONS {
            order += 1;
            let id = OrderId::new(order);
            world.commit(world.units().place(order, 1, 2)).await;
            world.commit(one(&world, first(id))).await;
            let before = world.level(1).await;
            let error = world.refused("a second resolution", one(&world, second(id))).await;
            assert_eq!(error, CommitError::Conflict, "{:?} after {:?}", second(id), first(id));
            let again = world.units().movement(1, reserve(&world, id));
            let unit = UnitOfWork { stock: vec![again], ..UnitOfWork::default() };
            let error = world.refused("a second hold", unit).await;
            assert_eq!(error, CommitError::Conflict, "an order holds a product once");
            assert_eq!(world.level(1).await, before, "a refused resolution moves nothing");
        }
    }
}

/// Only what was sold comes back, and only once.
pub async fn refuses_to_return_what_was_not_sold(world: World) {
    world.sell(1, 50).await;
    let id = OrderId::new(1);
    let refused = async |promise: &str| {
        let error = world.refused(promise, one(&world, give_back(id))).await;
        assert_eq!(error, CommitError::Conflict, "{promise}");
    };
    refused("a return without a hold").await;
    world.commit(world.units().place(1, 1, 2)).await;
    refused("a return of units that are only held").await;
    world.commit(one(&world, confirm(id))).await;
    assert_eq!(world.stock(1).await, (48, 0), "sold units leave the stock");
    world.commit(one(&world, give_back(id))).await;
    assert_eq!(world.stock(1).await, (50, 0), "returned units are back");
    refused("a second return").await;
    let states: Vec<_> = world.holds(1).await.iter().map(|hold| hold.state).collect();
    assert_eq!(states, [ReservationState::Returned], "resolved holds are kept");
}

/// Units that are held for orders cannot be adjusted away.
pub async fn keeps_held_units_from_adjustments(world: World) {
    world.sell(1, 10).await;
    world.commit(world.units().place(1, 1, 4)).await;
    let error = world.refused("too large a loss", world.units().adjust(1, -7)).await;
    let cause = StockError::BelowHeld { product: ProductId::new(1), held: 4 };
    let levels = world.level(1).await.into_iter().collect();
    assert_eq!(error, CommitError::Stock { cause, levels }, "held units must stay");
    world.commit(world.units().adjust(1, -6)).await;
    assert_eq!(world.stock(1).await, (4, 4), "the rest may go");
}

/// An unlimited product has holds, so that its orders can be told apart, but no counters.
pub async fn of_unlimited_products_never_moves(world: World) {
    world.commit(world.units().unlimited(3)).await;
    let committed = world.commit(world.units().place(1, 3, 10_000)).await;
    assert_eq!(committed.levels, [], "an unlimited product has no level");
    assert_eq!(world.level(3).await, None, "an unlimited product has no level");
    let held: Vec<_> =
        world.holds(1).await.iter().map(|hold| (hold.state, hold.quantity)).collect();
    assert_eq!(held, [(ReservationState::Held, quantity(10_000))], "its hold is kept");
    world.commit(world.units().cancel(world.order(1).await)).await;
    let states: Vec<_> = world.holds(1).await.iter().map(|hold| hold.state).collect();
    assert_eq!(states, [ReservationState::Released], "its hold is resolved");
    let topics = world.unpublished().await.into_iter().map(|row| row.message.topic.as_str());
    assert!(topics.clone().all(|topic| topic == "order-events"), "no stock event is published");
    let error = world.refused("an adjustment", world.units().adjust(3, 1)).await;
    let cause = StockError::NotManaged { product: ProductId::new(3) };
    assert_eq!(error, CommitError::Stock { cause, levels: Vec::new() }, "nothing to adjust");
}

/// Nobody can hold what nobody sells.
pub async fn of_unknown_products_is_refused(world: World) {
    let error = world.refused("an unknown product", world.units().place(1, 77, 1)).await;
    let cause = StockError::NotManaged { product: ProductId::new(77) };
    assert_eq!(error, CommitError::Stock { cause, levels: Vec::new() }, "an unknown product");
}

/// A managed product that is created without stock has a level of its own, in version 0.
pub async fn opens_a_product_without_units(world: World) {
    let mut unit = world.units().product(1, 1);
    unit.stock.clear();
    world.commit(unit).await;
    assert_eq!(world.level(1).await, Some(StockLevel::empty(ProductId::new(1))));
    world.commit(world.units().adjust(1, 3)).await;
    assert_eq!(world.stock(1).await, (3, 0), "the first units arrive later");
}

/// 64 customers, 40 units: exactly 40 orders.
pub async fn is_never_oversold_by_concurrent_orders(world: World) {
    world.sell(1, 40).await;
    let mut customers = JoinSet::new();
    for order in 1..=64 {
        let (world, unit) = (world.clone(), world.units().place(order, 1, 1));
        customers.spawn(async move { world.store.commit(unit).await });
    }
    let results = customers.join_all().await;
    let sold = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(sold, 40, "exactly the stock is sold");
    let told = |error: &CommitError| matches!(error, CommitError::Stock { .. });
    let refused = results.iter().filter_map(|result| result.as_ref().err());
    assert!(refused.clone().all(told), "the others are told that it is sold out");
    assert_eq!(world.stock(1).await, (40, 40), "every unit is held");
    let version = world.level(1).await.map(|level| level.version.get());
    assert_eq!(version, Some(41), "one version per move");
}

/// Baskets that name the same products in opposite orders do not wait for each other for ever.
pub async fn survives_baskets_in_opposite_orders(world: World) {
    world.sell(1, 1_000).await;
    world.sell(2, 1_000).await;
    let mut customers = JoinSet::new();
    for order in 1..=64 {
        let items = if order % 2 == 0 { [(1, 1), (2, 1)] } else { [(2, 1), (1, 1)] };
        let (world, unit) = (world.clone(), world.units().basket(order, &items));
        customers.spawn(async move { world.commit(unit).await });
    }
    crate::soon("opposite baskets must not deadlock", customers.join_all()).await;
    assert_eq!((world.stock(1).await, world.stock(2).await), ((1_000, 64), (1_000, 64)));
}

/// A payment, a cancellation and an expiry at the same time: one of them resolves the hold.
pub async fn is_kept_by_concurrent_rivals_for_one_hold(world: World) {
    world.sell(1, 100).await;
    let mut rivals = JoinSet::new();
    for order in 1..=20 {
        world.commit(world.units().place(order, 1, 2)).await;
        for kind in RESOLUTIONS {
            let (world, unit) = (world.clone(), one(&world, kind(OrderId::new(order))));
            rivals.spawn(async move { world.store.commit(unit).await.is_ok() });
        }
    }
    let winners = rivals.join_all().await.into_iter().filter(|won| *won).count();
    assert_eq!(winners, 20, "every hold is resolved exactly once");
    let mut sold = 0;
    for order in 1..=20 {
        let holds = world.holds(order).await;
        let confirmed = holds.iter().filter(|hold| hold.state == ReservationState::Confirmed);
        sold += confirmed.map(|hold| hold.quantity.get()).sum::<i64>();
    }
    assert_eq!(world.stock(1).await, (100 - sold, 0), "sold units are gone, the others free");
}

fn one(world: &World, kind: MoveKind) -> UnitOfWork {
    UnitOfWork { stock: vec![world.units().movement(1, kind)], ..UnitOfWork::default() }
}

fn reserve(world: &World, order: OrderId) -> MoveKind {
    let until = world.clock.now().after(HOLD);
    MoveKind::Reserve { order, quantity: quantity(1), until }
}

fn confirm(order: OrderId) -> MoveKind {
    MoveKind::Confirm { order, quantity: quantity(2) }
}

fn release(order: OrderId) -> MoveKind {
    MoveKind::Release { order, quantity: quantity(2) }
}

fn expire(order: OrderId) -> MoveKind {
    MoveKind::Expire { order, quantity: quantity(2) }
}

fn give_back(order: OrderId) -> MoveKind {
    MoveKind::Return { order, quantity: quantity(2) }
}

/// A hold with more time is due later; no stock moves and nothing is published.
pub async fn is_held_longer_by_an_extension(world: World) {
    world.sell(1, 50).await;
    world.commit(world.units().unlimited(2)).await;
    world.commit(world.units().basket(1, &[(1, 2), (2, 1)])).await;
    let before = (world.stock(1).await, world.unpublished().await);
    world.clock.advance(HOLD / 2);
    let until = world.clock.now().after(HOLD);
    let order = world.order(1).await;
    let unit = world.units().extend(&order, until);
    assert_eq!(world.commit(unit).await.levels, [], "no level changes");
    let ends: Vec<_> = world.holds(1).await.iter().map(|hold| hold.expires_at).collect();
    assert_eq!(ends, [until; 2], "every line has more time");
    assert_eq!((world.stock(1).await, world.unpublished().await), before);
    let due = async || world.due.expired_holds(10).await.expect("due work can be read");
    world.clock.advance(HOLD / 2);
    assert_eq!(due().await, [], "the old end has passed");
    world.commit(world.units().extend(&order, world.clock.now())).await;
    world.clock.advance(HOLD / 2);
    assert_eq!(due().await, [OrderId::new(1)], "the new end, which nothing brings nearer");
    world.commit(world.units().expire(order)).await;
    assert_eq!(world.stock(1).await, (50, 0), "it ends as any other");
}

/// What was resolved stays so.
pub async fn is_not_held_again_by_an_extension(world: World) {
    world.sell(1, 50).await;
    world.commit(world.units().place(1, 1, 2)).await;
    let order = world.order(1).await;
    let extension = world.units().extend(&order, world.clock.now().after(2 * HOLD));
    world.commit(world.units().cancel(order)).await;
    let error = world.refused("more time for a released hold", extension).await;
    assert_eq!(error, CommitError::Conflict);
    let states: Vec<_> = world.holds(1).await.iter().map(|hold| hold.state).collect();
    assert_eq!(states, [ReservationState::Released]);
}
