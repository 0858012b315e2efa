//! Statements that stay prepared and give way as a whole.
//!
//! Diesel prepares every UPDATE anew. And an INSERT of several rows that may fail keeps a journal of its own, for taking back
//! the rows before the failing one; here a failure takes back the transaction, so OR FAIL spares it.

use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use diesel::sqlite::Sqlite;

use crate::rows::{Micros, UuidBytes};

/// What a column is given.
#[derive(Clone, Copy)]
pub(super) enum Value<'r> {
    Null,
    Flag(bool),
    Number(i64),
    Text(&'r str),
    Bytes(&'r [u8]),
}

impl<'r> Value<'r> {
    fn bind<'b>(&'b self, out: &mut AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        match self {
            Self::Null => out.push_bind_param::<Nullable<BigInt>, Option<i64>>(&None),
            Self::Flag(flag) => out.push_bind_param::<Bool, bool>(flag),
            Self::Number(number) => out.push_bind_param::<BigInt, i64>(number),
            Self::Text(text) => out.push_bind_param::<Text, &'r str>(text),
            Self::Bytes(bytes) => out.push_bind_param::<Binary, &'r [u8]>(bytes),
        }
    }
}

/// A field of a row that is a column.
pub(super) trait Column {
    fn value(&self) -> Value<'_>;
}

macro_rules! column {
    ($($field:ty: |$own:ident| $value:expr;)+) => {
        $(impl Column for $field {
            fn value(&self) -> Value<'_> {
                let $own = self;
                $value
            }
        })+
    };
}

column! {
    bool: |flag| Value::Flag(*flag);
    i64: |number| Value::Number(*number);
    str: |text| Value::Text(text);
    String: |text| Value::Text(text);
    std::borrow::Cow<'_, str>: |text| Value::Text(text);
    Vec<u8>: |bytes| Value::Bytes(bytes);
    UuidBytes: |id| Value::Bytes(id.0.as_bytes());
    Micros: |moment| Value::Number(moment.0.as_micros());
}

impl<C: Column + ?Sized> Column for &C {
    fn value(&self) -> Value<'_> {
        (**self).value()
    }
}

impl<C: Column> Column for Option<C> {
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, Column::value)
    }
}

/// One or more rows of a table; `R` is what they were made of.
pub(super) struct Insert<'r, R, const COLUMNS: usize, const ROWS: usize> {
    /// Up to the first row.
    head: &'static str,
    rows: [[Value<'r>; COLUMNS]; ROWS],
    of: PhantomData<R>,
}

impl<'r, R, const COLUMNS: usize, const ROWS: usize> Insert<'r, R, COLUMNS, ROWS> {
    pub(super) fn new(
        head: &'static str,
        rows: &'r [R; ROWS],
        values: impl Fn(&'r R) -> [Value<'r>; COLUMNS],
    ) -> Self {
        Self { head, rows: rows.each_ref().map(values), of: PhantomData }
    }
}

impl<R, const COLUMNS: usize, const ROWS: usize> QueryFragment<Sqlite>
    for Insert<'_, R, COLUMNS, ROWS>
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(self.head);
        for (place, row) in self.rows.iter().enumerate() {
            out.push_sql(if place == 0 { " (" } else { "), (" });
            list(row, &mut out)?;
        }
        out.push_sql(")");
        Ok(())
    }
}

/// Rows of one type go into one table: its name need not be compared.
impl<R: 'static, const COLUMNS: usize, const ROWS: usize> QueryId for Insert<'_, R, COLUMNS, ROWS> {
    type QueryId = Insert<'static, R, COLUMNS, ROWS>;

    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<R, const COLUMNS: usize, const ROWS: usize> RunQueryDsl<SqliteConnection>
    for Insert<'_, R, COLUMNS, ROWS>
{
}

/// New values of the row with this key.
pub(super) struct Update<'r, const COLUMNS: usize, const KEYS: usize> {
    /// Up to the first value.
    pub(super) head: &'static str,
    pub(super) values: [Value<'r>; COLUMNS],
    /// From the last value to the first of the key.
    pub(super) which: &'static str,
    pub(super) key: [Value<'r>; KEYS],
}

impl<const COLUMNS: usize, const KEYS: usize> QueryFragment<Sqlite> for Update<'_, COLUMNS, KEYS> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(self.head);
        list(&self.values, &mut out)?;
        out.push_sql(self.which);
        list(&self.key, &mut out)?;
        out.push_sql(")");
        Ok(())
    }
}

/// Told apart by their texts.
impl<const COLUMNS: usize, const KEYS: usize> QueryId for Update<'_, COLUMNS, KEYS> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<const COLUMNS: usize, const KEYS: usize> RunQueryDsl<SqliteConnection>
    for Update<'_, COLUMNS, KEYS>
{
}

fn list<'b>(values: &'b [Value<'_>], out: &mut AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
    for (place, value) in values.iter().enumerate() {
        if place > 0 {
            out.push_sql(", ");
        }
        value.bind(out)?;
    }
    Ok(())
}

/// The row was loaded by the same transaction: anything but one means that this program is wrong.
pub(super) fn exactly_one(rows: usize) -> QueryResult<()> {
    if rows == 1 { Ok(()) } else { Err(diesel::result::Error::NotFound) }
}

/// Columns as SQL has them.
macro_rules! names {
    ($first:ident $(, $rest:ident)*) => {
        concat!("`", stringify!($first), "`" $(, ", `", stringify!($rest), "`")*)
    };
}
pub(super) use names;

/// Inserts rows, each column from the field of its name: eight at a time, then the rest one by one. A statement for any
/// number of rows would be parsed anew for every batch.
macro_rules! insert {
    ($connection:expr, $table:ident, $rows:expr; $($column:ident),+) => {{
        use $crate::sqlite::statement::{Column as _, Insert, names};
        let head =
            concat!("INSERT OR FAIL INTO ", stringify!($table), " (", names!($($column),+), ") VALUES");
        let (eights, rest) = $rows.as_chunks::<8>();
        for rows in eights {
            Insert::new(head, rows, |row| [$(row.$column.value()),+]).execute($connection)?;
        }
        for row in rest.as_chunks::<1>().0 {
            Insert::new(head, row, |row| [$(row.$column.value()),+]).execute($connection)?;
        }
    }};
}
pub(super) use insert;

/// Updates the row whose key is in the fields after `where`, from the fields before.
macro_rules! update {
    ($connection:expr, $table:ident, $row:expr; $($column:ident),+ where $($key:ident),+) => {{
        use $crate::sqlite::statement::{Column as _, Update, exactly_one, names};
        let row = $row;
        let update = Update {
            head: concat!("UPDATE ", stringify!($table), " SET (", names!($($column),+), ") = ("),
            values: [$(row.$column.value()),+],
            which: concat!(") WHERE (", names!($($key),+), ") = ("),
            key: [$(row.$key.value()),+],
        };
        exactly_one(update.execute($connection)?)
    }};
}
pub(super) use update;
