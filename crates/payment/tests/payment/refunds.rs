use std::time::Duration;

use ordersystem_payment::{
    GatewayOutcome, Payment, PaymentEventKind, RefundError, RefundReason, RefundState,
};
use ordersystem_shared_kernel::{Aggregate, Coded, Currency, ErrorKind, Money};
use proptest::prelude::*;

use crate::fixture::{ORDER, amount, stamp, transaction};

const LONGEST: Duration = Duration::from_secs(60);

fn won(amount: i64) -> Money {
    Money::new(amount, Currency::KRW).unwrap()
}

fn captured() -> Payment {
    let (mut payment, _) = Payment::request(ORDER, amount(), transaction(1), stamp(1));
    payment.report(&GatewayOutcome::Success.into(), stamp(2)).unwrap();
    payment
}

fn refund(payment: &mut Payment, amount: i64) -> Result<PaymentEventKind, RefundError> {
    payment.refund(amount, "a dent".to_owned(), stamp(3)).map(|event| event.kind)
}

#[test]
fn never_more_goes_back_than_was_taken() {
    let mut payment = captured();
    for (wanted, expected) in [
        (0, Err(RefundError::Nothing)),
        (-1, Err(RefundError::Nothing)),
        (20_001, Err(RefundError::AboveCaptured { rest: won(20_000), wanted: won(20_001) })),
        (5_000, Ok(PaymentEventKind::RefundOwed { number: 1 })),
        (15_001, Err(RefundError::AboveCaptured { rest: won(15_000), wanted: won(15_001) })),
        (15_000, Ok(PaymentEventKind::RefundOwed { number: 2 })),
        (1, Err(RefundError::AboveCaptured { rest: won(0), wanted: won(1) })),
    ] {
        assert_eq!(refund(&mut payment, wanted), expected, "{wanted}");
    }
    assert_eq!(payment.refundable(), Some(won(0)));
    assert_eq!(payment.give_back(RefundReason::OrderCancelled, stamp(4)), None, "nothing is left");
}

#[test]
fn nothing_goes_back_of_what_was_never_taken() {
    let (mut payment, _) = Payment::request(ORDER, amount(), transaction(1), stamp(1));
    assert_eq!(refund(&mut payment, 1), Err(RefundError::NothingCaptured));
    assert_eq!(payment.refundable(), None);
    assert_eq!(payment.give_back(RefundReason::LateSuccess, stamp(2)), None);
}

#[test]
fn a_cancellation_owes_what_is_left() {
    let mut payment = captured();
    refund(&mut payment, 5_000).unwrap();
    let event = payment.give_back(RefundReason::OrderCancelled, stamp(4)).unwrap();
    assert_eq!(
        (event.kind, event.transaction),
        (PaymentEventKind::RefundOwed { number: 2 }, transaction(1))
    );
    let owed = payment.refund_number(2).unwrap();
    assert_eq!((owed.amount, owed.owed_since), (won(15_000), stamp(4).at));
    assert_eq!(owed.reason, RefundReason::OrderCancelled);
    assert_eq!(payment.refund_order(owed).transaction, transaction(1));
}

#[test]
fn another_amount_goes_back_as_it_was_taken() {
    let (mut payment, _) = Payment::request(ORDER, amount(), transaction(1), stamp(1));
    let dollars = Money::new(7, "USD".parse().unwrap()).unwrap();
    payment.captured_by_gateway(transaction(1), dollars, stamp(2)).unwrap();
    payment.give_back(RefundReason::AmountMismatch, stamp(2)).unwrap();
    assert_eq!(payment.refunds()[0].amount, dollars);
}

#[test]
fn a_refund_is_asked_for_until_it_is_done_and_done_once() {
    let mut payment = captured();
    payment.give_back(RefundReason::OrderCancelled, stamp(3)).unwrap();
    let state = |payment: &Payment| payment.refunds()[0].state.clone();
    assert_eq!(state(&payment).retry().map(|retry| retry.next_at), Some(stamp(3).at), "at once");
    payment.postpone_refund(1, LONGEST, stamp(4)).unwrap();
    assert_eq!(state(&payment).retry().map(|retry| retry.tries), Some(1));
    let refuse = |payment: &mut Payment| {
        let event = payment.refund_refused(1, "NO_BALANCE".to_owned(), LONGEST, stamp(5));
        event.unwrap().kind
    };
    assert_eq!(refuse(&mut payment), PaymentEventKind::RefundRefused { number: 1 });
    assert_eq!(refuse(&mut payment), PaymentEventKind::RefundPostponed { number: 1 }, "no news");
    assert_eq!(
        (state(&payment).as_str(), state(&payment).refusal()),
        ("REFUSED", Some("NO_BALANCE"))
    );
    payment.postpone_refund(1, LONGEST, stamp(6)).unwrap();
    assert_eq!(state(&payment).as_str(), "REFUSED", "no answer takes no answer back");
    let version = payment.version();
    let event = payment.refund_done(1, stamp(7)).unwrap();
    assert_eq!(event.kind.refund(), Some(1));
    assert_eq!(state(&payment), RefundState::Done { at: stamp(7).at });
    assert_eq!(payment.version(), version.next());
    let done = payment.clone();
    assert_eq!(payment.refund_done(1, stamp(8)), None);
    assert_eq!(payment.postpone_refund(1, LONGEST, stamp(8)), None);
    assert_eq!(payment.refund_refused(1, String::new(), LONGEST, stamp(8)), None);
    assert_eq!(payment.refund_done(2, stamp(8)), None, "there is no second");
    assert_eq!(payment, done);
}

#[test]
fn reasons_survive_their_names() {
    let note = || "a dent".to_owned();
    for reason in [
        RefundReason::OrderCancelled,
        RefundReason::LateSuccess,
        RefundReason::AmountMismatch,
        RefundReason::Operator { note: note() },
    ] {
        let kept = reason.note().map(str::to_owned);
        assert_eq!(RefundReason::restore(reason.as_str(), kept), Some(reason));
    }
    assert_eq!(RefundReason::restore("OPERATOR", None), None);
    assert_eq!(RefundReason::restore("LATE_SUCCESS", Some(note())), None);
}

#[test]
fn refusals_have_codes() {
    for (error, code, kind) in [
        (RefundError::NothingCaptured, "ORDER_NOT_PAID", ErrorKind::Refused),
        (
            RefundError::AboveCaptured { rest: won(1), wanted: won(2) },
            "REFUND_ABOVE_CAPTURED",
            ErrorKind::Refused,
        ),
        (RefundError::Nothing, "INVALID_REFUND_AMOUNT", ErrorKind::Invalid),
    ] {
        assert_eq!((error.code(), error.kind()), (code, kind));
    }
}

proptest! {
    /// Whatever is asked for in whatever order: the sum never exceeds what was taken, and a cancellation makes it equal.
    #[test]
    fn the_books_balance(wanted in prop::collection::vec(-1_000_i64..30_000, 0..20)) {
        let mut payment = captured();
        for amount in wanted {
            let before = payment.clone();
            if refund(&mut payment, amount).is_err() {
                prop_assert_eq!(&payment, &before);
            }
        }
        payment.give_back(RefundReason::OrderCancelled, stamp(4));
        let owed: i64 = payment.refunds().iter().map(|refund| refund.amount.amount()).sum();
        prop_assert_eq!(owed, amount().amount());
        let numbers: Vec<u32> = payment.refunds().iter().map(|refund| refund.number).collect();
        prop_assert_eq!(numbers, (1..).take(payment.refunds().len()).collect::<Vec<u32>>());
    }
}
