//! What was committed is there after a restart, to the microsecond.

use std::time::Duration;

use crate::support::{Place, order_of, product, stamp, units, uuid, won};
use ordersystem_adapter_sql::Database;
use ordersystem_adapter_sql::SqliteStore;
use ordersystem_application::{
    Bucket, Numbers, Outbox, Page, Reads, Store, StoredAnswer, UnitOfWork,
};
use ordersystem_delivery::Delivery;
use ordersystem_inventory::{MoveKind, Product, ProductDraft, StockMove, Stocking};
use ordersystem_order::{Cause, Order};
use ordersystem_payment::{GatewayOutcome, Payment, RefundReason};
use ordersystem_shared_kernel::{
    Aggregate, Answer, Change, Clock, DeliveryId, EventId, Fingerprint, OrderId, ProductId,
    Receipt, RequestKey, Timestamp, TransactionId,
};

const ORDER: OrderId = OrderId::new(7);

/// Everything that can be read of one store, for a comparison as text.
async fn picture(store: &SqliteStore) -> String {
    let page = Page { after: None, limit: 100 };
    let parts = (
        Store::order(store, ORDER).await.unwrap(),
        store.payment(ORDER).await.unwrap(),
        store.delivery(ORDER).await.unwrap(),
        store.reservations(ORDER).await.unwrap(),
        store.history(ORDER).await.unwrap(),
        store.products(page).await.unwrap(),
        store.orders(&Default::default(), page).await.unwrap(),
        store.unpublished(&Bucket::all(), 100).await.unwrap(),
        store.recent(100).await.unwrap(),
        store.answer(&request_key()).await.unwrap(),
    );
    format!("{parts:#?}")
}

fn request_key() -> RequestKey {
    let (principal, route) = ("admin".to_owned(), "POST /api/orders".to_owned());
    RequestKey { principal, route, key: "열쇠-1".to_owned() }
}

fn unlimited(id: i64, at: Timestamp) -> UnitOfWork {
    let draft =
        ProductDraft { name: "무제한".to_owned(), price: won(0), stocking: Stocking::Unlimited };
    let created = Product::create(ProductId::new(id), draft, stamp(at)).unwrap();
    UnitOfWork { products: vec![Change::created(created)], ..UnitOfWork::default() }
}

fn changed<A: Aggregate>(state: A, verb: impl FnOnce(&mut A) -> A::Event) -> Change<A> {
    let mut change = Change::of(state);
    change.apply(|state| Ok::<_, std::convert::Infallible>(verb(state))).unwrap();
    change
}

async fn order(store: &SqliteStore) -> Order {
    Store::order(store, ORDER).await.unwrap().unwrap()
}

fn moves(make: impl Fn() -> MoveKind, at: Timestamp) -> Vec<StockMove> {
    [1, 2]
        .map(|id| StockMove { product: ProductId::new(id), kind: make(), stamp: stamp(at) })
        .into()
}

/// An order of two products on its whole way, with a payment that succeeds late.
async fn live(store: &SqliteStore, now: Timestamp) {
    store.commit(product(1, 100, now)).await.unwrap();
    store.commit(unlimited(2, now)).await.unwrap();
    let answer = Answer(b"{\"orderId\":7}\x00\xff".to_vec());
    let fingerprint = Fingerprint([7; 32]);
    let cause = Some(Receipt::Request { key: request_key(), fingerprint, answer });
    let placed = order_of(7, &[(1, 3), (2, 3)], now);
    store.commit(UnitOfWork { cause, ..placed }).await.unwrap();

    let at = now.after(Duration::from_micros(1));
    let transaction = TransactionId::new(uuid());
    let payment = Payment::request(ORDER, won(60_000), transaction, stamp(at));
    let order = order(store).await;
    let requested = changed(order, |order| order.request_payment(stamp(at)).unwrap());
    let failed = changed(payment.0.clone(), |payment| settle(payment, GatewayOutcome::Failure, at));
    let captured =
        changed(failed.state().clone(), |payment| settle(payment, GatewayOutcome::Success, at));
    commit(
        store,
        UnitOfWork { orders: vec![requested], payments: vec![Change::created(payment)], ..empty() },
    )
    .await;
    commit(store, UnitOfWork { payments: vec![failed], ..empty() }).await;
    commit(store, UnitOfWork { payments: vec![captured], ..empty() }).await;
}

fn settle(
    payment: &mut Payment,
    outcome: GatewayOutcome,
    at: Timestamp,
) -> ordersystem_payment::PaymentEvent {
    payment.report(&outcome.into(), stamp(at)).unwrap()
}

fn empty() -> UnitOfWork {
    UnitOfWork::default()
}

async fn commit(store: &SqliteStore, unit: UnitOfWork) {
    store.commit(unit).await.unwrap();
}

