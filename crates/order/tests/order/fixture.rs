use ordersystem_order::{
    Basket, BasketError, Cause, IllegalTransition, Offer, Order, OrderEvent, OrderLines,
    OrderStatus,
};
use ordersystem_shared_kernel::{
    Currency, EventId, Money, OrderId, ProductId, Quantity, Stamp, Timestamp, Version,
};
use uuid::Uuid;

pub(crate) const ORDER: OrderId = OrderId::new(1);

pub(crate) type Verb = fn(&mut Order, Stamp) -> Result<OrderEvent, IllegalTransition>;

/// The verb that leads to each state; CREATED is only reached by placing the order.
pub(crate) fn verb(to: OrderStatus) -> Option<Verb> {
    match to {
        OrderStatus::Created => None,
        OrderStatus::PaymentRequested => Some(Order::request_payment),
        OrderStatus::PaymentCompleted => Some(Order::complete_payment),
        OrderStatus::PaymentFailed => {
            Some(|order, stamp| order.fail_payment(Cause::PaymentGateway, stamp))
        }
        OrderStatus::ShipmentPreparing => Some(Order::prepare_shipment),
        OrderStatus::Shipped => Some(|order, stamp| order.ship(Cause::Scheduler, stamp)),
        OrderStatus::Delivered => Some(|order, stamp| order.deliver(Cause::Scheduler, stamp)),
        OrderStatus::Cancelled => Some(|order, stamp| order.cancel(Cause::Customer, stamp)),
    }
}

/// The `n`th moment with the `n`th event id.
pub(crate) fn stamp(n: u32) -> Stamp {
    let event = EventId::new(Uuid::from_u128(n.into()));
    Stamp { at: Timestamp::from_micros(n.into()), event }
}

pub(crate) fn won(amount: i64) -> Money {
    Money::new(amount, Currency::KRW).unwrap()
}

pub(crate) fn basket(items: &[(i64, i64)]) -> Result<Basket, BasketError> {
    let item = |(product, quantity)| (ProductId::new(product), Quantity::new(quantity).unwrap());
    Basket::new(items.iter().copied().map(item))
}

pub(crate) fn offer(price: Money) -> Offer {
    Offer { name: "Sample Product A".to_owned(), unit_price: price, version: Version::FIRST }
}

pub(crate) fn lines() -> OrderLines {
    basket(&[(1, 2)]).unwrap().priced(vec![offer(won(10_000))]).unwrap()
}

/// An order that a store kept in this state.
pub(crate) fn order_in(status: OrderStatus) -> Order {
    let at = Timestamp::EPOCH;
    Order::restore(ORDER, lines(), status, Version::new(5), at, at)
}
