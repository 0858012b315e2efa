use diesel::prelude::{Queryable, Selectable};
use diesel::result::Error as SqlError;

use ordersystem_application::StoredAnswer;
use ordersystem_shared_kernel::{Answer, EventId, Fingerprint, RequestKey, Timestamp};

use super::value::corrupt;
use super::{Micros, UuidBytes};
use crate::schema::idempotency_keys;

pub(crate) struct InboxRow {
    pub(crate) consumer: &'static str,
    pub(crate) event_id: UuidBytes,
    pub(crate) at: Micros,
}

impl InboxRow {
    pub(crate) const fn new(consumer: &'static str, event: EventId, at: Timestamp) -> Self {
        Self { consumer, event_id: UuidBytes(event.get()), at: Micros(at) }
    }
}

pub(crate) struct RequestRow {
    pub(crate) principal: String,
    pub(crate) route: String,
    pub(crate) key: String,
    pub(crate) fingerprint: Vec<u8>,
    pub(crate) answer: Vec<u8>,
    pub(crate) at: Micros,
}

impl RequestRow {
    pub(crate) fn new(
        request: &RequestKey,
        fingerprint: &Fingerprint,
        answer: &Answer,
        at: Timestamp,
    ) -> Self {
        Self {
            principal: request.principal.clone(),
            route: request.route.clone(),
            key: request.key.clone(),
            fingerprint: fingerprint.0.to_vec(),
            answer: answer.0.clone(),
            at: Micros(at),
        }
    }
}

/// What a stored request says again.
#[derive(Queryable, Selectable)]
#[diesel(table_name = idempotency_keys)]
pub(crate) struct AnswerRow {
    pub(crate) fingerprint: Vec<u8>,
    pub(crate) answer: Vec<u8>,
}

impl AnswerRow {
    pub(crate) fn restore(self) -> Result<StoredAnswer, SqlError> {
        let unreadable = |bytes: Vec<u8>| corrupt("idempotency_keys.fingerprint", bytes.len());
        let fingerprint = self.fingerprint.try_into().map(Fingerprint).map_err(unreadable)?;
        Ok(StoredAnswer { fingerprint, answer: Answer(self.answer) })
    }
}
