use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ordersystem_inventory::{Admission, MoveKind, StockError, StockLevel};
use ordersystem_order::{Basket, Catalogue, Order, OrderLines};
use ordersystem_shared_kernel::{Bug, Change, OrderId, ProductId, Timestamp, Version, seeded};

use super::{Call, Tries, UseCases};
use crate::error::failure;
use crate::{CommitError, PlaceOrderError, UnitOfWork};

impl UseCases {
    /// Accepts an order and holds its stock, both or neither.
    ///
    /// # Errors
    /// [`PlaceOrderError`]; nothing is stored then.
    pub async fn place_order(
        &self,
        basket: Basket,
        call: Call<'_, Order>,
    ) -> Result<Order, PlaceOrderError> {
        let mut quoted = self.quoted(&basket).await?;
        self.admit(&basket).await?;
        let id = self.ports.numbers.next_order().await?;
        let mut tries = Tries::default();
        loop {
            let (unit, order) = self.placed(id, quoted, &call);
            match self.commit(unit).await {
                Ok(()) => return Ok(order),
                Err(CommitError::Conflict) => {
                    tries.another()?;
                    self.offers.forget(basket.items().iter().map(|(product, _)| *product));
                    quoted = self.quoted(&basket).await?;
                }
                Err(error) => return Err(self.refused(error, &basket).await),
            }
        }
    }

    /// The basket at present prices, and the versions of the products that have them.
    async fn quoted(&self, basket: &Basket) -> Result<Quoted, PlaceOrderError> {
        let offers = self.offers.offers(basket).await?;
        let products = basket.items().iter().map(|(product, _)| *product);
        let quotes = products.zip(offers.iter().map(|offer| offer.version)).collect();
        Ok(Quoted { lines: basket.priced(offers)?, quotes })
    }

    fn placed(
        &self,
        id: OrderId,
        Quoted { lines, quotes }: Quoted,
        call: &Call<'_, Order>,
    ) -> (UnitOfWork, Order) {
        let stamp = self.stamp();
        let change = Change::created(Order::place(id, lines, stamp));
        let order = change.state().clone();
        let until = stamp.at.after(self.policy.hold);
        let stock = self.moves(&order, |quantity| MoveKind::Reserve { order: id, quantity, until });
        let account = call.account.clone();
        let unit = UnitOfWork { orders: vec![change], quotes, stock, account, ..call.unit(&order) };
        (unit, order)
    }

    /// Takes the soft hold back by projecting what the store said, then answers. Where the store said nothing about the
    /// stock, the hold is left to [`UseCases::repair_leaks`].
    async fn refused(&self, error: CommitError, basket: &Basket) -> PlaceOrderError {
        if let CommitError::Stock { cause: StockError::OutOfStock { product }, levels } = error {
            self.project(&levels).await;
            return PlaceOrderError::OutOfStock(product);
        }
        self.leaks.remember(self.offers.counted(basket).into_iter().map(|(product, _)| product));
        match error {
            CommitError::TooManyUnpaid => PlaceOrderError::TooManyUnpaid,
            error => failure(error).into(),
        }
    }

    /// The fast counters may refuse, but their word alone is not enough: they are believed only about a product of which the
    /// store had too few units within the last second (a lost release must not sell a product out).
    async fn admit(&self, basket: &Basket) -> Result<(), PlaceOrderError> {
        let counted = self.offers.counted(basket);
        if counted.is_empty() {
            return Ok(());
        }
        let Admission::SoldOut(product) = self.ports.admission.admit(&counted).await else {
            return Ok(());
        };
        let wanted = basket.items().iter().find(|(id, _)| *id == product);
        let wanted = wanted.map_or(0, |(_, quantity)| quantity.get());
        let _single_flight = match self.sold_out.check(product, wanted, self.ports.clock.now()) {
            Check::Fresh => return Err(PlaceOrderError::OutOfStock(product)),
            Check::Stale(lock) => lock.lock_owned().await,
        };
        if let Check::Fresh = self.sold_out.check(product, wanted, self.ports.clock.now()) {
            return Err(PlaceOrderError::OutOfStock(product));
        }
        self.compare_with_store(product, wanted).await
    }

    async fn compare_with_store(
        &self,
        product: ProductId,
        wanted: i64,
    ) -> Result<(), PlaceOrderError> {
        let found = self.ports.store.product(product).await?;
        let Some(level) = found.and_then(|(_, level)| level) else { return Ok(()) };
        self.project(&[level]).await;
        if wanted > level.available() {
            self.sold_out.verified(&level, self.ports.clock.now());
            return Err(PlaceOrderError::OutOfStock(product));
        }
        Ok(())
    }
}

/// What an order is decided on.
struct Quoted {
    lines: OrderLines,
    quotes: Vec<(ProductId, Version)>,
}

/// When the store itself last had too few units of each product, and how many it had.
#[derive(Default)]
pub(super) struct SoldOutChecks {
    checks: Mutex<HashMap<ProductId, SoldOutCheck>>,
}

#[derive(Clone, Default)]
struct SoldOutCheck {
    last: Option<(Timestamp, i64)>,
    in_flight: Arc<tokio::sync::Mutex<()>>,
}

enum Check {
    /// The store had too few for this order less than a second ago.
    Fresh,
    /// Ask the store, one caller at a time.
    Stale(Arc<tokio::sync::Mutex<()>>),
}

impl SoldOutChecks {
    const FRESH_FOR: Duration = Duration::from_secs(1);

    fn check(&self, product: ProductId, wanted: i64, now: Timestamp) -> Check {
        let mut checks = self.checks.lock().unwrap_or_else(PoisonError::into_inner);
        let check = checks.entry(product).or_default();
        match check.last {
            Some((at, available))
                if wanted > available
                    && (now.since(at) < Self::FRESH_FOR || seeded(Bug::SoldOutForEver)) =>
            {
                Check::Fresh
            }
            _ => Check::Stale(check.in_flight.clone()),
        }
    }

    fn verified(&self, level: &StockLevel, now: Timestamp) {
        let mut checks = self.checks.lock().unwrap_or_else(PoisonError::into_inner);
        checks.entry(level.product).or_default().last = Some((now, level.available()));
    }
}
