use std::time::Duration;

use ordersystem_payment::GatewayOutcome::{self, Failure, Success};
use ordersystem_payment::{AttemptOutcome, Callback, Payment, PaymentEventKind, Retry};
use ordersystem_shared_kernel::{Aggregate, Currency, Money, Version};
use proptest::prelude::*;

use crate::fixture::{ORDER, amount, stamp, transaction};

/// The rules in words: the first report stands, except that a success always counts once.
#[derive(Default)]
struct Model {
    failed: bool,
    captured: bool,
}

impl Model {
    /// Whether the report changes anything.
    fn report(&mut self, outcome: GatewayOutcome) -> bool {
        match outcome {
            Success if !self.captured => self.captured = true,
            Failure if !self.failed && !self.captured => self.failed = true,
            _ => return false,
        }
        true
    }
}

fn requested() -> Payment {
    Payment::request(ORDER, amount(), transaction(1), stamp(1)).0
}

/// Reports the outcomes one after another and compares every step with the model.
fn check(reports: &[GatewayOutcome]) {
    let (mut payment, mut model) = (requested(), Model::default());
    for (n, outcome) in (2..).zip(reports) {
        let before = payment.clone();
        let event = payment.report(&(*outcome).into(), stamp(n));
        assert_eq!(event.is_some(), model.report(*outcome), "{reports:?}");
        match event {
            None => assert_eq!(payment, before, "{reports:?}"),
            Some(event) => {
                assert_eq!(payment.version(), before.version().next());
                assert_eq!((event.id, event.at, event.order), (stamp(n).event, stamp(n).at, ORDER));
                let last = payment.attempts().last().unwrap();
                assert_eq!(event.transaction, last.transaction);
                assert_eq!(last.outcome.decided_at(), Some(stamp(n).at));
            }
        }
        check_money(&payment, &model);
    }
}

fn check_money(payment: &Payment, model: &Model) {
    let captured = |outcome| matches!(outcome, AttemptOutcome::Captured { .. });
    let captures = payment.attempts().iter().filter(|attempt| captured(attempt.outcome)).count();
    assert_eq!(captures, usize::from(model.captured), "at most one capture");
    assert_eq!(payment.captured().is_some(), model.captured);
    assert_eq!(payment.amount(), amount());
    assert_eq!(payment.attempts().first().unwrap().transaction, transaction(1));
}

#[test]
fn every_sequence_of_up_to_four_callbacks() {
    let mut sequences = vec![Vec::new()];
    for length in 0..=4 {
        sequences.iter().for_each(|reports| check(reports));
        assert_eq!(sequences.len(), 1 << length);
        let longer = |reports: &Vec<_>| {
            [Success, Failure].map(|next| [reports.as_slice(), &[next]].concat())
        };
        sequences = sequences.iter().flat_map(longer).collect();
    }
}

proptest! {
    #[test]
    fn long_sequences_too(
        reports in prop::collection::vec(prop::sample::select(vec![Success, Failure]), 0..50)
    ) {
        check(&reports);
    }
}

#[test]
fn a_request_waits_for_the_gateway() {
    let (payment, event) = Payment::request(ORDER, amount(), transaction(1), stamp(1));
    assert_eq!((event.kind, event.transaction), (PaymentEventKind::Requested, transaction(1)));
    assert_eq!((payment.id(), payment.version()), (ORDER, Version::FIRST));
    let outcome = AttemptOutcome::Pending { retry: Retry::due(stamp(1).at) };
    assert_eq!(payment.attempts()[0].outcome, outcome);
    assert_eq!(payment.attempts()[0].outcome.decided_at(), None);
}

#[test]
fn a_success_after_a_failure_is_money_all_the_same() {
    let mut payment = requested();
    payment.report(&Failure.into(), stamp(2)).unwrap();
    let event = payment.report(&Success.into(), stamp(3)).unwrap();
    assert_eq!((event.kind, event.transaction), (PaymentEventKind::Captured, transaction(1)));
    let captured = AttemptOutcome::Captured { at: stamp(3).at, amount: amount() };
    assert_eq!(payment.attempts().iter().map(|a| a.outcome).collect::<Vec<_>>(), [captured]);
}

/// One thing that can be said about an attempt.
#[derive(Debug, Clone, Copy)]
enum Said {
    Success,
    Failure,
    Other,
    Captured,
    CapturedOther,
    FailedAtGateway,
    Nothing,
}

