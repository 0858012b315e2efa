//! Addresses of engines, which may hold passwords.

use std::fmt;

use serde::Deserialize;

use super::problem::masked;

/// An address that shows itself without its passwords, in logs and in error messages.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct EngineUrl(String);

impl EngineUrl {
    /// An address as it was written.
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// With its passwords, for the engine alone.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EngineUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&masked(&self.0))
    }
}

impl fmt::Debug for EngineUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&masked(&self.0), f)
    }
}

/// Whether the text is one address of Redis, or several of a cluster parted by commas.
pub(super) fn is_redis(text: &str) -> bool {
    text.split(',').all(|one| {
        let address = one.trim().strip_prefix("redis://").unwrap_or_default();
        let authority = address.split('/').next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        !host.is_empty() && !host.starts_with(':') && is_printable(one.trim())
    })
}

/// Whether the text is `host:port` once or more, parted by commas.
pub(super) fn is_brokers(text: &str) -> bool {
    text.split(',').all(|one| {
        let parts = one.trim().rsplit_once(':');
        parts.is_some_and(|(host, port)| {
            !host.is_empty()
                && is_printable(host)
                && !host.contains('/')
                && port.parse::<u16>().is_ok()
        })
    })
}

/// Whether the text names a host and perhaps a database of PostgreSQL.
pub(super) fn is_postgres(text: &str) -> bool {
    let address =
        ["postgres://", "postgresql://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    address.is_some_and(|address| !address.is_empty() && is_printable(address))
}

fn is_printable(text: &str) -> bool {
    text.chars().all(|c| !c.is_control() && !c.is_whitespace())
}
