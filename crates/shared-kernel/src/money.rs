use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::Quantity;

/// An ISO 4217 code. Its minor unit is the unit of [`Money`]: KRW has none, so 10,000 means ten thousand won.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// The currency of the sample data and the default of every product.
    pub const KRW: Self = Self(*b"KRW");
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|letter| write!(f, "{}", char::from(*letter)))
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) => Ok(Self(code)),
            _ => Err(MoneyError::UnknownCurrency),
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.to_string()
    }
}

/// A non-negative amount in minor units of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    amount: i64,
    currency: Currency,
}

impl Money {
    /// # Errors
    /// [`MoneyError::Negative`] below zero: debts are modelled as refunds, not as negative money.
    pub const fn new(amount: i64, currency: Currency) -> Result<Self, MoneyError> {
        if amount < 0 { Err(MoneyError::Negative) } else { Ok(Self { amount, currency }) }
    }

    /// Nothing, in `currency`; the start of a sum.
    pub const fn zero(currency: Currency) -> Self {
        Self { amount: 0, currency }
    }

    /// Minor units, never negative.
    pub const fn amount(self) -> i64 {
        self.amount
    }

    /// The currency that [`Self::amount`] counts in.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// # Errors
    /// [`MoneyError::MixedCurrencies`] or [`MoneyError::Overflow`].
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::MixedCurrencies);
        }
        let amount = self.amount.checked_add(other.amount).ok_or(MoneyError::Overflow)?;
        Ok(Self { amount, ..self })
    }

    /// # Errors
    /// [`MoneyError::MixedCurrencies`] or [`MoneyError::Negative`].
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::MixedCurrencies);
        }
        Self::new(self.amount.saturating_sub(other.amount), self.currency)
    }

    /// # Errors
    /// [`MoneyError::Overflow`] when the product does not fit 63 bits.
    pub fn times(self, quantity: Quantity) -> Result<Self, MoneyError> {
        let amount = self.amount.checked_mul(quantity.get()).ok_or(MoneyError::Overflow)?;
        Ok(Self { amount, ..self })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

/// Why an amount cannot exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MoneyError {
    /// Below zero.
    #[error("an amount of money is never negative")]
    Negative,
    /// Beyond 63 bits of minor units.
    #[error("the amount does not fit")]
    Overflow,
    /// Two currencies in one sum.
    #[error("amounts of different currencies cannot be added")]
    MixedCurrencies,
    /// Not three capital letters.
    #[error("a currency is an ISO 4217 code such as KRW")]
    UnknownCurrency,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_refuses_what_it_cannot_hold() {
        let won = |amount| Money::new(amount, Currency::KRW);
        assert_eq!(won(-1), Err(MoneyError::Negative));
        let most = won(i64::MAX).unwrap();
        assert_eq!(most.plus(won(1).unwrap()), Err(MoneyError::Overflow));
        assert_eq!(won(1).unwrap().minus(most), Err(MoneyError::Negative));
        assert_eq!(most.minus(most), won(0));
        assert_eq!(most.times(Quantity::new(2).unwrap()), Err(MoneyError::Overflow));
        let dollar = Money::zero("USD".parse().unwrap());
        assert_eq!(dollar.plus(won(1).unwrap()), Err(MoneyError::MixedCurrencies));
        assert_eq!(dollar.minus(won(1).unwrap()), Err(MoneyError::MixedCurrencies));
    }

    #[test]
    fn a_currency_is_three_capitals() {
        for wrong in ["", "KR", "krw", "KRWW", "K1W", "원"] {
            assert_eq!(wrong.parse::<Currency>(), Err(MoneyError::UnknownCurrency), "{wrong}");
        }
        assert_eq!("KRW".parse(), Ok(Currency::KRW));
        assert_eq!(Currency::KRW.to_string(), "KRW");
    }
}
