use ordersystem_inventory::{Booked, LedgerKind, ReservationState, StockBook, StockError};
use ordersystem_shared_kernel::{OrderId, ProductId, Version};

use crate::fixture::{
    SUN, TEA, adjust, confirm, give_back, level, of, release, reserve, shop, units,
};

#[test]
fn a_unit_is_booked_as_a_whole() {
    let mut book = shop(5);
    let booked = book.apply(&[of(TEA, reserve(1, 2)), of(SUN, reserve(1, 9))]).unwrap();
    assert_eq!(book.level(TEA).unwrap().available(), 3);
    let holds: Vec<_> =
        booked.reservations.iter().map(|hold| (hold.product, hold.quantity)).collect();
    assert_eq!(holds, [(TEA, units(2)), (SUN, units(9))]);
    assert_eq!(booked.ledger.len(), 1, "what is not counted has no ledger");
}

#[test]
fn moves_of_one_unit_see_each_other() {
    let mut book = shop(2);
    let moves = [reserve(1, 2), confirm(1, 2), give_back(1, 2), reserve(2, 2)];
    let booked = book.apply(&moves.map(|kind| of(TEA, kind))).unwrap();
    let ledger: Vec<_> = booked.ledger.iter().map(|row| (row.version.get(), row.kind)).collect();
    let kinds = [LedgerKind::Reserve, LedgerKind::Confirm, LedgerKind::Return, LedgerKind::Reserve];
    assert_eq!(ledger, (6..).zip(kinds).collect::<Vec<_>>());
    assert_eq!(book.level(TEA).unwrap().available(), 0);
}

#[track_caller]
fn check_refused(book: &StockBook, moves: &[ordersystem_inventory::StockMove], error: StockError) {
    let mut after = book.clone();
    assert_eq!(after.apply(moves), Err(error));
    assert_eq!(after, *book, "a refused unit leaves no trace");
}

#[test]
fn a_refused_unit_leaves_no_trace() {
    let mut book = shop(5);
    book.apply(&[of(TEA, reserve(1, 2)), of(SUN, reserve(1, 1))]).unwrap();
    let sold_out = StockError::OutOfStock { product: TEA };
    check_refused(&book, &[of(TEA, reserve(2, 4))], sold_out);
    check_refused(&book, &[of(SUN, reserve(2, 1)), of(TEA, reserve(2, 4))], sold_out);
    check_refused(&book, &[of(TEA, confirm(1, 2)), of(TEA, reserve(2, 4))], sold_out);
    let not_held = StockError::NotHeld { product: TEA };
    check_refused(&book, &[of(SUN, release(1, 1)), of(TEA, give_back(1, 2))], not_held);
    check_refused(&book, &[of(TEA, adjust(1)), of(TEA, confirm(9, 1))], not_held);
}

#[test]
fn an_order_holds_a_product_once() {
    let mut book = shop(5);
    book.apply(&[of(TEA, reserve(1, 1))]).unwrap();
    check_refused(&book, &[of(TEA, reserve(1, 1))], StockError::NotHeld { product: TEA });
}

#[test]
fn a_hold_is_resolved_with_the_quantity_it_has() {
    let mut book = shop(5);
    book.apply(&[of(TEA, reserve(1, 2)), of(TEA, reserve(2, 2))]).unwrap();
    check_refused(&book, &[of(TEA, confirm(1, 3))], StockError::NotHeld { product: TEA });
    check_refused(&book, &[of(TEA, release(1, 1))], StockError::NotHeld { product: TEA });
}

#[test]
fn what_was_not_loaded_is_not_managed() {
    let stranger = ProductId::new(99);
    let error = StockError::NotManaged { product: stranger };
    check_refused(&shop(5), &[of(stranger, reserve(1, 1))], error);
    check_refused(&shop(5), &[of(stranger, adjust(1))], error);
}

#[test]
fn without_a_limit_holds_live_and_counters_do_not_exist() {
    let mut book = shop(0);
    for (kind, state) in [
        (reserve(1, 10_000), ReservationState::Held),
        (confirm(1, 10_000), ReservationState::Confirmed),
        (give_back(1, 10_000), ReservationState::Returned),
    ] {
        let Booked { ledger, reservations } = book.apply(&[of(SUN, kind)]).unwrap();
        assert_eq!((ledger.len(), reservations[0].state), (0, state));
    }
    assert_eq!(book.level(SUN), None);
    check_refused(&book, &[of(SUN, adjust(1))], StockError::NotManaged { product: SUN });
}

#[test]
fn an_order_owns_its_holds() {
    let mut book = shop(5);
    let booked = book.apply(&[of(TEA, reserve(1, 2)), of(TEA, reserve(2, 1))]).unwrap();
    let owners: Vec<_> = booked.reservations.iter().map(|hold| hold.order).collect();
    assert_eq!(owners, [OrderId::new(1), OrderId::new(2)]);
    book.apply(&[of(TEA, release(1, 2))]).unwrap();
    let now = book.level(TEA).unwrap();
    assert_eq!((now.reserved, now.version), (1, Version::new(8)));
    assert_eq!(level(5, 1).available(), now.available());
}
