use std::borrow::Cow;

use diesel::prelude::{Insertable, Queryable, Selectable};
use diesel::result::Error as SqlError;

use ordersystem_application::{DeadLetter, DeadLetterState, Record, Topic};
use ordersystem_shared_kernel::Timestamp;

use super::Micros;
use super::value::{corrupt, named};
use crate::schema::dead_letters;

/// A letter without its number, which the database assigns.
#[derive(Insertable)]
#[diesel(table_name = dead_letters, treat_none_as_default_value = false)]
pub(crate) struct NewDeadLetterRow {
    topic: &'static str,
    partition: i32,
    offset: i64,
    key: Option<String>,
    headers: String,
    value: Vec<u8>,
    consumer_group: String,
    error: String,
    state: &'static str,
    buried_at: Micros,
    changed_at: Micros,
}

impl NewDeadLetterRow {
    pub(crate) fn new(record: &Record, group: &str, error: &str, now: Timestamp) -> Self {
        Self {
            topic: record.topic.as_str(),
            partition: record.partition,
            offset: record.offset,
            key: record.key.as_deref().map(printable),
            // Pairs of texts always have a JSON form.
            headers: serde_json::to_string(&record.headers).unwrap_or_default(),
            value: record.value.clone(),
            consumer_group: group.to_owned(),
            error: printable(error),
            state: DeadLetterState::Buried.as_str(),
            buried_at: Micros(now),
            changed_at: Micros(now),
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = dead_letters)]
pub(crate) struct DeadLetterRow {
    id: i64,
    topic: Cow<'static, str>,
    partition: i32,
    offset: i64,
    key: Option<String>,
    headers: String,
    value: Vec<u8>,
    consumer_group: String,
    error: String,
    state: Cow<'static, str>,
    buried_at: Micros,
    changed_at: Micros,
}

impl DeadLetterRow {
    pub(crate) fn restore(self) -> Result<DeadLetter, SqlError> {
        let headers = serde_json::from_str(&self.headers);
        let states = &DeadLetterState::ALL;
        Ok(DeadLetter {
            id: self.id,
            record: Record {
                topic: named("dead_letters.topic", &Topic::ALL, Topic::as_str, &self.topic)?,
                partition: self.partition,
                offset: self.offset,
                key: self.key.as_deref().map(original),
                headers: headers.map_err(|error| corrupt("dead_letters.headers", error))?,
                value: self.value,
            },
            group: self.consumer_group,
            error: original(&self.error),
            state: named("dead_letters.state", states, DeadLetterState::as_str, &self.state)?,
            buried_at: self.buried_at.0,
            changed_at: self.changed_at.0,
        })
    }
}

/// A text without NUL, which others may send and PostgreSQL keeps in no text: a letter that cannot be kept would stop its
/// consumer for good.
fn printable(text: &str) -> String {
    text.replace('\\', r"\\").replace('\0', r"\0")
}

/// What was made [`printable`].
fn original(text: &str) -> String {
    let mut characters = text.chars();
    let mut original = String::with_capacity(text.len());
    while let Some(character) = characters.next() {
        let is_nul = character == '\\' && characters.next() == Some('0');
        original.push(if is_nul { '\0' } else { character });
    }
    original
}
