use ordersystem_shared_kernel::{ProductId, Quantity};

use crate::{BasketError, Offer, OrderLine, OrderLines};

/// What a customer asks for before prices are known: 1–100 lines, each product once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basket {
    items: Vec<(ProductId, Quantity)>,
}

impl Basket {
    /// Adds lines of the same product up, so that they cannot be checked against the same stock one by one.
    ///
    /// # Errors
    /// [`BasketError`] for no line, too many lines, or a sum that is too large.
    pub fn new(
        items: impl IntoIterator<Item = (ProductId, Quantity)>,
    ) -> Result<Self, BasketError> {
        let items: Vec<_> = items.into_iter().collect();
        match items.len() {
            0 => return Err(BasketError::Empty),
            1..=OrderLines::MAX => {}
            requested => return Err(BasketError::TooManyLines { requested }),
        }
        let mut merged: Vec<(ProductId, Quantity)> = Vec::with_capacity(items.len());
        for (product, quantity) in items {
            match merged.iter_mut().find(|(known, _)| *known == product) {
                Some((_, sum)) => *sum = sum.plus(quantity)?,
                None => merged.push((product, quantity)),
            }
        }
        Ok(Self { items: merged })
    }

    /// A basket of one line, the most common one.
    pub fn single(product: ProductId, quantity: Quantity) -> Self {
        Self { items: vec![(product, quantity)] }
    }

    /// Each product once, in the order in which it was first named.
    pub fn items(&self) -> &[(ProductId, Quantity)] {
        &self.items
    }

    /// Freezes name and price of each line. `offers` are in the order of [`Self::items`], as [`crate::Catalogue`] promises.
    ///
    /// # Errors
    /// [`BasketError::Unpriced`] when an offer is missing, [`BasketError::Money`] when the total mixes currencies or does
    /// not fit.
    pub fn priced(&self, offers: Vec<Offer>) -> Result<OrderLines, BasketError> {
        if offers.len() != self.items.len() {
            return Err(BasketError::Unpriced);
        }
        let lines = self.items.iter().zip(offers).map(|((product, quantity), offer)| OrderLine {
            product: *product,
            name: offer.name,
            unit_price: offer.unit_price,
            quantity: *quantity,
        });
        Ok(OrderLines::new(lines.collect())?)
    }
}
