use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use ordersystem_adapter_memory::ManualClock;
use ordersystem_shared_kernel::{Currency, Money, OrderId};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn won(amount: i64) -> Money {
    Money::new(amount, Currency::KRW).unwrap()
}

fn charge(amount: i64) -> Charge {
    Charge {
        order: OrderId::new(1),
        transaction: TransactionId::new(Uuid::from_u128(7)),
        amount: won(amount),
        requested_at: Timestamp::EPOCH,
    }
}

fn refund(number: u32, amount: i64) -> RefundOrder {
    let Charge { order, transaction, .. } = charge(1);
    RefundOrder { order, transaction, number, amount: won(amount) }
}

fn gateway() -> (ManualClock, SimulatedGateway) {
    let clock = ManualClock::default();
    (clock.clone(), SimulatedGateway::new(Arc::new(clock)))
}

/// The simulator never waits, so no runtime is needed.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}

fn unavailable<T>(answer: Result<T, GatewayError>) -> bool {
    matches!(answer, Err(GatewayError::Unavailable(_)))
}

const CAPTURED: fn(i64) -> Result<ChargeState, GatewayError> =
    |amount| Ok(ChargeState::Captured { amount: won(amount) });

#[test]
fn each_test_code_goes_its_way() {
    use TestCode::*;
    let failed = Ok(ChargeState::Failed);
    let waiting = Ok(ChargeState::Waiting);
    for (code, first, repeated, later) in [
        (None, CAPTURED(10_000), CAPTURED(10_000), CAPTURED(10_000)),
        (Some(RejectCardPayment), failed.clone(), failed.clone(), failed.clone()),
        (Some(RejectLater), waiting.clone(), waiting.clone(), failed),
        (Some(CaptureLater), waiting.clone(), waiting.clone(), CAPTURED(10_903)),
        (Some(NeverDecide), waiting.clone(), waiting.clone(), waiting),
        (Some(CaptureOtherAmount), CAPTURED(10_904), CAPTURED(10_904), CAPTURED(10_904)),
        (Some(TimeoutAfterCapture), silence(), CAPTURED(10_906), CAPTURED(10_906)),
        (Some(TimeoutBeforeCapture), silence(), CAPTURED(10_907), CAPTURED(10_907)),
        (Some(ProviderError), Err(Trouble::NoService.into()), CAPTURED(10_908), CAPTURED(10_908)),
    ] {
        let (clock, gateway) = gateway();
        let charge = charge(10_000 + code.map_or(0, TestCode::digits));
        assert_eq!(now(gateway.charge(&charge)), first, "{code:?}");
        assert_eq!(now(gateway.charge(&charge)), repeated, "{code:?}");
        clock.advance(Duration::from_secs(1));
        assert_eq!(now(gateway.look_up(&charge)), later, "{code:?}");
    }
}

fn silence() -> Result<ChargeState, GatewayError> {
    Err(Trouble::Silence.into())
}

#[test]
fn a_call_that_was_lost_on_its_way_left_no_trace() {
    for amount in [907, 908] {
        let (_, gateway) = gateway();
        assert!(unavailable(now(gateway.charge(&charge(amount)))));
        assert_eq!(now(gateway.look_up(&charge(amount))), Ok(ChargeState::Unheard));
        assert!(gateway.ledger().is_empty());
    }
}

#[test]
fn a_plan_made_beforehand_counts_more_than_the_amount() {
    let (clock, gateway) = gateway();
    let later = Plan::CAPTURE.after(Duration::from_secs(3));
    gateway.plan(charge(901).transaction, later);
    assert_eq!(now(gateway.charge(&charge(901))), Ok(ChargeState::Waiting));
    assert_eq!(gateway.next_decision(), Some(clock.now().after(Duration::from_secs(3))));
    assert_eq!(gateway.announce(), []);
    clock.advance(Duration::from_secs(3));
    let announced = gateway.announce();
    assert_eq!(announced.len(), 1);
    assert_eq!(announced[0].state, ChargeState::Captured { amount: won(901) });
    assert_eq!((gateway.announce(), gateway.next_decision()), (vec![], None));
}

#[test]
fn one_transaction_is_one_charge() {
    let (_, gateway) = gateway();
    now(gateway.charge(&charge(10_000))).unwrap();
    let other = now(gateway.charge(&charge(20_000)));
    assert_eq!(other, Err(GatewayError::Refused { code: "INVALID_REQUEST".to_owned() }));
    assert_eq!(gateway.ledger()[0].taken(Timestamp::EPOCH.after(Duration::MAX)), won(10_000));
}