fn other() -> Money {
    Money::new(1, Currency::KRW).unwrap()
}

fn say(payment: &mut Payment, said: Said, at: u32) -> Option<PaymentEventKind> {
    let (first, stamp) = (transaction(1), stamp(at));
    let another = Callback { amount: Some(other()), ..Success.into() };
    let event = match said {
        Said::Success => payment.report(&Success.into(), stamp),
        Said::Failure => payment.report(&Failure.into(), stamp),
        Said::Other => payment.report(&another, stamp),
        Said::Captured => payment.captured_by_gateway(first, amount(), stamp),
        Said::CapturedOther => payment.captured_by_gateway(first, other(), stamp),
        Said::FailedAtGateway => payment.failed_at_gateway(first, stamp),
        Said::Nothing => payment.postpone(first, Duration::from_secs(60), stamp),
    };
    event.map(|event| event.kind)
}

/// What stands, and what each thing that is said makes of it.
#[test]
fn what_is_said_about_an_attempt_in_every_state() {
    use PaymentEventKind::{Captured as C, Failed as F, Mismatched as M, Postponed as P};
    let said = [
        Said::Success,
        Said::Failure,
        Said::Other,
        Said::Captured,
        Said::CapturedOther,
        Said::FailedAtGateway,
        Said::Nothing,
    ];
    for (given, name, row) in [
        (&[][..], "PENDING", [Some(C), Some(F), Some(M), Some(C), Some(C), Some(F), Some(P)]),
        (&[Said::Other][..], "MISMATCH", [Some(C), None, None, Some(C), Some(C), Some(F), Some(P)]),
        (&[Said::Failure][..], "FAILED", [Some(C), None, Some(M), Some(C), Some(C), None, None]),
        (&[Said::Success][..], "CAPTURED", [None; 7]),
        (&[Said::CapturedOther][..], "CAPTURED", [None; 7]),
    ] {
        for (when, then) in said.into_iter().zip(row) {
            let mut payment = requested();
            for earlier in given {
                say(&mut payment, *earlier, 2).unwrap();
            }
            assert_eq!(payment.attempts()[0].outcome.as_str(), name);
            let before = payment.clone();
            assert_eq!(say(&mut payment, when, 3), then, "{name}, then {when:?}");
            assert_eq!(payment == before, then.is_none(), "{name}, then {when:?}");
        }
    }
}

#[test]
fn another_amount_is_a_mismatch_only_of_a_success() {
    let payment = requested();
    let dollars = Money::new(amount().amount(), "USD".parse().unwrap()).unwrap();
    for (outcome, reported, mismatch) in [
        (Success, None, false),
        (Success, Some(amount()), false),
        (Success, Some(other()), true),
        (Success, Some(dollars), true),
        (Failure, Some(other()), false),
    ] {
        let callback = Callback { amount: reported, ..outcome.into() };
        let expected = reported.filter(|_| mismatch);
        assert_eq!(payment.mismatch(&callback), expected, "{outcome:?} {reported:?}");
    }
}

#[test]
fn a_report_about_an_attempt_that_nobody_made_changes_nothing() {
    let mut payment = requested();
    let callback = Callback { transaction: Some(transaction(9)), ..Success.into() };
    assert_eq!(payment.report(&callback, stamp(2)), None);
    let callback = Callback { transaction: Some(transaction(1)), ..Success.into() };
    assert!(payment.report(&callback, stamp(2)).is_some());
}

#[test]
fn the_gateway_is_asked_less_and_less_often() {
    let (mut payment, longest) = (requested(), Duration::from_secs(10));
    assert_eq!(payment.in_doubt().unwrap().outcome.retry(), Some(Retry::due(stamp(1).at)));
    let mut pauses = Vec::new();
    for _ in 0..40 {
        payment.postpone(transaction(1), longest, stamp(1)).unwrap();
        let retry = payment.in_doubt().unwrap().outcome.retry().unwrap();
        pauses.push(retry.next_at.since(stamp(1).at).as_secs());
    }
    assert_eq!(pauses[..6], [1, 2, 4, 8, 10, 10]);
    assert_eq!(pauses.last(), Some(&10));
    payment.report(&Success.into(), stamp(2)).unwrap();
    assert_eq!(payment.in_doubt(), None);
}
