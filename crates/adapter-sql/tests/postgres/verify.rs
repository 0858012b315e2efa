//! `verify` finds nothing in a database that only the use cases have written, and every kind of damage done past them.

use std::time::Duration;

use crate::past::{Damage, ORDERS, STOCK, VALUES, broken, live, unhealthy};
use crate::support::Place;

#[tokio::test]
async fn a_healthy_database_breaks_nothing() {
    let place = Place::new().await;
    let store = place.open().await;
    live(&store, &place.clock).await;
    assert_eq!(broken(&store).await, Vec::<&str>::new());
}

#[tokio::test]
async fn what_waits_is_late_and_not_broken() {
    let place = Place::new().await;
    let store = place.open().await;
    live(&store, &place.clock).await;
    assert_eq!(unhealthy(&store).await, ["I12", "I17r"]);
    assert_eq!(broken(&store).await, [""; 0]);
    place.clock.advance(Duration::from_secs(120));
    assert_eq!(unhealthy(&store).await, ["I12", "I17r", "I20"]);
}

#[tokio::test]
async fn damage_to_the_stock_is_found() {
    assert_found(&STOCK).await;
}

#[tokio::test]
async fn damage_to_orders_is_found() {
    assert_found(&ORDERS).await;
}

#[tokio::test]
async fn damage_to_money_and_parcels_is_found() {
    assert_found(&VALUES).await;
}

#[tokio::test]
async fn damage_past_the_last_line_is_found() {
    assert_found(&[
        (
            "ALTER TABLE products DROP CONSTRAINT products_check;
             UPDATE products SET reserved_stock = 99 WHERE id = 1",
            &["I2", "I3", "I5"],
        ),
        ("UPDATE outbox SET event_id = gen_random_uuid() WHERE key = 5 AND sequence = 2", &["I11"]),
    ])
    .await;
}

async fn assert_found(damages: &[Damage]) {
    for (damage, expected) in damages {
        let place = Place::new().await;
        let store = place.open().await;
        live(&store, &place.clock).await;
        place.database.run(damage).await;
        assert_eq!(broken(&store).await, *expected, "{damage}");
    }
}
