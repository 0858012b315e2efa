//! Several processes look for what is due.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::support::Place;
use ordersystem_adapter_sql::PostgresStore;
use ordersystem_application::{CLAIM, DueWork, Store};
use ordersystem_payment::Payment;
use ordersystem_port_contracts::unit::HOLD;
use ordersystem_shared_kernel::OrderId;
use tokio::task::JoinSet;

/// Paid orders are due to be prepared, unpaid ones to be given up, the others to be shipped and to arrive.
async fn with_work(orders: i64) -> (Place, [PostgresStore; 2]) {
    let place = Place::new().await;
    let stores = [place.open().await, place.open().await];
    let store = &stores[0];
    let units = place.units();
    for product in 1..=3 {
        store.commit(units.product(product, 1_000)).await.unwrap();
    }
    for id in 1..=orders {
        // Holds of several lines are one piece of work.
        store.commit(units.basket(id, &[(1, 1), (2, 1), (3, 1)])).await.unwrap();
        for step in 0..id % 4 {
            let number = OrderId::new(id);
            let order = store.order(number).await.unwrap().unwrap();
            let unit = match step {
                0 => {
                    store.commit(units.request_payment(order)).await.unwrap();
                    let order = store.order(number).await.unwrap().unwrap();
                    let payment = store.payment(number).await.unwrap().unwrap();
                    units.pay(order, payment)
                }
                1 => units.prepare(order, id),
                _ => units.ship(order, store.delivery(number).await.unwrap().unwrap()),
            };
            store.commit(unit).await.unwrap();
        }
    }
    place.clock.advance(HOLD);
    (place, stores)
}

async fn find(store: &PostgresStore, kind: i64, limit: usize) -> Vec<i64> {
    let delay = Duration::from_secs(1);
    let found = match kind {
        0 => store.expired_holds(limit).await,
        1 => store.unprepared_orders(delay, limit).await,
        2 => store.due_shipments(delay, limit).await,
        _ => store.due_arrivals(delay, limit).await,
    };
    found.unwrap().into_iter().map(OrderId::get).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_look_together_never_get_the_same_row() {
    let (_place, stores) = with_work(160).await;
    for kind in 0..4 {
        let mut looking = JoinSet::new();
        for turn in 0..16 {
            let store = stores[turn % 2].clone();
            looking.spawn(async move { find(&store, kind, 5).await });
        }
        let mut found: Vec<i64> = looking.join_all().await.into_iter().flatten().collect();
        // Who met rows that another one had just locked may have found fewer.
        loop {
            let rest = find(&stores[0], kind, 100).await;
            if rest.is_empty() {
                break;
            }
            found.extend(rest);
        }
        let different: BTreeSet<_> = found.iter().copied().collect();
        assert_eq!(different.len(), found.len(), "kind {kind}: {found:?}");
        assert_eq!(different, (1..=160).filter(|id| id % 4 == kind).collect(), "kind {kind}");
    }
}

#[tokio::test]
async fn what_nobody_did_comes_back_after_the_claim() {
    let (place, stores) = with_work(16).await;
    for kind in 0..4 {
        let first = find(&stores[0], kind, 3).await;
        let rest = find(&stores[1], kind, 3).await;
        assert_eq!((first.len(), rest.len()), (3, 1), "newer rows are not hidden");
        place.clock.advance(CLAIM - Duration::from_micros(1));
        assert_eq!(find(&stores[1], kind, 10).await, Vec::<i64>::new(), "the claims hold");
        place.clock.advance(Duration::from_micros(1));
        let again = find(&stores[1], kind, 10).await;
        assert_eq!(again, [first, rest].concat(), "oldest first");
    }
}

/// Two processes that ask the gateway at the same time share the work, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn charges_and_refunds_are_claimed_and_come_back() {
    let place = Place::new().await;
    let stores = [place.open().await, place.open().await];
    let (store, units) = (&stores[0], place.units());
    store.commit(units.unlimited(1)).await.unwrap();
    for id in 1..=6 {
        store.commit(units.place(id, 1, 1)).await.unwrap();
        let order = store.order(OrderId::new(id)).await.unwrap().unwrap();
        store.commit(units.request_payment(order)).await.unwrap();
        if id > 3 {
            let order = store.order(OrderId::new(id)).await.unwrap().unwrap();
            let payment = store.payment(OrderId::new(id)).await.unwrap().unwrap();
            store.commit(units.pay(order, payment)).await.unwrap();
            let payment = store.payment(OrderId::new(id)).await.unwrap().unwrap();
            let refund = |p: &mut Payment, stamp| p.refund(1, String::new(), stamp).ok();
            store.commit(units.money(payment, refund)).await.unwrap();
        }
    }
    for _ in 0..2 {
        let mut found = [Vec::new(), Vec::new()];
        for limit in [2, 9] {
            let store = &stores[limit % 2];
            found[0].extend(store.due_charges(limit).await.unwrap().into_iter().map(OrderId::get));
            let refunds = store.due_refunds(limit).await.unwrap();
            found[1].extend(refunds.into_iter().map(|due| due.order.get()));
        }
        found[0].sort_unstable();
        assert_eq!(found, [vec![1, 2, 3], vec![4, 5, 6]]);
        place.clock.advance(CLAIM - Duration::from_micros(1));
        assert_eq!(stores[0].due_refunds(9).await.unwrap(), [], "the claims hold");
        place.clock.advance(Duration::from_micros(1));
    }
}
