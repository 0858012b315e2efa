use ordersystem_payment::GatewayOutcome::{self, Failure, Success};
use ordersystem_payment::{AttemptOutcome, Payment, PaymentEventKind};
use ordersystem_shared_kernel::{Aggregate, Version};
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
        let event = payment.settle(*outcome, transaction(n), stamp(n));
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
    assert_eq!(payment.attempts()[0].outcome, AttemptOutcome::Pending);
    assert_eq!(payment.attempts()[0].outcome.decided_at(), None);
}

#[test]
fn a_success_after_a_failure_is_money_under_a_transaction_of_its_own() {
    let mut payment = requested();
    payment.settle(Failure, transaction(2), stamp(2)).unwrap();
    let event = payment.settle(Success, transaction(3), stamp(3)).unwrap();
    assert_eq!((event.kind, event.transaction), (PaymentEventKind::Captured, transaction(3)));
    let names: Vec<_> = payment.attempts().iter().map(|a| a.outcome.as_str()).collect();
    assert_eq!(names, ["FAILED", "CAPTURED"]);
    assert_eq!(payment.captured().unwrap().transaction, transaction(3));
}

#[test]
fn the_first_report_keeps_the_requested_transaction() {
    for outcome in [Success, Failure] {
        let mut payment = requested();
        let event = payment.settle(outcome, transaction(9), stamp(2)).unwrap();
        assert_eq!(event.transaction, transaction(1));
        assert_eq!(payment.attempts().len(), 1);
    }
}
