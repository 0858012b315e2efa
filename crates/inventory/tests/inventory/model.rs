//! Random units of moves against a model that knows the rules and none of the code.

use std::collections::BTreeMap;

use ordersystem_inventory::{Booked, LedgerEntry, MoveKind, StockBook, StockLevel, StockMove};
use ordersystem_shared_kernel::{ProductId, Version};
use proptest::prelude::*;

use crate::fixture::{SUN, TEA, adjust, confirm, expire, give_back, of, release, reserve};

const MILK: ProductId = ProductId::new(3);

/// What became of an order's units of one product.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Units {
    Held(i64),
    Sold(i64),
    Gone,
}

#[derive(Clone, Default)]
struct Model {
    /// Units in the house, of the two products that are counted.
    stock: BTreeMap<ProductId, i64>,
    orders: BTreeMap<(i64, ProductId), Units>,
}

impl Model {
    fn held(&self, product: ProductId) -> i64 {
        let of_product = self.orders.iter().filter(|((_, of), _)| *of == product);
        of_product.map(|(_, units)| if let Units::Held(n) = units { *n } else { 0 }).sum()
    }

    /// The whole unit, or nothing.
    fn unit(&mut self, moves: &[StockMove]) -> bool {
        let mut after = self.clone();
        let accepted = moves.iter().all(|movement| after.one(movement).is_some());
        if accepted {
            *self = after;
        }
        accepted
    }

    fn one(&mut self, StockMove { product, kind, .. }: &StockMove) -> Option<()> {
        let counted = *product != SUN;
        let free = self.stock.get(product).copied().unwrap_or_default() - self.held(*product);
        let hold = kind.order().map(|order| (order.get(), *product));
        let present = hold.and_then(|hold| self.orders.get(&hold).copied());
        let (sold, after) = match (kind, present) {
            (MoveKind::Adjust { delta, .. }, _) if counted && free + delta >= 0 => {
                *self.stock.entry(*product).or_default() += delta;
                return Some(());
            }
            (MoveKind::Reserve { quantity, .. }, None) if !counted || quantity.get() <= free => {
                (0, Units::Held(quantity.get()))
            }
            (MoveKind::Confirm { quantity, .. }, Some(Units::Held(n))) if n == quantity.get() => {
                (n, Units::Sold(n))
            }
            (
                MoveKind::Release { quantity, .. } | MoveKind::Expire { quantity, .. },
                Some(Units::Held(n)),
            ) if n == quantity.get() => (0, Units::Gone),
            (MoveKind::Return { quantity, .. }, Some(Units::Sold(n))) if n == quantity.get() => {
                (-n, Units::Gone)
            }
            _ => return None,
        };
        if counted {
            *self.stock.entry(*product).or_default() -= sold;
        }
        self.orders.insert(hold?, after);
        Some(())
    }
}

fn any_move() -> impl Strategy<Value = StockMove> {
    let order = 1..5_i64;
    // Few quantities, so that many moves fit the hold they meet.
    let quantity = prop_oneof![4 => Just(2), 1 => 1..4_i64];
    let kind =
        (0..11, order, quantity, -3..6_i64).prop_map(
            |(which, order, quantity, delta)| match which {
                0..=3 => reserve(order, quantity),
                4..=5 => confirm(order, quantity),
                6 => release(order, quantity),
                7 => expire(order, quantity),
                8..=9 => give_back(order, quantity),
                _ => adjust(delta),
            },
        );
    (prop::sample::select(vec![TEA, SUN, MILK]), kind).prop_map(|(product, kind)| of(product, kind))
}

fn any_units() -> impl Strategy<Value = Vec<Vec<StockMove>>> {
    prop::collection::vec(prop::collection::vec(any_move(), 1..4), 0..40)
}

fn opened() -> (StockBook, Model, Vec<LedgerEntry>) {
    let (mut book, mut model) = (StockBook::default(), Model::default());
    book.put_unmanaged(SUN);
    book.put_level(StockLevel::empty(TEA));
    book.put_level(StockLevel::empty(MILK));
    let first = [of(TEA, adjust(6)), of(MILK, adjust(3))];
    assert!(model.unit(&first));
    let ledger = book.apply(&first).unwrap().ledger;
    (book, model, ledger)
}

fn check_level(book: &StockBook, model: &Model, product: ProductId) {
    let level = book.level(product).unwrap();
    assert_eq!(Some(&level.total), model.stock.get(&product));
    assert_eq!(level.reserved, model.held(product));
    assert!(0 <= level.reserved && level.reserved <= level.total, "{level:?}");
}

/// Gapless from 1, each row standing on the one before, and the last one is the level.
fn check_ledger(book: &StockBook, ledger: &[LedgerEntry], product: ProductId) {
    let (mut total, mut reserved, mut version) = (0, 0, Version::new(0));
    for row in ledger.iter().filter(|row| row.product == product) {
        version = version.next();
        (total, reserved) = (total + row.delta_total, reserved + row.delta_reserved);
        assert_eq!((row.version, row.total_after, row.reserved_after), (version, total, reserved));
    }
    let level = book.level(product).unwrap();
    assert_eq!((level.total, level.reserved, level.version), (total, reserved, version));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_book_agrees_with_the_model(units in any_units()) {
        let (mut book, mut model, mut ledger) = opened();
        for unit in units {
            let before = book.clone();
            let booked = book.apply(&unit);
            prop_assert_eq!(booked.is_ok(), model.unit(&unit), "{:?}", &unit);
            match booked {
                Ok(Booked { ledger: rows, reservations }) => {
                    let holds = unit.iter().filter(|movement| movement.kind.order().is_some());
                    prop_assert_eq!(reservations.len(), holds.count());
                    ledger.extend(rows);
                }
                Err(_) => prop_assert_eq!(&book, &before),
            }
            for product in [TEA, MILK] {
                check_level(&book, &model, product);
            }
        }
        for product in [TEA, MILK] {
            check_ledger(&book, &ledger, product);
        }
        prop_assert_eq!(book.level(SUN), None);
        prop_assert!(ledger.iter().all(|row| row.product != SUN));
    }

    #[test]
    fn the_ledger_tells_the_life_of_each_hold(units in any_units()) {
        let (mut book, _, mut ledger) = opened();
        ledger.extend(units.iter().filter_map(|unit| book.apply(unit).ok()).flat_map(|b| b.ledger));
        let mut lives = BTreeMap::<_, Vec<&str>>::new();
        for row in &ledger {
            if let Some(order) = row.order {
                lives.entry((order, row.product)).or_default().push(row.kind.as_str());
            }
        }
        for life in lives.values() {
            prop_assert!(matches!(
                life.as_slice(),
                ["RESERVE"]
                    | ["RESERVE", "RELEASE" | "EXPIRE" | "CONFIRM"]
                    | ["RESERVE", "CONFIRM", "RETURN"]
            ), "{:?}", life);
        }
    }
}
