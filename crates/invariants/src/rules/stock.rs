use std::collections::BTreeMap;

use ordersystem_inventory::{LedgerEntry, LedgerKind, ReservationState, StockLevel};
use ordersystem_shared_kernel::{ProductId, Version};

use crate::Books;

pub(crate) fn conservation(books: &Books<'_>) -> Vec<i64> {
    let sold = units(books, ReservationState::Confirmed);
    broken(books, |level, ledger| {
        let adjustments = ledger.iter().filter(|entry| entry.kind == LedgerKind::Adjust);
        let added: i64 = adjustments.map(|entry| entry.delta_total).sum();
        added == level.total + of(&sold, level.product)
    })
}

pub(crate) fn holds(books: &Books<'_>) -> Vec<i64> {
    let held = units(books, ReservationState::Held);
    broken(books, |level, _| level.reserved == of(&held, level.product))
}

pub(crate) fn no_oversell(books: &Books<'_>) -> Vec<i64> {
    broken(books, |level, _| 0 <= level.reserved && level.reserved <= level.total)
}

pub(crate) fn ledger(books: &Books<'_>) -> Vec<i64> {
    broken(books, |level, ledger| {
        let mut expected = (Version::new(0), 0, 0);
        let chained = ledger.iter().all(|entry| {
            let (version, total, reserved) = expected;
            expected = (version.next(), total + entry.delta_total, reserved + entry.delta_reserved);
            (entry.version, entry.total_after, entry.reserved_after) == expected
        });
        chained && expected == (level.version, level.total, level.reserved)
    })
}

fn broken(books: &Books<'_>, holds: impl Fn(&StockLevel, &[LedgerEntry]) -> bool) -> Vec<i64> {
    let ledger = |product| books.ledger.get(&product).map_or(&[][..], Vec::as_slice);
    let levels = books.levels.values();
    let broken = levels.filter(|level| !holds(level, ledger(level.product)));
    broken.map(|level| level.product.get()).collect()
}

fn units(books: &Books<'_>, state: ReservationState) -> BTreeMap<ProductId, i64> {
    let mut units = BTreeMap::new();
    for hold in books.reservations.values().filter(|hold| hold.state == state) {
        *units.entry(hold.product).or_default() += hold.quantity.get();
    }
    units
}

fn of(units: &BTreeMap<ProductId, i64>, product: ProductId) -> i64 {
    units.get(&product).copied().unwrap_or_default()
}
