use ordersystem_inventory::{ProductDraft, Stocking};
use ordersystem_shared_kernel::{Currency, Money, ProductId};

use super::{Call, NewProduct, UseCases};
use crate::{Failure, ProductStepError};

/// Name, price in won, and stock where it is counted (contract §2).
const SAMPLES: [(&str, i64, Option<i64>); 3] = [
    ("Sample Product A", 10_000, Some(50)),
    ("Sample Product B", 20_000, Some(30)),
    ("Sample Product C (무제한)", 5_000, None),
];

impl UseCases {
    /// Puts the contract's three sample products on sale, as 1 to 3, unless the shop sells something already. Says
    /// whether it did.
    ///
    /// # Errors
    /// [`ProductStepError`].
    pub async fn seed_samples(&self) -> Result<bool, ProductStepError> {
        if self.ports.store.product(ProductId::new(1)).await?.is_some() {
            return Ok(false);
        }
        for (name, price, stock) in SAMPLES {
            self.create_product(sample(name, price, stock)?, Call::default()).await?;
        }
        Ok(true)
    }
}

fn sample(name: &str, price: i64, stock: Option<i64>) -> Result<NewProduct, Failure> {
    let price = Money::new(price, Currency::KRW)
        .map_err(|_negative| Failure::Inconsistent("a sample product costs less than nothing"))?;
    let stocking = if stock.is_some() { Stocking::Managed } else { Stocking::Unlimited };
    let draft = ProductDraft { name: name.to_owned(), price, stocking };
    Ok(NewProduct { draft, stock: stock.unwrap_or_default() })
}
