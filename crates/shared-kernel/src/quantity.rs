use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How many units of one product: at least 1, at most [`Quantity::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Quantity(i64);

impl Quantity {
    /// The most units one order may hold of one product.
    pub const MAX: i64 = 10_000;

    /// # Errors
    /// [`InvalidQuantity`] names the number that was asked for and the bound that it broke.
    pub const fn new(requested: i64) -> Result<Self, InvalidQuantity> {
        if requested < 1 {
            Err(InvalidQuantity::TooSmall { requested })
        } else if requested > Self::MAX {
            Err(InvalidQuantity::TooLarge { requested })
        } else {
            Ok(Self(requested))
        }
    }

    /// The number of units.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Adds two lines of the same product up.
    ///
    /// # Errors
    /// [`InvalidQuantity::TooLarge`] when the sum exceeds [`Quantity::MAX`].
    pub const fn plus(self, other: Self) -> Result<Self, InvalidQuantity> {
        Self::new(self.0 + other.0)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<i64> for Quantity {
    type Error = InvalidQuantity;

    fn try_from(requested: i64) -> Result<Self, Self::Error> {
        Self::new(requested)
    }
}

impl From<Quantity> for i64 {
    fn from(quantity: Quantity) -> Self {
        quantity.0
    }
}

/// A number of units that nobody can order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidQuantity {
    /// Zero or below.
    #[error("a quantity is at least 1, requested {requested}")]
    TooSmall {
        /// As the client sent it.
        requested: i64,
    },
    /// More than [`Quantity::MAX`].
    #[error("a quantity is at most {}, requested {requested}", Quantity::MAX)]
    TooLarge {
        /// As the client sent it, or the sum of its lines.
        requested: i64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_to_ten_thousand() {
        for requested in [0, -1, i64::MIN] {
            assert_eq!(Quantity::new(requested), Err(InvalidQuantity::TooSmall { requested }));
        }
        for requested in [10_001, 10_000_000_000, i64::MAX] {
            assert_eq!(Quantity::new(requested), Err(InvalidQuantity::TooLarge { requested }));
        }
        let most = Quantity::new(Quantity::MAX).unwrap();
        let one = Quantity::new(1).unwrap();
        assert_eq!(most.plus(one), Err(InvalidQuantity::TooLarge { requested: 10_001 }));
    }
}
