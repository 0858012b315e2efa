use ordersystem_inventory::{MoveKind, StockBook, StockLevel, StockMove};
use ordersystem_shared_kernel::{EventId, OrderId, ProductId, Quantity, Stamp, Timestamp, Version};
use uuid::Uuid;

pub(crate) const TEA: ProductId = ProductId::new(1);
pub(crate) const SUN: ProductId = ProductId::new(2);

/// The `n`th second with the `n`th event id.
pub(crate) fn stamp(n: u32) -> Stamp {
    let event = EventId::new(Uuid::from_u128(n.into()));
    Stamp { at: Timestamp::from_micros(i64::from(n) * 1_000_000), event }
}

pub(crate) fn units(quantity: i64) -> Quantity {
    Quantity::new(quantity).unwrap()
}

pub(crate) fn of(product: ProductId, kind: MoveKind) -> StockMove {
    StockMove { product, kind, stamp: stamp(1) }
}

pub(crate) fn reserve(order: i64, quantity: i64) -> MoveKind {
    let until = stamp(3_600).at;
    MoveKind::Reserve { order: OrderId::new(order), quantity: units(quantity), until }
}

pub(crate) fn confirm(order: i64, quantity: i64) -> MoveKind {
    MoveKind::Confirm { order: OrderId::new(order), quantity: units(quantity) }
}

pub(crate) fn release(order: i64, quantity: i64) -> MoveKind {
    MoveKind::Release { order: OrderId::new(order), quantity: units(quantity) }
}

pub(crate) fn expire(order: i64, quantity: i64) -> MoveKind {
    MoveKind::Expire { order: OrderId::new(order), quantity: units(quantity) }
}

pub(crate) fn give_back(order: i64, quantity: i64) -> MoveKind {
    MoveKind::Return { order: OrderId::new(order), quantity: units(quantity) }
}

pub(crate) fn adjust(delta: i64) -> MoveKind {
    MoveKind::Adjust { delta, reason: "counted".to_owned() }
}

pub(crate) fn level(total: i64, reserved: i64) -> StockLevel {
    StockLevel { product: TEA, total, reserved, version: Version::new(5) }
}

/// Managed tea, and sunlight without limit.
pub(crate) fn shop(tea: i64) -> StockBook {
    let mut book = StockBook::default();
    book.put_level(level(tea, 0));
    book.put_unmanaged(SUN);
    book
}
