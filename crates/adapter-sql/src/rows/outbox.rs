use std::borrow::Cow;

use diesel::prelude::{Insertable, Queryable, Selectable};
use diesel::result::Error as SqlError;

use ordersystem_application::{OutboxMessage, OutboxRow, Topic};
use ordersystem_shared_kernel::EventId;

use super::value::named;
use super::{Micros, UuidBytes};
use crate::schema::outbox;

/// A message without its position, which the database assigns.
#[derive(Insertable)]
#[diesel(table_name = outbox, treat_none_as_default_value = false)]
pub(crate) struct NewOutboxRow {
    event_id: UuidBytes,
    topic: &'static str,
    key: i64,
    sequence: i64,
    kind: Cow<'static, str>,
    payload: String,
    at: Micros,
    trace: Option<String>,
}

impl From<OutboxMessage> for NewOutboxRow {
    fn from(message: OutboxMessage) -> Self {
        Self {
            event_id: UuidBytes(message.id.get()),
            topic: message.topic.as_str(),
            key: message.key,
            sequence: message.sequence,
            kind: message.kind,
            payload: message.payload,
            at: Micros(message.at),
            trace: message.trace,
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox)]
pub(crate) struct StoredOutboxRow {
    id: i64,
    event_id: UuidBytes,
    topic: String,
    key: i64,
    sequence: i64,
    kind: String,
    payload: String,
    at: Micros,
    trace: Option<String>,
}

impl StoredOutboxRow {
    pub(crate) fn restore(self) -> Result<OutboxRow, SqlError> {
        let message = OutboxMessage {
            id: EventId::new(self.event_id.0),
            topic: named("outbox.topic", &Topic::ALL, Topic::as_str, &self.topic)?,
            key: self.key,
            sequence: self.sequence,
            kind: Cow::Owned(self.kind),
            payload: self.payload,
            at: self.at.0,
            trace: self.trace,
        };
        Ok(OutboxRow { position: self.id, message })
    }
}
