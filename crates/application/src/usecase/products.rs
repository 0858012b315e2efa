use ordersystem_inventory::{MoveKind, Product, ProductChange, ProductDraft, StockMove, Stocking};
use ordersystem_shared_kernel::{Aggregate, Change, ProductId};

use super::{Call, Tries, UseCases};
use crate::error::failure;
use crate::{CommitError, Failure, ProductStepError, UnitOfWork};

/// What an administrator puts on sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProduct {
    /// Name, price, and whether stock is counted.
    pub draft: ProductDraft,
    /// The first units, booked as an adjustment; must be 0 when stock is not counted.
    pub stock: i64,
}

impl UseCases {
    /// Puts a product on sale together with its first stock.
    ///
    /// # Errors
    /// [`ProductStepError`].
    pub async fn create_product(
        &self,
        new: NewProduct,
        call: Call<'_, Product>,
    ) -> Result<Product, ProductStepError> {
        let id = self.ports.numbers.next_product().await?;
        let stocking = new.draft.stocking;
        let change = Change::created(Product::create(id, new.draft, self.stamp())?);
        let product = change.state().clone();
        let stock = if new.stock == 0 && stocking == Stocking::Unlimited {
            Vec::new()
        } else {
            let kind = MoveKind::Adjust { delta: new.stock, reason: "initial stock".to_owned() };
            vec![StockMove { product: id, kind, stamp: self.stamp() }]
        };
        let unit = UnitOfWork { products: vec![change], stock, ..call.unit(&product) };
        self.commit(unit).await.map_err(stock_refusal)?;
        Ok(product)
    }

    /// Renames or reprices a product; orders that were placed before keep what they froze.
    ///
    /// # Errors
    /// [`ProductStepError`].
    pub async fn change_product(
        &self,
        id: ProductId,
        change: ProductChange,
        call: Call<'_, Product>,
    ) -> Result<Product, ProductStepError> {
        let mut tries = Tries::default();
        loop {
            let (unit, product) = self.decide_change(id, change.clone(), &call).await?;
            if self.committed(unit, &mut tries).await? {
                self.offers.forget([id]);
                return Ok(product);
            }
        }
    }

    async fn decide_change(
        &self,
        id: ProductId,
        change: ProductChange,
        call: &Call<'_, Product>,
    ) -> Result<(UnitOfWork, Product), ProductStepError> {
        let found = self.ports.store.product(id).await?;
        let (product, _) = found.ok_or(ProductStepError::NotFound(id))?;
        call.check_version(product.version())?;
        let mut changed = Change::of(product);
        changed.apply(|product| product.change(change, self.stamp()))?;
        let product = changed.state().clone();
        Ok((UnitOfWork { products: vec![changed], ..call.unit(&product) }, product))
    }

    /// Adds or removes units with a reason for the ledger.
    ///
    /// # Errors
    /// [`ProductStepError`]; held units cannot be removed.
    pub async fn adjust_stock(
        &self,
        id: ProductId,
        delta: i64,
        reason: String,
        call: Call<'_, ()>,
    ) -> Result<(), ProductStepError> {
        if self.ports.store.product(id).await?.is_none() {
            return Err(ProductStepError::NotFound(id));
        }
        let kind = MoveKind::Adjust { delta, reason };
        let stock = vec![StockMove { product: id, kind, stamp: self.stamp() }];
        self.commit(UnitOfWork { stock, ..call.unit(&()) }).await.map_err(stock_refusal)
    }
}

fn stock_refusal(error: CommitError) -> ProductStepError {
    match error {
        CommitError::Stock { cause, .. } => cause.into(),
        error => Failure::into(failure(error)),
    }
}
