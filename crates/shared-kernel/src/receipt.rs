use crate::EventId;

/// Proof that one cause was handled, stored with its effect: a cause with a receipt is never handled again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receipt {
    /// A consumed event (a row of the inbox).
    Event {
        /// The consumer group: each group handles an event once.
        consumer: &'static str,
        /// The event's identity.
        event: EventId,
    },
    /// A client's request with an idempotency key.
    Request {
        /// Whose key, for which call.
        key: RequestKey,
        /// Tells a replay from a different request that reuses the key.
        fingerprint: Fingerprint,
        /// What a replay is answered.
        answer: Answer,
    },
}

/// The scope of an idempotency key: principal + method and route + the key itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestKey {
    /// Who sent it; keys of different principals never meet.
    pub principal: String,
    /// Method and path, for example `POST /api/orders`.
    pub route: String,
    /// What the client chose.
    pub key: String,
}

/// A hash of everything in a request that its effect depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

/// A complete answer in a form that only the edge which made it can read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer(pub Vec<u8>);
