use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use ordersystem_application::{Page, Reads, StoreUnavailable};
use ordersystem_inventory::{Admission, Counters, StockAdmission, StockLevel};
use ordersystem_shared_kernel::{Aggregate, ProductId, Quantity, Version};

/// The fast counters in this process. Products whose stock is unlimited are simply not in it. Clones share the counters.
#[derive(Debug, Clone, Default)]
pub struct CounterAdmission {
    known: Arc<Mutex<HashMap<ProductId, Known>>>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    counters: Counters,
    version: Version,
}

impl CounterAdmission {
    const PAGE: usize = 500;

    /// Projects the level of every product, page by page; says how many levels there were.
    ///
    /// # Errors
    /// The store cannot be read; what was projected so far stays and is right.
    pub async fn rebuild_from(&self, reads: &dyn Reads) -> Result<usize, StoreUnavailable> {
        let mut projected = 0;
        let mut after = None;
        loop {
            let products = reads.products(Page { after, limit: Self::PAGE }).await?;
            let levels: Vec<_> = products.iter().filter_map(|listed| listed.level).collect();
            self.project(&levels).await;
            projected += levels.len();
            match products.last() {
                Some(last) => after = Some(last.product.id().get()),
                None => return Ok(projected),
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<ProductId, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl StockAdmission for CounterAdmission {
    async fn admit(&self, lines: &[(ProductId, Quantity)]) -> Admission {
        let mut known = self.known();
        let mut unknown = false;
        for (index, (product, quantity)) in lines.iter().enumerate() {
            match known.get_mut(product) {
                None => unknown = true,
                Some(Known { counters, .. }) if counters.stock >= quantity.get() => {
                    hold(counters, quantity.get());
                }
                Some(_) => {
                    give_back(&mut known, lines.iter().take(index));
                    return Admission::SoldOut(*product);
                }
            }
        }
        if unknown {
            give_back(&mut known, lines.iter());
            return Admission::Unknown;
        }
        Admission::Admitted
    }

    async fn project(&self, levels: &[StockLevel]) {
        let mut known = self.known();
        for level in levels {
            let newer = known.get(&level.product).is_some_and(|old| old.version > level.version);
            if !newer {
                let counters = Counters { stock: level.available(), reserved: level.reserved };
                known.insert(level.product, Known { counters, version: level.version });
            }
        }
    }

    async fn counters(&self, products: &[ProductId]) -> Vec<Option<Counters>> {
        let known = self.known();
        products.iter().map(|product| known.get(product).map(|known| known.counters)).collect()
    }
}

const fn hold(counters: &mut Counters, quantity: i64) {
    counters.stock -= quantity;
    counters.reserved += quantity;
}

fn give_back<'a>(
    known: &mut HashMap<ProductId, Known>,
    lines: impl Iterator<Item = &'a (ProductId, Quantity)>,
) {
    for (product, quantity) in lines {
        if let Some(known) = known.get_mut(product) {
            hold(&mut known.counters, -quantity.get());
        }
    }
}
