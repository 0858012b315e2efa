use ordersystem_shared_kernel::{
    Currency, EventId, Money, OrderId, Stamp, Timestamp, TransactionId,
};
use uuid::Uuid;

pub(crate) const ORDER: OrderId = OrderId::new(1);

/// The `n`th moment with the `n`th event id.
pub(crate) fn stamp(n: u32) -> Stamp {
    let event = EventId::new(Uuid::from_u128(n.into()));
    Stamp { at: Timestamp::from_micros(n.into()), event }
}

pub(crate) fn transaction(n: u32) -> TransactionId {
    TransactionId::new(Uuid::from_u128(n.into()))
}

pub(crate) fn amount() -> Money {
    Money::new(20_000, Currency::KRW).unwrap()
}