#[test]
fn nobody_answers_while_it_is_closed() {
    let (_, gateway) = gateway();
    gateway.serve(Service::Closed);
    assert!(unavailable(now(gateway.charge(&charge(10_000)))));
    assert!(unavailable(now(gateway.look_up(&charge(10_000)))));
    assert!(unavailable(now(gateway.refund(&refund(1, 10_000)))));
    gateway.serve(Service::Open);
    assert_eq!(now(gateway.look_up(&charge(10_000))), Ok(ChargeState::Unheard));
}

#[track_caller]
fn check_refund(gateway: &SimulatedGateway, number: u32, amount: i64, expected: Result<(), &str>) {
    let expected = expected.map_err(|code: &str| GatewayError::Refused { code: code.to_owned() });
    assert_eq!(now(gateway.refund(&refund(number, amount))), expected);
}

#[test]
fn money_goes_back_once_per_number_and_never_more_than_came() {
    let (_, gateway) = gateway();
    check_refund(&gateway, 1, 1_000, Err("NOT_FOUND_PAYMENT"));
    now(gateway.charge(&charge(10_000))).unwrap();
    check_refund(&gateway, 1, 0, Err("NOT_CANCELABLE_AMOUNT"));
    check_refund(&gateway, 1, 10_001, Err("NOT_CANCELABLE_AMOUNT"));
    for _ in 0..3 {
        check_refund(&gateway, 1, 4_000, Ok(()));
    }
    check_refund(&gateway, 1, 5_000, Err("INVALID_REQUEST"));
    check_refund(&gateway, 2, 6_001, Err("NOT_CANCELABLE_AMOUNT"));
    check_refund(&gateway, 2, 6_000, Ok(()));
    check_refund(&gateway, 3, 1, Err("ALREADY_CANCELED_PAYMENT"));
    assert_eq!(gateway.ledger()[0].given_back(), won(10_000));
}

#[test]
fn what_was_not_taken_does_not_go_back() {
    for amount in [901, 904] {
        let (_, gateway) = gateway();
        now(gateway.charge(&charge(amount))).unwrap();
        check_refund(&gateway, 1, amount, Err("NOT_CANCELABLE_PAYMENT"));
    }
}

#[test]
fn refunds_can_lose_their_answers_too() {
    let (_, gateway) = gateway();
    now(gateway.charge(&charge(10_000))).unwrap();
    gateway.reply_to_refunds([Reply::Unheard, Reply::NoService, Reply::Lost]);
    for given_back in [0, 0, 10_000] {
        assert!(unavailable(now(gateway.refund(&refund(1, 10_000)))));
        assert_eq!(gateway.ledger()[0].given_back(), won(given_back));
    }
    check_refund(&gateway, 1, 10_000, Ok(()));
    assert_eq!(gateway.ledger()[0].given_back(), won(10_000));
}

proptest! {
    /// Whatever is asked in whatever order: a charge is decided once, and no more goes back than came.
    #[test]
    fn the_books_balance(
        plans in prop::collection::vec((900..910_i64, 0..3_u64), 1..5),
        calls in prop::collection::vec((0..3_u8, 0..5_u8, 1..4_u32, 1..400_i64), 1..60),
    ) {
        let (clock, gateway) = gateway();
        let mut decided = std::collections::BTreeMap::new();
        for (kind, which, number, amount) in calls {
            let (price, delay) = plans[usize::from(which) % plans.len()];
            let transaction = TransactionId::new(Uuid::from_u128(price.unsigned_abs().into()));
            let charge = Charge { transaction, ..charge(price) };
            match kind {
                0 => { let _ = now(gateway.charge(&charge)); }
                1 => { let _ = now(gateway.refund(&RefundOrder { transaction, ..refund(number, amount) })); }
                _ => clock.advance(Duration::from_secs(delay)),
            }
            for entry in gateway.ledger() {
                let state = entry.state(clock.now());
                if state != ChargeState::Waiting {
                    prop_assert_eq!(*decided.entry(entry.charge.transaction).or_insert(state), state);
                }
                prop_assert!(entry.given_back().amount() <= entry.taken(clock.now()).amount());
            }
        }
    }
}
