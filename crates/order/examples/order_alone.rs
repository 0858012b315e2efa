//! The order domain alone, in a program that has its own idea of storage: one map behind a lock.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::FutureExt;
use ordersystem_order::{
    Basket, Offer, Order, OrderError, OrderRepository, OrderService, OrderStatus,
};
use ordersystem_shared_kernel::{
    Aggregate, Change, Currency, EventId, Expected, Money, OrderId, ProductId, Quantity,
    RepositoryError, Stamp, Timestamp, Version,
};
use uuid::Uuid;

/// Everything that the domain asks of storage.
#[derive(Default)]
struct Orders(Mutex<HashMap<i64, Order>>);

#[async_trait]
impl OrderRepository for Orders {
    async fn order(&self, id: OrderId) -> Result<Option<Order>, RepositoryError> {
        let orders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(orders.get(&id.get()).cloned())
    }

    async fn commit(&self, change: Change<Order>) -> Result<(), RepositoryError> {
        let mut orders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = change.state().id().get();
        let present = orders.get(&key).map(Aggregate::version);
        let expected = match change.expected() {
            Expected::Absent => None,
            Expected::At(version) => Some(version),
        };
        if present != expected {
            return Err(RepositoryError::Conflict);
        }
        orders.insert(key, change.state().clone());
        Ok(())
    }
}

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let service = OrderService::new(Arc::new(Orders::default()));
    let id = OrderId::new(1);

    let basket = Basket::single(ProductId::new(1), Quantity::new(2)?);
    let price = Money::new(10_000, Currency::KRW)?;
    let offer = Offer { name: "Tea".to_owned(), unit_price: price, version: Version::FIRST };
    let order = now(service.place(id, basket.priced(vec![offer])?, stamp(1)))??;
    assert_eq!(order.lines().total().to_string(), "20000 KRW");

    let order = now(service.apply(id, |order| order.request_payment(stamp(2))))??;
    assert_eq!(order.status(), OrderStatus::PaymentRequested);
    assert!(order.status().next().any(|next| next == OrderStatus::PaymentCompleted));

    now(service.cancel(id, stamp(3)))??;
    let too_late = now(service.apply(id, |order| order.complete_payment(stamp(4))))?;
    assert!(matches!(too_late, Err(OrderError::Illegal(_))));
    Ok(())
}

/// Your clock and your source of ids; the domain has neither.
fn stamp(second: u32) -> Stamp {
    let event = EventId::new(Uuid::from_u128(second.into()));
    Stamp { at: Timestamp::from_micros(i64::from(second) * 1_000_000), event }
}

/// A repository in RAM answers at once, so no runtime is needed.
fn now<T>(answer: impl Future<Output = T>) -> Result<T, &'static str> {
    answer.now_or_never().ok_or("the repository waits for something")
}
