use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::FutureExt;
use ordersystem_payment::{
    Callback, GatewayOutcome, Payment, PaymentError, PaymentEventKind, PaymentRepository,
    PaymentService,
};
use ordersystem_shared_kernel::{
    Aggregate, Change, Coded, Currency, ErrorKind, Expected, Money, OrderId, RepositoryError,
    Version,
};

use crate::fixture::{ORDER, amount, stamp, transaction};

/// One payment in RAM. Before each of the next `rivals` commits the gateway reports to somebody else first.
#[derive(Default)]
struct OnePayment {
    stored: Mutex<Option<Payment>>,
    rivals: Mutex<Vec<GatewayOutcome>>,
}

#[async_trait]
impl PaymentRepository for OnePayment {
    async fn payment(&self, order: OrderId) -> Result<Option<Payment>, RepositoryError> {
        Ok(self.stored.lock().unwrap().clone().filter(|payment| payment.id() == order))
    }

    async fn commit(&self, change: Change<Payment>) -> Result<(), RepositoryError> {
        let mut stored = self.stored.lock().unwrap();
        if let Some(rival) = self.rivals.lock().unwrap().pop() {
            stored.as_mut().unwrap().report(&rival.into(), stamp(90)).unwrap();
        }
        let expected = match change.expected() {
            Expected::Absent => None,
            Expected::At(version) => Some(version),
        };
        if stored.as_ref().map(Aggregate::version) != expected {
            return Err(RepositoryError::Conflict);
        }
        *stored = Some(change.state().clone());
        Ok(())
    }
}

/// A service with a requested payment.
fn requested() -> (PaymentService, Arc<OnePayment>) {
    let payments = Arc::new(OnePayment::default());
    let service = PaymentService::new(payments.clone());
    now(service.request(ORDER, amount(), transaction(1), stamp(1))).unwrap();
    (service, payments)
}

fn settle(
    service: &PaymentService,
    outcome: GatewayOutcome,
) -> Result<Option<PaymentEventKind>, PaymentError> {
    let event = now(service.report(ORDER, outcome.into(), stamp(2)))?;
    Ok(event.map(|event| event.kind))
}

/// The repository of these tests never waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().unwrap()
}

#[test]
fn a_callback_counts_once() {
    let (service, payments) = requested();
    assert_eq!(settle(&service, GatewayOutcome::Success), Ok(Some(PaymentEventKind::Captured)));
    assert_eq!(settle(&service, GatewayOutcome::Success), Ok(None));
    assert_eq!(settle(&service, GatewayOutcome::Failure), Ok(None));
    assert_eq!(payments.stored.lock().unwrap().as_ref().unwrap().version(), Version::new(2));
}

#[track_caller]
fn check_race(rival: GatewayOutcome, ours: GatewayOutcome, expected: Option<PaymentEventKind>) {
    let (service, payments) = requested();
    payments.rivals.lock().unwrap().push(rival);
    assert_eq!(settle(&service, ours), Ok(expected));
    assert_eq!(payments.stored.lock().unwrap().as_ref().unwrap().attempts().len(), 1);
}

#[test]
fn a_conflict_is_decided_again_on_the_new_state() {
    use GatewayOutcome::{Failure, Success};
    check_race(Success, Success, None);
    check_race(Success, Failure, None);
    check_race(Failure, Failure, None);
    check_race(Failure, Success, Some(PaymentEventKind::Captured));
}

#[test]
fn an_order_is_paid_once() {
    let (service, _) = requested();
    let again = now(service.request(ORDER, amount(), transaction(2), stamp(2)));
    assert_eq!(again, Err(PaymentError::Repository(RepositoryError::Conflict)));
}

#[test]
fn a_callback_for_nothing_is_refused() {
    let service = PaymentService::new(Arc::new(OnePayment::default()));
    let refused = settle(&service, GatewayOutcome::Success).unwrap_err();
    assert_eq!(refused, PaymentError::NeverRequested(ORDER));
    assert_eq!((refused.code(), refused.kind()), ("PAYMENT_NOT_REQUESTED", ErrorKind::Refused));
}

#[test]
fn another_amount_is_recorded_and_refused() {
    let (service, payments) = requested();
    let reported = Money::new(1, Currency::KRW).unwrap();
    let callback = Callback { amount: Some(reported), ..GatewayOutcome::Success.into() };
    for _ in 0..2 {
        let refused = now(service.report(ORDER, callback, stamp(2))).unwrap_err();
        assert_eq!(refused, PaymentError::AmountMismatch { expected: amount(), reported });
        assert_eq!(refused.code(), "PAYMENT_AMOUNT_MISMATCH");
        let stored = payments.stored.lock().unwrap().clone().unwrap();
        assert_eq!(stored.attempts()[0].outcome.reported(), Some(reported));
        assert_eq!(stored.version(), Version::new(2), "once");
    }
}

#[test]
fn an_attempt_that_nobody_made_is_refused() {
    let (service, _) = requested();
    let callback = Callback { transaction: Some(transaction(9)), ..GatewayOutcome::Success.into() };
    let refused = now(service.report(ORDER, callback, stamp(2))).unwrap_err();
    assert_eq!(refused, PaymentError::UnknownTransaction(transaction(9)));
    assert_eq!(refused.code(), "PAYMENT_TRANSACTION_UNKNOWN");
}
