//! One function per target: it takes any bytes and panics when the answer is not as promised.

pub(crate) mod decide;
pub(crate) mod events;
pub(crate) mod http;
pub(crate) mod redis;
pub(crate) mod settings;
pub(crate) mod webhook;

/// Takes any bytes; panics when they are answered wrongly.
pub(crate) type Target = fn(&[u8]);

/// Every target by the name of its seeds.
pub(crate) const ALL: [(&str, Target); 13] = [
    ("order_body", http::order_body),
    ("product_body", http::product_body),
    ("query", http::query),
    ("cursor", http::cursor),
    ("idempotency_key", http::idempotency_key),
    ("negotiation", http::negotiation),
    ("conditions", http::conditions),
    ("signature", webhook::signature),
    ("record", events::record),
    ("position", events::position),
    ("file", settings::file),
    ("batch", decide::batch),
    ("replies", redis::replies),
];

/// The target of that name.
pub(crate) fn named(name: &str) -> Option<Target> {
    ALL.into_iter().find(|(known, _)| *known == name).map(|(_, target)| target)
}
