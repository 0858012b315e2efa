use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use ordersystem_inventory::Stocking;
use ordersystem_order::{Basket, Catalogue, CatalogueError, Offer};
use ordersystem_shared_kernel::{Aggregate, ProductId, Quantity};

use crate::{Store, StoreUnavailable};

/// The catalogue of the order domain over the products of the inventory domain. Offers are remembered: the unit of work
/// quotes their version, so an order on a stale price is refused by the commit and decided again, never sold.
#[derive(Clone)]
pub(crate) struct Offers {
    store: Arc<dyn Store>,
    known: Arc<RwLock<HashMap<ProductId, Known>>>,
}

#[derive(Clone)]
struct Known {
    offer: Offer,
    stocking: Stocking,
}

impl Offers {
    /// Remembers at most this many products; a shop with more forgets all of them now and then.
    const CAPACITY: usize = 100_000;

    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, known: Arc::default() }
    }

    /// The next order reads these products from the store again.
    pub(crate) fn forget(&self, products: impl IntoIterator<Item = ProductId>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for product in products {
            known.remove(&product);
        }
    }

    /// The items of the basket whose units are counted, as far as is known: all that are not known to be unlimited.
    pub(crate) fn counted(&self, basket: &Basket) -> Vec<(ProductId, Quantity)> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let unlimited =
            |product| known.get(product).is_some_and(|known| known.stocking == Stocking::Unlimited);
        basket.items().iter().filter(|(product, _)| !unlimited(product)).copied().collect()
    }

    async fn offer(&self, product: ProductId) -> Result<Offer, CatalogueError> {
        if let Some(offer) = self.remembered(product) {
            return Ok(offer);
        }
        match self.store.product(product).await {
            Ok(Some((found, _))) => {
                let (name, unit_price) = (found.name().to_owned(), found.price());
                let offer = Offer { name, unit_price, version: found.version() };
                self.remember(product, Known { offer: offer.clone(), stocking: found.stocking() });
                Ok(offer)
            }
            Ok(None) => Err(CatalogueError::UnknownProduct(product)),
            Err(StoreUnavailable) => Err(CatalogueError::Unavailable),
        }
    }

    fn remembered(&self, product: ProductId) -> Option<Offer> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&product).map(|known| known.offer.clone())
    }

    fn remember(&self, product: ProductId, offer: Known) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= Self::CAPACITY {
            known.clear();
        }
        known.insert(product, offer);
    }
}

#[async_trait]
impl Catalogue for Offers {
    async fn offers(&self, basket: &Basket) -> Result<Vec<Offer>, CatalogueError> {
        let mut offers = Vec::with_capacity(basket.items().len());
        for (product, _) in basket.items() {
            offers.push(self.offer(*product).await?);
        }
        Ok(offers)
    }
}
