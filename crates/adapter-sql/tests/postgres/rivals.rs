//! Several writers and several processes on one database.

use std::sync::Arc;

use crate::support::{Place, stock, submit};
use ordersystem_adapter_sql::PostgresConfig;
use ordersystem_application::{CommitError, SingleDomain, Store, UnitOfWork};
use ordersystem_payment::{GatewayOutcome, Payment, PaymentRepository};
use ordersystem_port_contracts::unit::{self, event_receipt, request_receipt, uuid, won};
use ordersystem_shared_kernel::{Change, EventId, OrderId, RepositoryError, Stamp, TransactionId};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn baskets_in_opposite_orders_never_wait_for_each_other() {
    let place = Place::new().await;
    let config = || PostgresConfig { writers: 4, max_batch: 8, ..place.config() };
    let stores = [place.open_with(config()).await, place.open_with(config()).await];
    let units = place.units();
    for product in 1..=8 {
        stores[0].commit(units.product(product, 100_000)).await.unwrap();
    }
    let mut waiting = Vec::new();
    for id in 1..=600 {
        let mut basket: Vec<(i64, i64)> = (1..=8).map(|place| ((place + id) % 8 + 1, 1)).collect();
        if id % 2 == 0 {
            basket.reverse();
        }
        let store = &stores[usize::try_from(id % 2).unwrap()];
        waiting.push(submit(store, units.basket(id, &basket)));
    }
    for answer in waiting {
        assert_eq!(answer.await.unwrap(), Ok(()));
    }
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(place.database.number(deadlocks).await, 0);
    for product in 1..=8 {
        assert_eq!(stock(&stores[0], product).await, (100_000, 600));
    }
    place.assert_whole().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_units_are_sold_exactly_once_by_two_processes() {
    let place = Place::new().await;
    let stores = [place.open().await, place.open().await];
    let units = place.units();
    stores[0].commit(units.product(1, 100)).await.unwrap();
    let waiting: Vec<_> = (1..=2_000)
        .map(|id| submit(&stores[usize::try_from(id % 2).unwrap()], units.place(id, 1, 1)))
        .collect();
    let mut sold = 0;
    for answer in waiting {
        match answer.await.unwrap() {
            Ok(()) => sold += 1,
            Err(CommitError::Stock { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(sold, 100);
    assert_eq!(stock(&stores[0], 1).await, (100, 100));
    assert_eq!(place.orders().await, 100);
    place.assert_whole().await;
}

/// Nothing but the key brings the two together: other orders of products without a level.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_reaches_two_processes_is_handled_once() {
    let place = Place::new().await;
    let stores = [place.open().await, place.open().await];
    let units = place.units();
    stores[0].commit(units.unlimited(1)).await.unwrap();
    stores[0].commit(units.unlimited(2)).await.unwrap();
    for round in 1..=30 {
        let key = format!("key-{round}");
        let rivals = [(0, round * 2), (1, round * 2 + 1)].map(|(store, order)| {
            let cause = Some(request_receipt(&key, &format!("order {order}")));
            let unit = UnitOfWork { cause, ..units.place(order, order % 2 + 1, 1) };
            submit(&stores[store], unit)
        });
        let [one, two] = rivals;
        let answers = [one.await.unwrap(), two.await.unwrap()];
        let won = answers.iter().position(Result::is_ok).unwrap();
        let order = round * 2 + i64::try_from(won).unwrap();
        let Err(CommitError::AlreadyHandled(Some(answer))) = &answers[1 - won] else {
            panic!("{answers:?}");
        };
        assert_eq!(answer.answer.0, format!("order {order}").into_bytes());
    }
    assert_eq!(place.orders().await, 30);
    place.assert_whole().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crossing_events_in_two_processes_are_handled_once() {
    let place = Place::new().await;
    let config = || PostgresConfig { writers: 1, ..place.config() };
    let stores = [place.open_with(config()).await, place.open_with(config()).await];
    let units = place.units();
    stores[0].commit(units.unlimited(1)).await.unwrap();
    let events: Vec<EventId> = (0..60).map(|_| EventId::new(uuid())).collect();
    let mut waiting = Vec::new();
    for (number, (up, down)) in events.iter().zip(events.iter().rev()).enumerate() {
        for (store, event) in stores.iter().zip([up, down]) {
            let order = i64::try_from(waiting.len()).unwrap() + 1;
            let cause = Some(event_receipt("payments", *event));
            waiting.push(submit(store, UnitOfWork { cause, ..units.place(order, 1, 1) }));
        }
        if number % 10 == 0 {
            tokio::task::yield_now().await;
        }
    }
    let mut handled = 0;
    for answer in waiting {
        match answer.await.unwrap() {
            Ok(()) => handled += 1,
            Err(error) => assert_eq!(error, CommitError::AlreadyHandled(None)),
        }
    }
    assert_eq!((handled, place.orders().await), (60, 60));
    place.assert_whole().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_two_processes_create_is_created_once() {
    let place = Place::new().await;
    let stores = [place.open().await, place.open().await];
    let units = place.units();
    for product in [1, 2] {
        stores[0].commit(units.unlimited(product)).await.unwrap();
    }
    for id in 1..=20 {
        let [one, two] =
            [0, 1].map(|side| submit(&stores[side], units.place(id, i64::from(side == 1) + 1, 1)));
        let mut answers = [one.await.unwrap(), two.await.unwrap()];
        answers.sort_by_key(Result::is_err);
        assert_eq!(answers, [Ok(()), Err(CommitError::Conflict)]);
    }
    place.assert_whole().await;
}

/// No order row serializes what belongs to an order that is kept elsewhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_without_an_order_is_settled_once() {
    let place = Place::new().await;
    let stores = [place.open().await, place.open().await];
    let sides = stores.each_ref().map(|store| SingleDomain::new(Arc::new(store.clone())));
    for round in 1..=20 {
        let order = OrderId::new(round);
        let stamp = || -> Stamp { unit::at(ordersystem_shared_kernel::Timestamp::EPOCH).stamp() };
        let requested = Payment::request(order, won(5_000), TransactionId::new(uuid()), stamp());
        // Each side in turn, so that both have their connections before they race.
        let side = &sides[0];
        PaymentRepository::commit(side, Change::created(requested)).await.unwrap();
        let settle = [GatewayOutcome::Success, GatewayOutcome::Failure].map(|outcome| {
            let side = sides[usize::from(outcome == GatewayOutcome::Success)].clone();
            tokio::spawn(async move {
                let payment = PaymentRepository::payment(&side, order).await.unwrap().unwrap();
                let mut change = Change::of(payment);
                change.apply_if(|payment| payment.report(&outcome.into(), stamp()));
                PaymentRepository::commit(&side, change).await
            })
        });
        let [one, two] = settle;
        let answers = [one.await.unwrap(), two.await.unwrap()];
        let won = answers.iter().filter(|answer| answer.is_ok()).count();
        let lost = answers.iter().filter(|a| **a == Err(RepositoryError::Conflict)).count();
        assert!(won >= 1 && won + lost == 2, "{answers:?}");
        // A rival that came later has seen the settled payment: a late success counts, a late failure is nothing.
        let stored = PaymentRepository::payment(&sides[0], order).await.unwrap().unwrap();
        assert!(stored.captured().is_some() || won == 1, "{answers:?}: {stored:?}");
    }
}
