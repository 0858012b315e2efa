//! A commit fails at each step, and each step is repeated.

use ordersystem_adapter_memory::CommitFault;
use ordersystem_application::{Call, Failure, PlaceOrderError};
use ordersystem_order::Order;
use ordersystem_shared_kernel::{Aggregate, Answer, ProductId};

use crate::fixture::Step::{self, *};
use crate::fixture::{Shop, basket, keyed, replayed};

/// The paths through an order's life that touch everything.
const PATHS: [&[Step]; 4] = [
    &[RequestPayment, Succeed, Prepare, Ship, Deliver],
    &[RequestPayment, Fail],
    &[RequestPayment, Expire, Succeed],
    &[RequestPayment, Succeed, Prepare, Cancel],
];

const NOTHING_WRITTEN: [(CommitFault, &str); 3] = [
    (CommitFault::Unavailable, "STORE_UNAVAILABLE"),
    (CommitFault::Overloaded, "OVERLOADED"),
    (CommitFault::LostUnit, "OUTCOME_UNKNOWN"),
];

#[tokio::test]
async fn a_step_whose_commit_fails_has_not_happened_and_can_be_repeated() {
    for (path, (fault, code)) in PATHS.iter().flat_map(|path| NOTHING_WRITTEN.map(|f| (path, f))) {
        let shop = Shop::open().await;
        let id = shop.place().await;
        for step in *path {
            let context = format!("{step:?} of {path:?} with {fault:?}");
            let before = (shop.outbox().await, shop.status(id).await, shop.level(1).await);
            shop.store.faults().fail_commits(1, fault);
            assert_eq!(shop.take(*step, id).await, Err(code), "{context}");
            let after = (shop.outbox().await, shop.status(id).await, shop.level(1).await);
            assert_eq!(after, before, "{context}: nothing is written");
            assert_eq!(shop.take(*step, id).await, Ok(()), "{context}: repeated");
            shop.check(&context).await;
        }
    }
}

#[tokio::test]
async fn a_step_whose_answer_is_lost_has_happened_and_can_be_repeated() {
    for path in PATHS {
        let shop = Shop::open().await;
        let id = shop.place().await;
        for step in path {
            let context = format!("{step:?} of {path:?}");
            shop.store.faults().fail_commits(1, CommitFault::LostAnswer);
            assert_eq!(shop.take(*step, id).await, Err("OUTCOME_UNKNOWN"), "{context}");
            let events = shop.outbox().await;
            assert_eq!(shop.take(*step, id).await, Ok(()), "{context}: repeated");
            assert_eq!(shop.outbox().await, events, "{context}: the repeat has no effect");
            shop.use_cases.sync_stock(ProductId::new(1)).await.unwrap();
            shop.check(&context).await;
        }
    }
}

#[tokio::test]
async fn a_step_that_cannot_read_has_not_happened() {
    for path in PATHS {
        let shop = Shop::open().await;
        let id = shop.place().await;
        for step in path {
            let events = shop.outbox().await;
            shop.store.faults().fail_reads(1);
            assert_eq!(shop.take(*step, id).await, Err("STORE_UNAVAILABLE"), "{step:?}");
            assert_eq!(shop.outbox().await, events, "{step:?} of {path:?}");
            assert_eq!(shop.take(*step, id).await, Ok(()), "{step:?} of {path:?}: repeated");
        }
    }
}

#[tokio::test]
async fn an_order_that_was_not_committed_leaves_nothing_but_a_soft_hold() {
    for (fault, _) in NOTHING_WRITTEN {
        let shop = Shop::open().await;
        shop.store.faults().fail_commits(1, fault);
        let outcome = shop.use_cases.place_order(basket(&[(1, 50)]), Call::default()).await;
        assert!(matches!(outcome, Err(PlaceOrderError::Failure(_))), "{fault:?}");
        assert_eq!((shop.outbox().await, shop.stock(1).await), (Vec::new(), (50, 0)), "{fault:?}");
        shop.place_all(&[(1, 50)]).await;
        shop.check("the next order finds the stock").await;
    }
}

#[tokio::test]
async fn an_order_whose_answer_was_lost_is_found_by_its_key() {
    let shop = Shop::open().await;
    let number = |order: &Order| Answer(order.id().to_string().into_bytes());
    let place = || shop.use_cases.place_order(basket(&[(1, 2)]), keyed("key", &number));
    shop.store.faults().fail_commits(1, CommitFault::LostAnswer);
    assert_eq!(place().await, Err(PlaceOrderError::Failure(Failure::OutcomeUnknown)));
    let Err(PlaceOrderError::Failure(failure)) = place().await else { panic!("placed twice") };
    assert_eq!(replayed(&failure), b"1", "the retry finds out");
    assert_eq!(shop.stock(1).await, (50, 2), "one order");
}
