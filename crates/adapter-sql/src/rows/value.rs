//! How single values of the domains lie in a column.

use std::error::Error;
use std::fmt;

use bytes::BytesMut;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::pg::data_types::PgTimestamp;
use diesel::result::Error as SqlError;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::{self, BigInt, Binary, Timestamptz};
use diesel::sqlite::Sqlite;
use tokio_postgres::types as wire;
use uuid::Uuid;

use ordersystem_payment::Retry;
use ordersystem_shared_kernel::{Currency, Money, Quantity, Timestamp};

use crate::schema::types::{DbTs, DbUuid};

/// A moment as each database stores it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = DbTs)]
pub(crate) struct Micros(pub(crate) Timestamp);

impl ToSql<DbTs, Sqlite> for Micros {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_micros());
        Ok(serialize::IsNull::No)
    }
}

impl FromSql<DbTs, Sqlite> for Micros {
    fn from_sql(bytes: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<BigInt, Sqlite>>::from_sql(bytes)?;
        Ok(Self(Timestamp::from_micros(micros)))
    }
}

impl ToSql<DbTs, Pg> for Micros {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let moment = PgTimestamp(micros_since_2000(self.0));
        ToSql::<Timestamptz, Pg>::to_sql(&moment, &mut out.reborrow())
    }
}

impl FromSql<DbTs, Pg> for Micros {
    fn from_sql(bytes: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let PgTimestamp(micros) = FromSql::<Timestamptz, Pg>::from_sql(bytes)?;
        Ok(Self(moment_since_2000(micros)))
    }
}

/// Where PostgreSQL begins to count: 2000-01-01 in microseconds since 1970.
const YEAR_2000: i64 = 946_684_800_000_000;

fn micros_since_2000(moment: Timestamp) -> i64 {
    moment.as_micros().saturating_sub(YEAR_2000)
}

fn moment_since_2000(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros.saturating_add(YEAR_2000))
}

/// Without diesel: what the writers of PostgreSQL send.
impl wire::ToSql for Micros {
    fn to_sql(&self, _: &wire::Type, out: &mut BytesMut) -> WireResult<wire::IsNull> {
        wire::ToSql::to_sql(&micros_since_2000(self.0), &wire::Type::INT8, out)
    }

    wire::accepts!(TIMESTAMPTZ);
    wire::to_sql_checked!();
}

impl<'r> wire::FromSql<'r> for Micros {
    fn from_sql(_: &wire::Type, raw: &'r [u8]) -> WireResult<Self> {
        <i64 as wire::FromSql<'r>>::from_sql(&wire::Type::INT8, raw)
            .map(moment_since_2000)
            .map(Self)
    }

    wire::accepts!(TIMESTAMPTZ);
}

impl wire::ToSql for UuidBytes {
    fn to_sql(&self, kind: &wire::Type, out: &mut BytesMut) -> WireResult<wire::IsNull> {
        wire::ToSql::to_sql(&self.0, kind, out)
    }

    wire::accepts!(UUID);
    wire::to_sql_checked!();
}

type WireResult<T> = Result<T, Box<dyn Error + Sync + Send>>;

/// A UUID as each database stores it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = DbUuid)]
pub(crate) struct UuidBytes(pub(crate) Uuid);

impl ToSql<DbUuid, Sqlite> for UuidBytes {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_bytes().as_slice());
        Ok(serialize::IsNull::No)
    }
}

impl FromSql<DbUuid, Sqlite> for UuidBytes {
    fn from_sql(bytes: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let bytes = <Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(bytes)?;
        Ok(Self(Uuid::from_slice(&bytes)?))
    }
}

impl ToSql<DbUuid, Pg> for UuidBytes {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<sql_types::Uuid, Pg>::to_sql(&self.0, &mut out.reborrow())
    }
}

impl FromSql<DbUuid, Pg> for UuidBytes {
    fn from_sql(bytes: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        <Uuid as FromSql<sql_types::Uuid, Pg>>::from_sql(bytes).map(Self)
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

pub(crate) fn restored_retry(
    column: &'static str,
    tries: i64,
    next_try_at: Micros,
) -> Result<Retry, SqlError> {
    let tries = u32::try_from(tries).map_err(|_outside| corrupt(column, tries))?;
    Ok(Retry { tries, next_at: next_try_at.0 })
}

/// A number of rows as SQL wants it.
pub(crate) fn sql_limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
