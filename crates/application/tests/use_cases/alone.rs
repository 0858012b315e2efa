//! The domains' own services over a store: one aggregate per unit, with the repository's kinds of errors.

use std::sync::Arc;

use ordersystem_adapter_memory::CommitFault;
use ordersystem_application::SingleDomain;
use ordersystem_delivery::{DeliveryRepository, DeliveryStatus};
use ordersystem_inventory::{InventoryError, StockError, StockRepository};
use ordersystem_order::{Order, OrderRepository, OrderStatus};
use ordersystem_payment::PaymentRepository;
use ordersystem_port_contracts::unit::{self, Units};
use ordersystem_shared_kernel::{Change, Clock, OrderId, ProductId, RepositoryError, Version};

use crate::fixture::Shop;

const FIRST: OrderId = OrderId::new(1);

async fn open() -> (Shop, SingleDomain, Units) {
    let shop = Shop::open().await;
    let (alone, units) =
        (SingleDomain::new(Arc::new(shop.store.clone())), unit::at(shop.clock.now()));
    (shop, alone, units)
}

fn placed(units: Units) -> Change<Order> {
    Change::created(Order::place(FIRST, unit::lines(&[(1, 1)]), units.stamp()))
}

#[tokio::test]
async fn orders_conflict_and_fail_as_their_port_says() {
    let (shop, alone, units) = open().await;
    assert_eq!(OrderRepository::commit(&alone, placed(units)).await, Ok(()));
    assert_eq!(
        OrderRepository::order(&alone, FIRST).await,
        Ok(Some(placed(units).state().clone()))
    );
    let conflict = OrderRepository::commit(&alone, placed(units)).await;
    assert_eq!(conflict, Err(RepositoryError::Conflict));
    shop.store.faults().fail_commits(1, CommitFault::Unavailable);
    let unavailable = OrderRepository::commit(&alone, placed(units)).await;
    assert_eq!(unavailable, Err(RepositoryError::Unavailable));
    shop.store.faults().fail_reads(1);
    let unavailable = OrderRepository::order(&alone, FIRST).await;
    assert_eq!(unavailable, Err(RepositoryError::Unavailable));
}

#[tokio::test]
async fn payments_and_deliveries_are_kept_without_their_order() {
    let (_shop, alone, units) = open().await;
    let order = placed(units).state().clone();
    let payment = units.request_payment(order.clone()).payments.remove(0);
    let expected = payment.state().clone();
    assert_eq!(PaymentRepository::commit(&alone, payment.clone()).await, Ok(()));
    assert_eq!(PaymentRepository::payment(&alone, FIRST).await, Ok(Some(expected)));
    let conflict = PaymentRepository::commit(&alone, payment).await;
    assert_eq!(conflict, Err(RepositoryError::Conflict));
    let delivery = units.prepare(paid(&order), 1).deliveries.remove(0);
    assert_eq!(DeliveryRepository::commit(&alone, delivery.clone()).await, Ok(()));
    let found = DeliveryRepository::delivery(&alone, FIRST).await.unwrap();
    let status = found.map(|delivery| delivery.status());
    assert_eq!(status, Some(DeliveryStatus::ShipmentPreparing));
    let conflict = DeliveryRepository::commit(&alone, delivery).await;
    assert_eq!(conflict, Err(RepositoryError::Conflict));
}

fn paid(order: &Order) -> Order {
    let status = OrderStatus::PaymentCompleted;
    let (lines, at) = (order.lines().clone(), order.placed_at());
    Order::restore(FIRST, lines, status, Version::new(3), at, at)
}

#[tokio::test]
async fn stock_is_moved_or_refused_with_the_rule() {
    let (shop, alone, units) = open().await;
    let one = ProductId::new(1);
    let hold = |quantity| units.place(1, 1, quantity).stock;
    let refused = StockRepository::commit(&alone, hold(51)).await;
    assert_eq!(refused, Err(InventoryError::Stock(StockError::OutOfStock { product: one })));
    assert_eq!(StockRepository::commit(&alone, hold(2)).await, Ok(()));
    let conflict = StockRepository::commit(&alone, hold(2)).await;
    assert_eq!(conflict, Err(InventoryError::Repository(RepositoryError::Conflict)));
    assert_eq!(StockRepository::level(&alone, one).await, Ok(Some(shop.level(1).await)));
    assert_eq!(StockRepository::level(&alone, ProductId::new(3)).await, Ok(None));
    assert_eq!(StockRepository::reservations(&alone, FIRST).await.unwrap().len(), 1);
    shop.store.faults().fail_commits(1, CommitFault::LostUnit);
    let unknown = StockRepository::commit(&alone, hold(1)).await;
    assert_eq!(unknown, Err(InventoryError::Repository(RepositoryError::Unavailable)));
}
