//! What the store in RAM offers to tests beyond the ports: the audit and the faults.

use std::sync::Arc;

use ordersystem_adapter_memory::{CommitFault, ManualClock, MemoryStore};
use ordersystem_application::{CommitError, Store, StoreUnavailable, UnitOfWork};
use ordersystem_port_contracts::World;
use ordersystem_shared_kernel::OrderId;

async fn open() -> (MemoryStore, World) {
    let clock = ManualClock::default();
    let store = MemoryStore::new(Arc::new(clock.clone()));
    let world = World::new(store.clone(), clock);
    world.sell(1, 50).await;
    world.commit(world.units().place(1, 1, 2)).await;
    (store, world)
}

/// Which invariants are broken, and by whom first.
fn broken(store: &MemoryStore) -> Vec<(&'static str, Option<i64>)> {
    let findings = store.look(|books| books.check());
    findings.iter().filter(|it| it.is_a_bug()).map(|it| (it.invariant.id, it.first)).collect()
}

#[tokio::test]
async fn the_audit_finds_nothing_in_good_books() {
    let (store, world) = open().await;
    world.prepare(1).await;
    world.ship(1).await;
    world.deliver(1).await;
    assert_eq!(store.audit(), Vec::<String>::new());
}

#[tokio::test]
async fn the_audit_finds_an_order_without_its_hold() {
    let (store, world) = open().await;
    world.commit(UnitOfWork { stock: Vec::new(), ..world.units().place(2, 1, 1) }).await;
    assert_eq!(broken(&store), [("I9", Some(2))]);
}

#[tokio::test]
async fn the_audit_finds_a_hold_that_outlived_its_order() {
    let (store, world) = open().await;
    let cancelled = world.units().cancel(world.order(1).await);
    world.commit(UnitOfWork { stock: Vec::new(), ..cancelled }).await;
    assert_eq!(broken(&store), [("I9", Some(1))]);
}

#[tokio::test]
async fn the_audit_finds_money_that_nobody_owes_or_owns() {
    let (store, world) = open().await;
    world.ask_to_pay(1).await;
    world.pay(1).await;
    let unit = world.units().give_back(world.order(1).await, world.payment(1).await);
    world.commit(UnitOfWork { payments: Vec::new(), ..unit }).await;
    assert_eq!(broken(&store), [("I17", Some(1))]);
}

#[tokio::test]
async fn the_audit_finds_a_paid_order_without_its_payment_and_delivery() {
    let (store, world) = open().await;
    world.ask_to_pay(1).await;
    let unit = world.units().pay(world.order(1).await, world.payment(1).await);
    world.commit(UnitOfWork { payments: Vec::new(), ..unit }).await;
    let unit = world.units().prepare(world.order(1).await, 1);
    world.commit(UnitOfWork { deliveries: Vec::new(), ..unit }).await;
    assert_eq!(broken(&store), [("I16", Some(1)), ("I18", Some(1))]);
}

#[tokio::test]
async fn planned_faults_happen_in_their_order_and_heal() {
    let (store, world) = open().await;
    let place = |order| world.store.commit(world.units().place(order, 1, 1));
    store.faults().fail_commits(1, CommitFault::Overloaded);
    store.faults().fail_commits(1, CommitFault::LostAnswer);
    store.faults().fail_commits(9, CommitFault::Unavailable);
    assert_eq!(place(2).await, Err(CommitError::Overloaded));
    assert_eq!(place(3).await, Err(CommitError::OutcomeUnknown));
    assert_eq!(place(4).await, Err(CommitError::Unavailable));
    store.faults().fail_reads(1);
    assert_eq!(store.order(OrderId::new(3)).await, Err(StoreUnavailable));
    store.faults().heal();
    assert!(store.order(OrderId::new(2)).await.unwrap().is_none(), "refused");
    assert!(store.order(OrderId::new(3)).await.unwrap().is_some(), "only the answer was lost");
    assert!(place(4).await.is_ok());
}
