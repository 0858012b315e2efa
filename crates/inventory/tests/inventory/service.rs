use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::FutureExt;
use ordersystem_inventory::{
    InventoryError, LedgerKind, Reservation, StockBook, StockError, StockLevel, StockMove,
    StockRepository, StockService,
};
use ordersystem_shared_kernel::{Coded, ErrorKind, Ids, OrderId, ProductId, RepositoryError};
use uuid::Uuid;

use crate::fixture::{SUN, TEA, shop, stamp, units};

const ORDER: OrderId = OrderId::new(1);

/// A book behind a lock, and the rows that a database would keep beside it.
struct Shelf {
    book: Mutex<StockBook>,
    holds: Mutex<Vec<Reservation>>,
    ledger: Mutex<Vec<LedgerKind>>,
    down: Mutex<bool>,
}

impl Shelf {
    fn check_up(&self) -> Result<(), RepositoryError> {
        if *self.down.lock().unwrap() { Err(RepositoryError::Unavailable) } else { Ok(()) }
    }
}

#[async_trait]
impl StockRepository for Shelf {
    async fn level(&self, product: ProductId) -> Result<Option<StockLevel>, RepositoryError> {
        self.check_up()?;
        Ok(self.book.lock().unwrap().level(product))
    }

    async fn reservations(&self, order: OrderId) -> Result<Vec<Reservation>, RepositoryError> {
        self.check_up()?;
        let holds = self.holds.lock().unwrap();
        Ok(holds.iter().copied().filter(|hold| hold.order == order).collect())
    }

    async fn commit(&self, moves: Vec<StockMove>) -> Result<(), InventoryError> {
        self.check_up()?;
        let booked = self.book.lock().unwrap().apply(&moves)?;
        let mut holds = self.holds.lock().unwrap();
        for hold in booked.reservations {
            holds.retain(|old| (old.order, old.product) != (hold.order, hold.product));
            holds.push(hold);
        }
        self.ledger.lock().unwrap().extend(booked.ledger.iter().map(|row| row.kind));
        Ok(())
    }
}

struct Counted(Mutex<u128>);

impl Ids for Counted {
    fn uuid(&self) -> Uuid {
        let mut last = self.0.lock().unwrap();
        *last += 1;
        Uuid::from_u128(*last)
    }
}

/// A service over five units of tea.
fn open() -> (StockService, Arc<Shelf>, Counted) {
    let shelf = Arc::new(Shelf {
        book: Mutex::new(shop(5)),
        holds: Mutex::default(),
        ledger: Mutex::default(),
        down: Mutex::default(),
    });
    (StockService::new(shelf.clone()), shelf, Counted(Mutex::new(100)))
}

fn hold(service: &StockService, product: ProductId, quantity: i64) -> Result<(), InventoryError> {
    let line = (product, units(quantity));
    now(service.reserve(ORDER, line, stamp(3_600).at, stamp(1)))
}

fn tea(service: &StockService) -> (i64, i64) {
    let level = now(service.level(TEA)).unwrap().unwrap();
    (level.total, level.reserved)
}

/// The repository of these tests never waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().unwrap()
}

#[test]
fn hold_and_sell_everything_at_once() {
    let (service, shelf, ids) = open();
    hold(&service, TEA, 2).unwrap();
    hold(&service, SUN, 3).unwrap();
    assert_eq!(tea(&service), (5, 2));
    now(service.confirm(ORDER, stamp(2).at, &ids)).unwrap();
    assert_eq!(tea(&service), (3, 0));
    assert_eq!(*shelf.ledger.lock().unwrap(), [LedgerKind::Reserve, LedgerKind::Confirm]);
    assert_eq!(now(service.level(SUN)), Ok(None));
}

#[test]
fn hold_and_give_back() {
    let (service, _, ids) = open();
    hold(&service, TEA, 5).unwrap();
    let sold_out = StockError::OutOfStock { product: TEA }.into();
    let other = service.reserve(OrderId::new(2), (TEA, units(1)), stamp(3_600).at, stamp(1));
    assert_eq!(now(other), Err(sold_out));
    now(service.release(ORDER, stamp(2).at, &ids)).unwrap();
    assert_eq!(tea(&service), (5, 0));
}

#[test]
fn what_is_no_longer_held_is_not_sold() {
    let (service, _, ids) = open();
    hold(&service, TEA, 2).unwrap();
    now(service.release(ORDER, stamp(2).at, &ids)).unwrap();
    let resolved = Err(StockError::NotHeld { product: TEA }.into());
    assert_eq!(now(service.confirm(ORDER, stamp(3).at, &ids)), resolved);
    assert_eq!(now(service.release(ORDER, stamp(3).at, &ids)), resolved);
    assert_eq!(tea(&service), (5, 0));
}

#[test]
fn what_was_never_held_is_not_sold() {
    let (service, _, ids) = open();
    let refused = now(service.confirm(ORDER, stamp(1).at, &ids)).unwrap_err();
    assert_eq!(refused, InventoryError::NothingHeld(ORDER));
    assert_eq!((refused.code(), refused.kind()), ("NOTHING_HELD", ErrorKind::Refused));
    assert_eq!(now(service.release(ORDER, stamp(1).at, &ids)), Err(refused));
}

#[test]
fn adjust_with_a_reason() {
    let (service, _, _) = open();
    now(service.adjust(TEA, -5, "broken".to_owned(), stamp(1))).unwrap();
    assert_eq!(tea(&service), (0, 0));
    let more = now(service.adjust(TEA, -1, "broken".to_owned(), stamp(2))).unwrap_err();
    assert_eq!(more, StockError::BelowHeld { product: TEA, held: 0 }.into());
    assert_eq!((more.code(), more.kind()), ("STOCK_BELOW_HELD", ErrorKind::Refused));
}

#[test]
fn a_repository_that_fails_is_reported() {
    let (service, shelf, ids) = open();
    *shelf.down.lock().unwrap() = true;
    let down = InventoryError::Repository(RepositoryError::Unavailable);
    assert_eq!(hold(&service, TEA, 1), Err(down));
    assert_eq!(now(service.confirm(ORDER, stamp(1).at, &ids)), Err(down));
    assert_eq!(now(service.level(TEA)), Err(down));
    assert_eq!((down.code(), down.kind()), ("STORE_UNAVAILABLE", ErrorKind::Unavailable));
}
