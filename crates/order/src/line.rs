use ordersystem_shared_kernel::{Currency, Money, MoneyError, ProductId, Quantity};

/// One product of an order, with the name and price of the moment it was ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLine {
    /// What was ordered.
    pub product: ProductId,
    /// Frozen: a product that is renamed later does not change old orders.
    pub name: String,
    /// Frozen like the name.
    pub unit_price: Money,
    /// How many.
    pub quantity: Quantity,
}

impl OrderLine {
    /// Unit price times quantity.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`]; never for a line inside [`OrderLines`].
    pub fn amount(&self) -> Result<Money, MoneyError> {
        self.unit_price.times(self.quantity)
    }
}

/// The 1–100 lines of an order, each product once, with a total that fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLines {
    lines: Vec<OrderLine>,
    total: Money,
}

impl OrderLines {
    /// The most lines that one order may have.
    pub const MAX: usize = 100;

    /// Adds the lines up. [`crate::Basket`] has checked their number and merged equal products; a store passes what it kept.
    ///
    /// # Errors
    /// Mixed currencies or an overflow.
    pub fn new(lines: Vec<OrderLine>) -> Result<Self, MoneyError> {
        let currency = lines.first().map_or(Currency::KRW, |line| line.unit_price.currency());
        let total =
            lines.iter().try_fold(Money::zero(currency), |sum, line| sum.plus(line.amount()?))?;
        Ok(Self { lines, total })
    }

    /// In the order in which the customer named the products.
    pub fn as_slice(&self) -> &[OrderLine] {
        &self.lines
    }

    /// What the customer owes.
    pub const fn total(&self) -> Money {
        self.total
    }
}
