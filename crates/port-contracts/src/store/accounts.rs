//! Orders on an account: how many of them may be open without a payment.

use std::num::NonZeroUsize;
use std::time::Duration;

use ordersystem_application::{CommitError, UnitOfWork, UnpaidAccount};
use tokio::task::JoinSet;

use crate::World;

/// At most so many in all, and so many with the same product.
fn on_account(unit: UnitOfWork, client: &str, most: usize, per_product: usize) -> UnitOfWork {
    let account = UnpaidAccount {
        client: client.to_owned(),
        most: NonZeroUsize::new(most),
        most_per_product: NonZeroUsize::new(per_product),
    };
    UnitOfWork { account: Some(account), ..unit }
}

async fn is_refused(world: &World, promise: &str, unit: UnitOfWork) {
    let before = world.stock(1).await;
    let error = world.refused(promise, unit).await;
    assert_eq!(error, CommitError::TooManyUnpaid, "{promise}");
    assert_eq!(world.stock(1).await, before, "{promise}: nothing is held");
}

/// One more than allowed is refused, for this client only; who pays or cancels may go on.
pub async fn have_a_limit_until_somebody_pays_or_cancels(world: World) {
    world.sell(1, 50).await;
    let place = |order| on_account(world.units().place(order, 1, 1), "a", 2, 0);
    world.commit(place(1)).await;
    world.commit(place(2)).await;
    is_refused(&world, "a third unpaid order", place(3)).await;
    world.commit(on_account(world.units().place(4, 1, 1), "b", 2, 0)).await;
    world.commit(world.units().place(5, 1, 1)).await;
    world.commit(world.units().cancel(world.order(1).await)).await;
    world.commit(place(6)).await;
    is_refused(&world, "a third unpaid order after a cancellation", place(7)).await;
    world.ask_to_pay(2).await;
    is_refused(&world, "a third order while a payment is under way", place(8)).await;
    world.pay(2).await;
    world.commit(place(9)).await;
}

/// The limit of one product leaves the others alone, and a basket counts for each of its products.
pub async fn have_a_limit_per_product(world: World) {
    world.sell(1, 50).await;
    world.sell(2, 50).await;
    let place =
        |order, items: &[(i64, i64)]| on_account(world.units().basket(order, items), "a", 0, 1);
    world.commit(place(1, &[(1, 3)])).await;
    is_refused(&world, "a second order of the product", place(2, &[(1, 1)])).await;
    is_refused(&world, "a basket with the product", place(3, &[(1, 1), (2, 1)])).await;
    world.commit(place(4, &[(2, 1)])).await;
}

/// Of an order that is settled and old it is forgotten who placed it, also of clients who never come back.
pub async fn are_forgotten_when_they_are_paid_and_old(world: World) {
    const DAY: Duration = Duration::from_hours(24);
    let purge = async || world.outbox.purge(DAY).await.expect("the outbox can be purged");
    world.sell(1, 50).await;
    for order in 1..=3 {
        world.commit(on_account(world.units().place(order, 1, 1), "a", 3, 0)).await;
    }
    world.ask_to_pay(1).await;
    world.pay(1).await;
    world.commit(world.units().cancel(world.order(2).await)).await;
    assert_eq!(purge().await, 0, "nothing is old yet");
    world.clock.advance(DAY + Duration::from_secs(1));
    assert_eq!(purge().await, 2, "one that is paid, one that is cancelled");
    let place = |order| on_account(world.units().place(order, 1, 1), "a", 1, 0);
    is_refused(&world, "the third is still unpaid", place(4)).await;
}

/// Who asks sixteen times at once gets no more than who asks one after another.
pub async fn cannot_be_passed_by_concurrent_orders(world: World) {
    for product in 1..=4 {
        world.sell(product, 50).await;
    }
    let mut rivals = JoinSet::new();
    for order in 1..=16 {
        let unit = world.units().place(order, 1 + order % 4, 1);
        let (world, unit) = (world.clone(), on_account(unit, "a", 3, 0));
        rivals.spawn(async move { world.store.commit(unit).await });
    }
    let results = rivals.join_all().await;
    let placed = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(placed, 3, "of many orders at once the limit are placed: {results:?}");
    let told = results.iter().filter(|result| **result == Err(CommitError::TooManyUnpaid)).count();
    assert_eq!(told, 13, "the others are told why: {results:?}");
}
