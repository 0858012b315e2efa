use std::borrow::Cow;

use diesel::prelude::{Queryable, QueryableByName, Selectable};
use diesel::result::Error as SqlError;

use ordersystem_application::{OutboxMessage, OutboxRow, Topic};
use ordersystem_shared_kernel::EventId;

use super::value::named;
use super::{Micros, UuidBytes};
use crate::schema::outbox;

/// A message without its position, which the database assigns.
pub(crate) struct NewOutboxRow {
    pub(crate) event_id: UuidBytes,
    pub(crate) topic: &'static str,
    pub(crate) key: i64,
    pub(crate) sequence: i64,
    pub(crate) kind: Cow<'static, str>,
    pub(crate) payload: String,
    pub(crate) at: Micros,
    pub(crate) trace: Option<String>,
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

#[derive(Queryable, QueryableByName, Selectable)]
#[diesel(table_name = outbox)]
pub(crate) struct StoredOutboxRow {
    pub(crate) id: i64,
    pub(crate) event_id: UuidBytes,
    pub(crate) topic: String,
    pub(crate) key: i64,
    pub(crate) sequence: i64,
    pub(crate) kind: String,
    pub(crate) payload: String,
    pub(crate) at: Micros,
    pub(crate) trace: Option<String>,
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
