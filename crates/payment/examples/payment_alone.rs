//! The payment domain alone, in a program that has its own idea of storage: one map behind a lock.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::FutureExt;
use ordersystem_payment::{
    GatewayOutcome, Payment, PaymentError, PaymentRepository, PaymentService,
};
use ordersystem_shared_kernel::{
    Aggregate, Change, Currency, EventId, Expected, Money, OrderId, RepositoryError, Stamp,
    Timestamp, TransactionId,
};
use uuid::Uuid;

/// Everything that the domain asks of storage.
#[derive(Default)]
struct Payments(Mutex<HashMap<i64, Payment>>);

#[async_trait]
impl PaymentRepository for Payments {
    async fn payment(&self, order: OrderId) -> Result<Option<Payment>, RepositoryError> {
        let payments = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(payments.get(&order.get()).cloned())
    }

    async fn commit(&self, change: Change<Payment>) -> Result<(), RepositoryError> {
        let mut payments = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = change.state().id().get();
        let present = payments.get(&key).map(Aggregate::version);
        let expected = match change.expected() {
            Expected::Absent => None,
            Expected::At(version) => Some(version),
        };
        if present != expected {
            return Err(RepositoryError::Conflict);
        }
        payments.insert(key, change.state().clone());
        Ok(())
    }
}

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let payments = Arc::new(Payments::default());
    let service = PaymentService::new(payments.clone());
    let order = OrderId::new(1);

    let early = now(service.report(order, GatewayOutcome::Success.into(), stamp(1)))?;
    assert_eq!(early, Err(PaymentError::NeverRequested(order)));

    let owed = Money::new(20_000, Currency::KRW)?;
    now(service.request(order, owed, transaction(1), stamp(2)))??;
    let first = now(service.report(order, GatewayOutcome::Success.into(), stamp(3)))??;
    let again = now(service.report(order, GatewayOutcome::Success.into(), stamp(4)))??;
    assert!(first.is_some() && again.is_none());

    now(service.refund(order, 5_000, "a dent", stamp(5)))??;
    let payment = now(payments.payment(order))??.ok_or("it was just stored")?;
    let refund = payment.refunds().first().ok_or("it is owed")?;
    // Here your gateway gives the money back.
    now(service.refund_done(order, refund.number, stamp(6)))??;
    let payment = now(payments.payment(order))??.ok_or("it was just stored")?;
    assert_eq!(payment.refundable(), Some(Money::new(15_000, Currency::KRW)?));
    Ok(())
}

/// Your source of transaction ids.
const fn transaction(number: u128) -> TransactionId {
    TransactionId::new(Uuid::from_u128(number))
}

/// Your clock and your source of event ids; the domain has neither.
fn stamp(second: u32) -> Stamp {
    let event = EventId::new(Uuid::from_u128(second.into()));
    Stamp { at: Timestamp::from_micros(i64::from(second) * 1_000_000), event }
}

/// A repository in RAM answers at once, so no runtime is needed.
fn now<T>(answer: impl Future<Output = T>) -> Result<T, &'static str> {
    answer.now_or_never().ok_or("the repository waits for something")
}
