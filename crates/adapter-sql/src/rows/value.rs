//! How single values of the domains lie in a column.

use std::error::Error;
use std::fmt;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::result::Error as SqlError;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::{BigInt, Binary};
use diesel::sqlite::Sqlite;
use uuid::Uuid;

use ordersystem_shared_kernel::{Currency, Money, Quantity, Timestamp};

/// A moment as microseconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = BigInt)]
pub(crate) struct Micros(pub(crate) Timestamp);

impl ToSql<BigInt, Sqlite> for Micros {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_micros());
        Ok(serialize::IsNull::No)
    }
}

impl FromSql<BigInt, Sqlite> for Micros {
    fn from_sql(bytes: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<BigInt, Sqlite>>::from_sql(bytes)?;
        Ok(Self(Timestamp::from_micros(micros)))
    }
}

/// A UUID as its 16 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Binary)]
pub(crate) struct UuidBytes(pub(crate) Uuid);

impl ToSql<Binary, Sqlite> for UuidBytes {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_bytes().as_slice());
        Ok(serialize::IsNull::No)
    }
}

impl FromSql<Binary, Sqlite> for UuidBytes {
    fn from_sql(bytes: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let bytes = <Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(bytes)?;
        Ok(Self(Uuid::from_slice(&bytes)?))
    }
}

/// A stored value that this program cannot have written.
#[derive(Debug)]
struct Corrupt {
    column: &'static str,
    value: String,
}

impl fmt::Display for Corrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} holds {:?}", self.column, self.value)
    }
}

impl Error for Corrupt {}

/// The error of a row that cannot be read back.
pub(crate) fn corrupt(column: &'static str, value: impl fmt::Display) -> SqlError {
    SqlError::DeserializationError(Box::new(Corrupt { column, value: value.to_string() }))
}

/// The value among `all` that is stored under this name.
pub(crate) fn named<T: Copy>(
    column: &'static str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
    text: &str,
) -> Result<T, SqlError> {
    all.iter().copied().find(|value| name(*value) == text).ok_or_else(|| corrupt(column, text))
}

pub(crate) fn money(column: &'static str, amount: i64, currency: &str) -> Result<Money, SqlError> {
    let unreadable = |_| corrupt(column, format_args!("{amount} {currency}"));
    let currency: Currency = currency.parse().map_err(unreadable)?;
    Money::new(amount, currency).map_err(unreadable)
}

pub(crate) fn quantity(column: &'static str, units: i64) -> Result<Quantity, SqlError> {
    Quantity::new(units).map_err(|error| corrupt(column, error))
}
