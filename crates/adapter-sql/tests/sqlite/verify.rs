//! `verify` finds nothing in a database that only the use cases have written, and every kind of damage done past them.

use std::sync::Arc;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use ordersystem_adapter_memory::{CounterAdmission, SequentialIds};
use ordersystem_adapter_sql::Database;
use ordersystem_adapter_sql::SqliteStore;
use ordersystem_application::{Call, Policy, Ports, UseCases};
use ordersystem_order::{Basket, Cause};
use ordersystem_payment::GatewayOutcome;
use ordersystem_shared_kernel::{Aggregate, OrderId, ProductId};

use crate::support::{Place, units};

fn use_cases(store: &SqliteStore, place: &Place) -> UseCases {
    let ports = Ports {
        store: Arc::new(store.clone()),
        admission: Arc::new(CounterAdmission::default()),
        numbers: Arc::new(store.clone()),
        clock: Arc::new(place.clock.clone()),
        ids: Arc::new(SequentialIds::default()),
    };
    let (courier, zone) = ("courier".to_owned(), chrono_tz::Asia::Seoul);
    UseCases::new(ports, Policy { hold: Duration::from_secs(3600), courier, zone })
}

async fn placed(shop: &UseCases) -> OrderId {
    let basket = Basket::single(ProductId::new(1), units(2));
    shop.place_order(basket, Call::default()).await.unwrap().id()
}

async fn paid(shop: &UseCases) -> OrderId {
    let order = placed(shop).await;
    shop.request_payment(order, Call::default()).await.unwrap();
    shop.settle_payment(order, GatewayOutcome::Success, Call::default()).await.unwrap();
    order
}

/// An order in every state: 1 open, 2 cancelled, 3 paid and cancelled, 4 failed, 5 delivered, 6 expired.
async fn a_shop_with_a_past(place: &Place) -> SqliteStore {
    let store = place.open();
    let shop = use_cases(&store, place);
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
    shop.expire_hold(order).await.unwrap();
    store
}

async fn broken(store: &SqliteStore) -> Vec<&'static str> {
    let findings = store.verify().await.unwrap();
    findings.iter().filter(|f| f.broken != 0).map(|f| f.invariant).collect()
}

#[tokio::test]
async fn a_healthy_database_breaks_nothing() {
    let place = Place::new();
    let store = a_shop_with_a_past(&place).await;
    assert_eq!(broken(&store).await, Vec::<&str>::new());
    assert_eq!(store.verify().await.unwrap().len(), 12);
}

/// Every invariant is broken by something, and by what it is about.
#[tokio::test]
async fn every_kind_of_damage_is_found() {
    for (damage, expected) in [
        ("UPDATE products SET total_stock = total_stock + 1 WHERE id = 1", vec!["I1", "I5"]),
        ("UPDATE products SET reserved_stock = 0 WHERE id = 1", vec!["I2", "I5"]),
        (
            "PRAGMA ignore_check_constraints = ON; UPDATE products SET reserved_stock = 99 WHERE id = 1",
            vec!["I2", "I3", "I5"],
        ),
        ("UPDATE stock_ledger SET total_after = total_after + 1 WHERE version = 3", vec!["I5"]),
        ("DELETE FROM stock_ledger WHERE version = 3", vec!["I5", "I10"]),
        ("DELETE FROM order_history WHERE order_id = 5 AND version = 3", vec!["I8", "I11"]),
        ("UPDATE orders SET status = 'SHIPPED' WHERE id = 5", vec!["I8", "I18"]),
        ("UPDATE reservations SET state = 'RELEASED' WHERE order_id = 1", vec!["I2", "I9"]),
        ("DELETE FROM reservations WHERE order_id = 2", vec!["I9"]),
        ("UPDATE stock_ledger SET kind = 'RELEASE' WHERE kind = 'RETURN'", vec!["I10"]),
        ("UPDATE outbox SET event_id = randomblob(16) WHERE key = 5 AND sequence = 2", vec!["I11"]),
        (
            "DROP INDEX payments_captured_once;
             UPDATE payments SET order_id = 5, attempt = 2 WHERE order_id = 3",
            vec!["I15", "I17"],
        ),
        ("DELETE FROM refunds", vec!["I16", "I17"]),
        ("UPDATE refunds SET amount = amount + 1", vec!["I16"]),
        ("DELETE FROM deliveries WHERE order_id = 5", vec!["I18"]),
        ("UPDATE deliveries SET status = 'SHIPPED' WHERE order_id = 3", vec!["I18"]),
    ] {
        let place = Place::new();
        let store = a_shop_with_a_past(&place).await;
        place.connect().batch_execute(damage).unwrap();
        assert_eq!(broken(&store).await, expected, "{damage}");
    }
}