/// Sold, shipped and delivered.
async fn deliver(store: &SqliteStore, now: Timestamp) {
    let consumed = Receipt::Event { consumer: "shipping", event: EventId::new(uuid()) };
    let confirm = || MoveKind::Confirm { order: ORDER, quantity: units(3) };
    let paid = changed(order(store).await, |order| order.complete_payment(stamp(now)).unwrap());
    let stock = moves(confirm, now);
    commit(store, UnitOfWork { orders: vec![paid], stock, ..empty() }).await;
    let courier = "CJ 대한통운".to_owned();
    let delivery = Delivery::prepare(DeliveryId::new(3), ORDER, courier, stamp(now));
    let prepared = changed(order(store).await, |order| order.prepare_shipment(stamp(now)).unwrap());
    let shipped = changed(delivery.0.clone(), |delivery| {
        delivery.ship(now.after(Duration::from_secs(9)), stamp(now)).unwrap()
    });
    let deliveries = vec![Change::created(delivery)];
    let cause = Some(consumed);
    commit(store, UnitOfWork { cause, orders: vec![prepared], deliveries, ..empty() }).await;
    commit(store, UnitOfWork { deliveries: vec![shipped], ..empty() }).await;
    let delivery = store.delivery(ORDER).await.unwrap().unwrap();
    let arrived = changed(delivery, |delivery| delivery.deliver(stamp(now)).unwrap());
    commit(store, UnitOfWork { deliveries: vec![arrived], ..empty() }).await;
}

#[tokio::test]
async fn a_reopened_store_shows_the_same() {
    let place = Place::new();
    let now = place.clock.now();
    let store = place.open();
    live(&store, now).await;
    deliver(&store, now).await;
    let payment = store.payment(ORDER).await.unwrap().unwrap();
    let owed = changed(payment, |p| p.give_back(RefundReason::LateSuccess, stamp(now)).unwrap());
    commit(&store, UnitOfWork { payments: vec![owed], ..empty() }).await;
    let rows = store.unpublished(&Bucket::all(), 2).await.unwrap();
    store.mark_published(&[rows[0].position, rows[1].position]).await.unwrap();
    let before = picture(&store).await;
    drop(store);

    let store = place.open();
    assert_eq!(picture(&store).await, before);
    let payment = store.payment(ORDER).await.unwrap().unwrap();
    assert_eq!((payment.version().get(), payment.attempts().len()), (4, 1));
    let stored = StoredAnswer {
        fingerprint: Fingerprint([7; 32]),
        answer: Answer(b"{\"orderId\":7}\x00\xff".to_vec()),
    };
    assert_eq!(store.answer(&request_key()).await.unwrap(), Some(stored));
    assert_eq!(store.next_order().await.unwrap(), OrderId::new(8));
    assert_eq!(store.next_delivery().await.unwrap(), DeliveryId::new(4));
    assert_eq!(store.next_product().await.unwrap(), ProductId::new(3));
}

#[tokio::test]
async fn a_cancelled_delivery_and_a_changed_product_come_back() {
    let place = Place::new();
    let now = place.clock.now();
    let store = place.open();
    commit(&store, product(1, 5, now)).await;
    let delivery = Delivery::prepare(DeliveryId::new(1), ORDER, "x".to_owned(), stamp(now));
    let called_off = changed(delivery.0.clone(), |delivery| delivery.cancel(stamp(now)).unwrap());
    let expected = called_off.state().clone();
    commit(&store, UnitOfWork { deliveries: vec![Change::created(delivery)], ..empty() }).await;
    commit(&store, UnitOfWork { deliveries: vec![called_off], ..empty() }).await;
    let (before, level) = store.product(ProductId::new(1)).await.unwrap().unwrap();
    let change = ordersystem_inventory::ProductChange {
        name: Some("새 이름".to_owned()),
        price: Some(won(1)),
    };
    let renamed = changed(before, |product| product.change(change, stamp(now)).unwrap());
    let after = renamed.state().clone();
    commit(&store, UnitOfWork { products: vec![renamed], ..empty() }).await;
    let cancelled = order_of(7, &[(1, 1)], now);
    let order = changed(cancelled.orders[0].state().clone(), |order| {
        order.cancel(Cause::Customer, stamp(now)).unwrap()
    });
    let release = MoveKind::Release { order: ORDER, quantity: units(1) };
    let stock = vec![StockMove { product: ProductId::new(1), kind: release, stamp: stamp(now) }];
    commit(&store, cancelled).await;
    commit(&store, UnitOfWork { orders: vec![order], stock, ..empty() }).await;
    store.close().await;

    let store = place.open();
    assert_eq!(store.delivery(ORDER).await.unwrap(), Some(expected));
    let (product, now_level) = store.product(ProductId::new(1)).await.unwrap().unwrap();
    assert_eq!(product, after);
    let (level, now_level) = (level.unwrap(), now_level.unwrap());
    assert_eq!((now_level.total, now_level.reserved), (level.total, level.reserved));
    assert_eq!(now_level.version.get(), level.version.get() + 2);
}
