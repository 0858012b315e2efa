use std::collections::HashMap;
use std::future;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use ordersystem_inventory::{Admission, Counters, Fence, StockAdmission, StockLevel};
use ordersystem_shared_kernel::{ProductId, Quantity};

/// The fast counters in this process. Products whose stock is unlimited are simply not in it. Clones share the counters.
#[derive(Debug, Clone, Default)]
pub struct CounterAdmission {
    known: Arc<Mutex<HashMap<ProductId, Known>>>,
    epoch: Arc<AtomicI64>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    counters: Counters,
    fence: Fence,
}

impl CounterAdmission {
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

    async fn project(&self, levels: &[StockLevel]) -> Vec<ProductId> {
        let epoch = self.epoch.load(Ordering::SeqCst).max(1);
        let mut known = self.known();
        let mut overtaken = Vec::new();
        for level in levels {
            let fence = Fence { epoch, version: level.version };
            if known.get(&level.product).is_some_and(|old| old.fence > fence) {
                overtaken.push(level.product);
            } else {
                let counters = Counters { stock: level.available(), reserved: level.reserved };
                known.insert(level.product, Known { counters, fence });
            }
        }
        overtaken
    }

    fn enter_epoch(&self, epoch: i64) {
        self.epoch.fetch_max(epoch, Ordering::SeqCst);
    }

    async fn wait_for_loss(&self) {
        future::pending().await
    }

    async fn fences(&self, products: &[ProductId]) -> Vec<Option<Fence>> {
        let known = self.known();
        products.iter().map(|product| known.get(product).map(|known| known.fence)).collect()
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
