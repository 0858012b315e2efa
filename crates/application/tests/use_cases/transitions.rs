//! Contract §1, every state against every step.

use ordersystem_order::OrderStatus::{self, *};
use ordersystem_shared_kernel::OrderId;

use crate::fixture::Step::{self, *};
use crate::fixture::{HOLD, STEPS, Shop};

/// What a step does to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    /// These transitions, each with one event.
    Becomes(&'static [OrderStatus]),
    /// Nothing at all, successfully.
    Stays,
    /// Nothing, with this code.
    Refused(&'static str),
}
use Then::{Becomes, Refused, Stays};

const ILLEGAL: Then = Refused("INVALID_STATUS_TRANSITION");
const UNASKED: Then = Refused("PAYMENT_NOT_REQUESTED");
const NO_DELIVERY: Then = Refused("DELIVERY_NOT_FOUND");
const ILLEGAL_DELIVERY: Then = Refused("INVALID_DELIVERY_TRANSITION");

/// A path to a state, and what each of [`STEPS`] does there.
#[rustfmt::skip]
const TABLE: [(&[Step], OrderStatus, [Then; 8]); 12] = [
    //                                    request  succeed  fail     prepare  ship     deliver  cancel   expire
    (&[], Created,
        [Becomes(&[PaymentRequested]), UNASKED, UNASKED, ILLEGAL, NO_DELIVERY, NO_DELIVERY, Becomes(&[Cancelled]), Becomes(&[Cancelled])]),
    (&[RequestPayment], PaymentRequested,
        [Stays, Becomes(&[PaymentCompleted]), Becomes(&[PaymentFailed, Cancelled]), ILLEGAL, NO_DELIVERY, NO_DELIVERY, Becomes(&[Cancelled]), Becomes(&[PaymentFailed, Cancelled])]),
    (&[RequestPayment, Succeed], PaymentCompleted,
        [ILLEGAL, Stays, Stays, Becomes(&[ShipmentPreparing]), NO_DELIVERY, NO_DELIVERY, Becomes(&[Cancelled]), Stays]),
    (&[RequestPayment, Succeed, Prepare], ShipmentPreparing,
        [ILLEGAL, Stays, Stays, Stays, Becomes(&[Shipped]), ILLEGAL_DELIVERY, Becomes(&[Cancelled]), Stays]),
    (&[RequestPayment, Succeed, Prepare, Ship], Shipped,
        [ILLEGAL, Stays, Stays, Stays, Stays, Becomes(&[Delivered]), ILLEGAL, Stays]),
    (&[RequestPayment, Succeed, Prepare, Ship, Deliver], Delivered,
        [ILLEGAL, Stays, Stays, Stays, ILLEGAL_DELIVERY, Stays, ILLEGAL, Stays]),
    (&[Cancel], Cancelled,
        [ILLEGAL, UNASKED, UNASKED, Stays, NO_DELIVERY, NO_DELIVERY, Stays, Stays]),
    (&[Expire], Cancelled,
        [ILLEGAL, UNASKED, UNASKED, Stays, NO_DELIVERY, NO_DELIVERY, Stays, Stays]),
    (&[RequestPayment, Fail], Cancelled,
        [ILLEGAL, Stays, Stays, Stays, NO_DELIVERY, NO_DELIVERY, Stays, Stays]),
    (&[RequestPayment, Cancel], Cancelled,
        [ILLEGAL, Stays, Stays, Stays, NO_DELIVERY, NO_DELIVERY, Stays, Stays]),
    (&[RequestPayment, Succeed, Cancel], Cancelled,
        [ILLEGAL, Stays, Stays, Stays, NO_DELIVERY, NO_DELIVERY, Stays, Stays]),
    (&[RequestPayment, Succeed, Prepare, Cancel], Cancelled,
        [ILLEGAL, Stays, Stays, Stays, ILLEGAL_DELIVERY, ILLEGAL_DELIVERY, Stays, Stays]),
];

#[tokio::test]
async fn every_step_in_every_state() {
    for (path, state, row) in TABLE {
        for (step, then) in STEPS.into_iter().zip(row) {
            check(path, state, step, then).await;
        }
    }
}

async fn check(given: &[Step], state: OrderStatus, when: Step, then: Then) {
    let context = format!("{state} after {given:?}, then {when:?}");
    let shop = Shop::open().await;
    let id = shop.place().await;
    shop.take_all(given, id).await;
    assert_eq!(shop.status(id).await, state, "{context}");
    let (events, stock) = (shop.outbox().await, shop.stock(1).await);
    let outcome = shop.take(when, id).await;
    let told = shop.transitions().await;
    let before = events.iter().filter(|row| row.message.kind.starts_with("order.")).count();
    let kind = |to: &OrderStatus| format!("order.{}.v1", to.as_str().to_lowercase());
    match then {
        Becomes(states) => {
            assert_eq!(outcome, Ok(()), "{context}");
            let expected: Vec<_> = states.iter().map(kind).collect();
            assert_eq!(told[before..], expected, "{context}: one event per transition");
            assert_eq!(Some(&shop.status(id).await), states.last(), "{context}");
        }
        Stays | Refused(_) => {
            let expected = if let Refused(code) = then { Err(code) } else { Ok(()) };
            assert_eq!(outcome, expected, "{context}");
            assert_eq!(shop.outbox().await, events, "{context}: nothing is published");
            assert_eq!(shop.stock(1).await, stock, "{context}: no stock moves");
            assert_eq!(shop.status(id).await, state, "{context}");
        }
    }
    shop.check(&context).await;
}

#[tokio::test]
async fn every_step_on_an_unknown_order_finds_nothing() {
    let shop = Shop::open().await;
    for step in STEPS {
        let expected = match step {
            Ship | Deliver => "DELIVERY_NOT_FOUND",
            _ => "ORDER_NOT_FOUND",
        };
        let outcome = shop.take(step, OrderId::new(7)).await;
        assert_eq!(outcome, Err(expected), "{step:?}");
    }
}

#[tokio::test]
async fn stock_and_money_follow_the_order() {
    for (given, stock, refunds) in [
        (&[][..], (50, 2), 0),
        (&[RequestPayment][..], (50, 2), 0),
        (&[RequestPayment, Succeed][..], (48, 0), 0),
        (&[RequestPayment, Fail][..], (50, 0), 0),
        (&[Cancel][..], (50, 0), 0),
        (&[Expire][..], (50, 0), 0),
        (&[RequestPayment, Expire, Succeed][..], (50, 0), 1),
        (&[RequestPayment, Succeed, Cancel][..], (50, 0), 1),
        (&[RequestPayment, Succeed, Prepare, Cancel][..], (50, 0), 1),
        (&[RequestPayment, Succeed, Prepare, Ship, Deliver][..], (48, 0), 0),
    ] {
        let shop = Shop::open().await;
        let id = shop.place().await;
        shop.take_all(given, id).await;
        assert_eq!(shop.stock(1).await, stock, "{given:?}");
        assert_eq!(shop.refunds(id).await.len(), refunds, "{given:?}");
        shop.check(&format!("{given:?}")).await;
    }
}

#[tokio::test]
async fn a_hold_is_found_and_expired_when_it_has_run_out() {
    let shop = Shop::open().await;
    let (expires, paid) = (shop.place().await, shop.place().await);
    shop.take_all(&[RequestPayment, Succeed], paid).await;
    shop.clock.advance(HOLD);
    assert_eq!(shop.due_holds().await, [expires], "paid orders hold nothing");
    shop.take(Expire, expires).await.unwrap();
    assert_eq!(shop.due_holds().await, []);
    assert_eq!(shop.status(expires).await, Cancelled);
}
