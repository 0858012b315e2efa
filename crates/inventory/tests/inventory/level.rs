use ordersystem_inventory::{MoveKind, StockError, StockLevel};
use ordersystem_shared_kernel::{Coded, ErrorKind, Version};

use crate::fixture::{TEA, adjust, confirm, expire, give_back, level, of, release, reserve, stamp};

/// One move on a level of (total, reserved).
#[track_caller]
fn check(given: (i64, i64), when: MoveKind, expected: Result<(i64, i64), StockError>) {
    let before = level(given.0, given.1);
    let mut after = before;
    let movement = of(TEA, when);
    match after.apply(&movement) {
        Ok(entry) => {
            assert_eq!(Ok((after.total, after.reserved)), expected);
            assert_eq!(after.version, before.version.next());
            assert_eq!((entry.product, entry.version), (TEA, after.version));
            assert_eq!((entry.total_after, entry.reserved_after), (after.total, after.reserved));
            assert_eq!(before.total + entry.delta_total, after.total);
            assert_eq!(before.reserved + entry.delta_reserved, after.reserved);
            assert_eq!((entry.at, entry.event), (stamp(1).at, stamp(1).event));
            assert_eq!(
                (entry.kind, entry.order),
                (movement.kind.ledger_kind(), movement.kind.order())
            );
        }
        Err(error) => {
            assert_eq!(Err(error), expected);
            assert_eq!(after, before, "a refused move changes nothing");
        }
    }
}

const SOLD_OUT: Result<(i64, i64), StockError> = Err(StockError::OutOfStock { product: TEA });
const NOT_HELD: Result<(i64, i64), StockError> = Err(StockError::NotHeld { product: TEA });

const fn below(held: i64) -> Result<(i64, i64), StockError> {
    Err(StockError::BelowHeld { product: TEA, held })
}

#[test]
fn reserve_takes_from_what_can_be_sold() {
    check((5, 0), reserve(1, 2), Ok((5, 2)));
    check((5, 3), reserve(1, 2), Ok((5, 5)));
    check((5, 4), reserve(1, 2), SOLD_OUT);
    check((0, 0), reserve(1, 1), SOLD_OUT);
}

#[test]
fn confirm_sells_what_is_held() {
    check((5, 2), confirm(1, 2), Ok((3, 0)));
    check((2, 2), confirm(1, 2), Ok((0, 0)));
    check((5, 1), confirm(1, 2), NOT_HELD);
}

#[test]
fn release_and_expire_make_it_sellable_again() {
    check((5, 2), release(1, 2), Ok((5, 0)));
    check((5, 3), expire(1, 2), Ok((5, 1)));
    check((5, 1), release(1, 2), NOT_HELD);
    check((5, 1), expire(1, 2), NOT_HELD);
}

#[test]
fn return_brings_sold_units_back() {
    check((3, 0), give_back(1, 2), Ok((5, 0)));
    check((3, 3), give_back(1, 2), Ok((5, 3)));
    check((i64::MAX, 0), give_back(1, 1), Err(StockError::Overflow));
}

#[test]
fn adjust_never_takes_what_is_held() {
    check((5, 2), adjust(1), Ok((6, 2)));
    check((5, 2), adjust(-3), Ok((2, 2)));
    check((5, 2), adjust(0), Ok((5, 2)));
    check((5, 2), adjust(-4), below(2));
    check((0, 0), adjust(-1), below(0));
    check((5, 2), adjust(i64::MIN), below(2));
    check((5, 2), adjust(i64::MAX), Err(StockError::Overflow));
}

#[test]
fn an_empty_level_starts_the_ledger() {
    let mut level = StockLevel::empty(TEA);
    assert_eq!((level.available(), level.version), (0, Version::new(0)));
    let first = level.apply(&of(TEA, adjust(50))).unwrap();
    assert_eq!((first.version, first.reason.as_deref()), (Version::new(1), Some("counted")));
    assert_eq!(level.available(), 50);
}

#[test]
fn refusals_have_codes() {
    let product = TEA;
    let coded = |error: StockError| (error.code(), error.kind());
    let expected = [
        (StockError::OutOfStock { product }, ("INSUFFICIENT_STOCK", ErrorKind::Refused)),
        (StockError::BelowHeld { product, held: 1 }, ("STOCK_BELOW_HELD", ErrorKind::Refused)),
        (StockError::NotHeld { product }, ("HOLD_RESOLVED", ErrorKind::Conflict)),
        (StockError::NotManaged { product }, ("STOCK_NOT_MANAGED", ErrorKind::Refused)),
        (StockError::Overflow, ("STOCK_OVERFLOW", ErrorKind::Invalid)),
    ];
    for (error, code) in expected {
        assert_eq!(coded(error), code);
    }
}
