//! A shop that has seen everything, and what can be done to its database past the use cases.

use std::sync::Arc;
use std::time::Duration;

use ordersystem_adapter_memory::{CounterAdmission, ManualClock, SequentialIds};
use ordersystem_adapter_sql::Database;
use ordersystem_application::{Call, DueRefund, Policy, Ports, UseCases};
use ordersystem_invariants::ALL;
use ordersystem_order::{Basket, Cause};
use ordersystem_payment::{CallbackOnly, GatewayOutcome};
use ordersystem_shared_kernel::{Aggregate, OrderId, ProductId, Quantity};

const HOLD: Duration = Duration::from_hours(1);

/// An order in every state: 1 open, 2 cancelled, 3 paid and cancelled, 4 failed, 5 delivered, 6 expired, 7 refunded in part, 8
/// refunded in part and cancelled.
pub(crate) async fn live(store: &(impl Database + Clone + 'static), clock: &ManualClock) {
    let shop = use_cases(store, clock);
    shop.seed_samples().await.unwrap();
    placed(&shop).await;
    let order = placed(&shop).await;
    shop.cancel_order(order, Call::default()).await.unwrap();
    let order = paid(&shop).await;
    shop.start_shipment(order, Call::default()).await.unwrap();
    shop.cancel_order(order, Call::default()).await.unwrap();
    let order = placed(&shop).await;
    shop.request_payment(order, Call::default()).await.unwrap();
    shop.settle_payment(order, GatewayOutcome::Failure, Call::default()).await.unwrap();
    let order = paid(&shop).await;
    shop.start_shipment(order, Call::default()).await.unwrap();
    shop.ship(order, Cause::Scheduler, Call::default()).await.unwrap();
    shop.deliver(order, Cause::Scheduler, Call::default()).await.unwrap();
    let order = placed(&shop).await;
    clock.advance(HOLD);
    shop.expire_hold(order).await.unwrap();
    let order = paid(&shop).await;
    shop.refund_order(order, 5_000, "a dent".to_owned(), Call::default()).await.unwrap();
    shop.drive_refund(DueRefund { order, number: 1 }).await.unwrap();
    let order = paid(&shop).await;
    shop.refund_order(order, 5_000, "a dent".to_owned(), Call::default()).await.unwrap();
    shop.cancel_order(order, Call::default()).await.unwrap();
}

fn use_cases(store: &(impl Database + Clone + 'static), clock: &ManualClock) -> UseCases {
    let ports = Ports {
        store: Arc::new(store.clone()),
        admission: Arc::new(CounterAdmission::default()),
        gateway: Arc::new(CallbackOnly),
        numbers: Arc::new(store.clone()),
        clock: Arc::new(clock.clone()),
        ids: Arc::new(SequentialIds::default()),
    };
    let (courier, zone) = ("courier".to_owned(), chrono_tz::Asia::Seoul);
    UseCases::new(ports, Policy { hold: HOLD, courier, zone })
}

async fn placed(shop: &UseCases) -> OrderId {
    let basket = Basket::single(ProductId::new(1), Quantity::new(2).unwrap());
    shop.place_order(basket, Call::default()).await.unwrap().id()
}

async fn paid(shop: &UseCases) -> OrderId {
    let order = placed(shop).await;
    shop.request_payment(order, Call::default()).await.unwrap();
    shop.settle_payment(order, GatewayOutcome::Success, Call::default()).await.unwrap();
    order
}

/// The refunds of [`live`] after they were one per order and are several again: (order, number, amount, state).
pub(crate) const CARRIED: [(i64, u32, i64, &str); 3] =
    [(3, 1, 20_000, "PENDING"), (7, 1, 5_000, "DONE"), (8, 1, 20_000, "PENDING")];

/// All refunds of [`live`], as in [`CARRIED`], and how many of them the gateway has to be asked for.
pub(crate) async fn refunds(store: &impl Database) -> (Vec<(i64, u32, i64, &'static str)>, usize) {
    let mut told = Vec::new();
    for order in 1..=8 {
        let payment = store.payment(OrderId::new(order)).await.unwrap();
        let refunds = payment.iter().flat_map(|payment| payment.refunds());
        told.extend(refunds.map(|r| (order, r.number, r.amount.amount(), r.state.as_str())));
    }
    (told, store.due_refunds(10).await.unwrap().len())
}

/// Which invariants are broken that hold always.
pub(crate) async fn broken(store: &impl Database) -> Vec<&'static str> {
    let findings = store.verify().await.unwrap();
    assert_eq!(findings.len(), ALL.len(), "every invariant is checked");
    findings.iter().filter(|it| it.is_a_bug()).map(|it| it.invariant.id).collect()
}

/// Which invariants are broken at all.
pub(crate) async fn unhealthy(store: &impl Database) -> Vec<&'static str> {
    let findings = store.verify().await.unwrap();
    findings.iter().filter(|it| !it.is_healthy()).map(|it| it.invariant.id).collect()
}

/// What somebody does to a database, and which invariants that breaks.
pub(crate) type Damage = (&'static str, &'static [&'static str]);

/// To the stock.
pub(crate) const STOCK: [Damage; 5] = [
    ("UPDATE products SET total_stock = total_stock + 1 WHERE id = 1", &["I1", "I5"]),
    ("UPDATE products SET reserved_stock = 0 WHERE id = 1", &["I2", "I5"]),
    ("UPDATE stock_ledger SET total_after = total_after + 1 WHERE version = 3", &["I5"]),
    ("DELETE FROM stock_ledger WHERE version = 3", &["I5", "I10", "I11"]),
    ("UPDATE stock_ledger SET kind = 'RELEASE' WHERE kind = 'RETURN'", &["I10"]),
];

/// To orders and their holds.
pub(crate) const ORDERS: [Damage; 6] = [
    ("DELETE FROM order_history WHERE order_id = 5 AND version = 3", &["I8", "I11"]),
    ("UPDATE orders SET status = 'SHIPPED' WHERE id = 5", &["I8", "I18"]),
    ("UPDATE reservations SET state = 'RELEASED' WHERE order_id = 1", &["I2", "I9"]),
    ("DELETE FROM reservations WHERE order_id = 2", &["I9"]),
    (
        "INSERT INTO order_history
         SELECT order_id, version + 1, to_status, to_status, cause, at, event_id
         FROM order_history WHERE order_id = 2 AND to_status = 'CANCELLED'",
        &["I8", "I19"],
    ),
    (
        "UPDATE outbox SET published_at = at WHERE id =
         (SELECT MAX(id) FROM outbox WHERE topic = 'order-events' AND key = 5)",
        &["I13"],
    ),
];

/// To money and parcels.
pub(crate) const VALUES: [Damage; 9] = [
    (
        "DROP INDEX payments_captured_once;
         UPDATE payments SET order_id = 5, attempt = 2 WHERE order_id = 3",
        &["I15", "I16"],
    ),
    ("DELETE FROM refunds", &["I17"]),
    ("UPDATE refunds SET amount = amount + 1 WHERE order_id = 3", &["I16", "I17"]),
    ("UPDATE refunds SET amount = amount + 15001 WHERE order_id = 7", &["I16"]),
    ("UPDATE refunds SET currency = 'USD' WHERE order_id = 7", &["I16"]),
    ("UPDATE payments SET reported_amount = 1 WHERE order_id = 5", &["I16"]),
    ("UPDATE payments SET outcome = 'CAPTURED' WHERE order_id = 4", &["I17"]),
    ("DELETE FROM deliveries WHERE order_id = 5", &["I18"]),
    ("UPDATE deliveries SET status = 'SHIPPED' WHERE order_id = 3", &["I18"]),
];
