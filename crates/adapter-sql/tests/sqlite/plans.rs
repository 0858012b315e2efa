//! No list and no timer reads a whole table.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::support::{Place, order, product};
use diesel::connection::{InstrumentationEvent, set_default_instrumentation};
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use ordersystem_application::{Bucket, DueWork, OrderFilter, Outbox, Page, Reads, Store};
use ordersystem_order::OrderStatus;
use ordersystem_shared_kernel::{Clock, OrderId, ProductId, RequestKey};

/// What any connection of this process was asked.
static STATEMENTS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

fn listen() {
    set_default_instrumentation(|| {
        Some(Box::new(|event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { query, .. } = event {
                let text = query.to_string();
                let statement = text.split(" -- binds").next().unwrap_or_default().to_owned();
                STATEMENTS.lock().unwrap_or_else(PoisonError::into_inner).insert(statement);
            }
        }))
    })
    .unwrap();
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Integer)]
    #[expect(dead_code, reason = "the shape of the answer")]
    id: i32,
    #[diesel(sql_type = Text)]
    detail: String,
}

#[tokio::test]
async fn must_not_repeat_d32_no_query_reads_a_whole_table() {
    let place = Place::new();
    listen();
    let store = place.open();
    let now = place.clock.now();
    store.commit(product(1, 100, now)).await.unwrap();
    store.commit(order(1, 1, now)).await.unwrap();

    let page = Page { after: None, limit: 20 };
    let one = OrderId::new(1);
    for product in [None, Some(ProductId::new(1))] {
        for statuses in [vec![], vec![OrderStatus::Created, OrderStatus::Cancelled]] {
            for placed_from in [None, Some(now)] {
                let placed_to = placed_from;
                let filter =
                    OrderFilter { statuses: statuses.clone(), product, placed_from, placed_to };
                store.orders(&filter, page).await.unwrap();
            }
        }
    }
    store.products(page).await.unwrap();
    store.history(one).await.unwrap();
    Store::order(&store, one).await.unwrap();
    store.payment(one).await.unwrap();
    store.delivery(one).await.unwrap();
    store.reservations(one).await.unwrap();
    let key = RequestKey { principal: String::new(), route: String::new(), key: String::new() };
    store.answer(&key).await.unwrap();
    store.expired_holds(10).await.unwrap();
    store.due_shipments(Duration::ZERO, 10).await.unwrap();
    store.due_arrivals(Duration::ZERO, 10).await.unwrap();
    store.unprepared_orders(Duration::ZERO, 10).await.unwrap();
    store.due_charges(10).await.unwrap();
    store.due_refunds(10).await.unwrap();
    store.delivery_counts().await.unwrap();
    let rows = store.unpublished(&Bucket::all(), 10).await.unwrap();
    store.mark_published(&[rows[0].position]).await.unwrap();
    store.recent(10).await.unwrap();
    store.backlog().await.unwrap();
    store.purge(Duration::ZERO).await.unwrap();

    let statements = STATEMENTS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mut connection = place.connect();
    let mut checked = 0;
    for statement in statements.iter().filter(|text| is_plannable(text)) {
        let explain = diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}"));
        let steps: Vec<Step> = explain.load(&mut connection).unwrap();
        for step in steps {
            assert!(is_bounded(statement, &step.detail), "{}: {statement}", step.detail);
        }
        checked += 1;
    }
    assert!(checked > 35, "only {checked} statements were seen");
}

/// Partial indexes hold only what is to be done. The outbox is walked in the order of its key up to a LIMIT. Orders of a
/// span of time are found by an index on it and sorted by number, of which only a LIMIT is kept.
fn is_bounded(statement: &str, step: &str) -> bool {
    let scans = step.starts_with("SCAN") && !step.contains(" USING ");
    let walks = step == "SCAN outbox" && statement.contains("LIMIT") || step.contains("(subquery");
    let sorts = step.starts_with("USE TEMP B-TREE");
    (!scans || walks) && (!sorts || statement.contains("`placed_at` >= ?"))
}

/// Ours; what other tests write by hand has no quotes.
fn is_plannable(statement: &str) -> bool {
    let is_ours = statement.contains('`') || statement.starts_with("DELETE");
    let is_plain =
        ["SELECT", "INSERT", "UPDATE", "DELETE"].iter().any(|verb| statement.starts_with(verb));
    is_ours && is_plain && !statement.contains("__diesel_schema_migrations")
}
