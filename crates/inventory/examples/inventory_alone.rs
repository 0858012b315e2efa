//! The inventory domain alone, in a program that has its own idea of storage: a book and a map behind a lock.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::FutureExt;
use ordersystem_inventory::{
    InventoryError, Reservation, StockBook, StockError, StockLevel, StockMove, StockRepository,
    StockService,
};
use ordersystem_shared_kernel::{
    EventId, Ids, OrderId, ProductId, Quantity, RepositoryError, Stamp, Timestamp,
};
use uuid::Uuid;

const TEA: ProductId = ProductId::new(1);

/// Everything that the domain asks of storage. The book decides; a database would load it row by row under a lock.
struct Shelf(Mutex<Rows>);

#[derive(Default)]
struct Rows {
    book: StockBook,
    holds: HashMap<(i64, i64), Reservation>,
}

#[async_trait]
impl StockRepository for Shelf {
    async fn level(&self, product: ProductId) -> Result<Option<StockLevel>, RepositoryError> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).book.level(product))
    }

    async fn reservations(&self, order: OrderId) -> Result<Vec<Reservation>, RepositoryError> {
        let rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(rows.holds.values().copied().filter(|hold| hold.order == order).collect())
    }

    async fn commit(&self, moves: Vec<StockMove>) -> Result<(), InventoryError> {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let booked = rows.book.apply(&moves)?;
        let holds = booked.reservations.into_iter();
        rows.holds.extend(holds.map(|hold| ((hold.order.get(), hold.product.get()), hold)));
        Ok(())
    }
}

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let mut rows = Rows::default();
    rows.book.put_level(StockLevel::empty(TEA));
    let service = StockService::new(Arc::new(Shelf(Mutex::new(rows))));
    let (mine, yours) = (OrderId::new(1), OrderId::new(2));
    let (two, until) = (Quantity::new(2)?, stamp(3_600).at);

    now(service.adjust(TEA, 3, "first stock".to_owned(), stamp(1)))??;
    now(service.reserve(mine, (TEA, two), until, stamp(2)))??;
    let refused = now(service.reserve(yours, (TEA, two), until, stamp(3)))?;
    assert_eq!(refused, Err(StockError::OutOfStock { product: TEA }.into()));

    now(service.confirm(mine, stamp(4).at, &Numbered::default()))??;
    let left = now(service.level(TEA))??.ok_or("tea is counted")?;
    assert_eq!((left.total, left.reserved, left.available()), (1, 0, 1));

    let again = now(service.confirm(mine, stamp(5).at, &Numbered::default()))?;
    assert_eq!(again, Err(StockError::NotHeld { product: TEA }.into()));
    Ok(())
}

/// Your source of event ids.
#[derive(Default)]
struct Numbered(Mutex<u128>);

impl Ids for Numbered {
    fn uuid(&self) -> Uuid {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *last += 1;
        Uuid::from_u128(*last)
    }
}

/// Your clock; the domain has none.
fn stamp(second: u32) -> Stamp {
    let event = EventId::new(Uuid::from_u128(second.into()));
    Stamp { at: Timestamp::from_micros(i64::from(second) * 1_000_000), event }
}

/// A repository in RAM answers at once, so no runtime is needed.
fn now<T>(answer: impl Future<Output = T>) -> Result<T, &'static str> {
    answer.now_or_never().ok_or("the repository waits for something")
}
