use std::collections::BTreeSet;
use std::mem;
use std::sync::{Mutex, PoisonError};

use ordersystem_shared_kernel::ProductId;

use super::UseCases;
use crate::StoreUnavailable;

/// Products whose counters may hold units for orders that were never committed.
#[derive(Default)]
pub(super) struct Leaks {
    products: Mutex<BTreeSet<ProductId>>,
}

impl Leaks {
    pub(super) fn remember(&self, products: impl IntoIterator<Item = ProductId>) {
        self.products.lock().unwrap_or_else(PoisonError::into_inner).extend(products);
    }

    fn take(&self) -> BTreeSet<ProductId> {
        mem::take(&mut *self.products.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl UseCases {
    /// Takes back the soft holds of orders whose commit failed, by setting the counters to what the store knows.
    ///
    /// # Errors
    /// A store that cannot be read; what is left is tried the next time.
    pub async fn repair_leaks(&self) -> Result<(), StoreUnavailable> {
        let mut products = self.leaks.take();
        while let Some(product) = products.pop_first() {
            match self.ports.store.product(product).await {
                Ok(found) => self.project(found.and_then(|(_, level)| level).as_slice()).await,
                Err(unavailable) => {
                    self.leaks.remember(products.into_iter().chain([product]));
                    return Err(unavailable);
                }
            }
        }
        Ok(())
    }
}
