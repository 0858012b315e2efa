use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

use thiserror::Error;
use ureq::http::Uri;

/// How an [`HttpGateway`](super::HttpGateway) calls.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpGatewayConfig {
    /// Where the gateway is: `http://HOST:PORT`, perhaps with a path.
    pub url: String,
    /// The merchant's secret key: the user name of Basic authentication, without a password.
    pub secret: String,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest wait for a whole call, and for its turn before that.
    pub call_timeout: Duration,
    /// Most calls at once.
    pub at_once: NonZeroUsize,
}

impl HttpGatewayConfig {
    /// Toss asks its merchants to wait for a confirmation up to a minute; a sweeper would rather look again.
    pub fn new(url: impl Into<String>, secret: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            secret: secret.into(),
            connect_timeout: Duration::from_secs(3),
            call_timeout: Duration::from_secs(10),
            at_once: NonZeroUsize::MIN.saturating_add(15),
        }
    }

    /// Whether there is something to call at such an address.
    ///
    /// # Errors
    /// [`InvalidGateway`].
    pub fn check(&self) -> Result<(), InvalidGateway> {
        self.base().map(|_| ())
    }

    /// The address without the slash at its end.
    pub(super) fn base(&self) -> Result<String, InvalidGateway> {
        let uri: Uri = self.url.parse().map_err(|_not_a_uri| InvalidGateway::Address)?;
        let secret_inside =
            uri.authority().is_none_or(|authority| authority.as_str().contains('@'));
        if secret_inside || uri.query().is_some() {
            return Err(InvalidGateway::Address);
        }
        match uri.scheme_str() {
            Some("http") => Ok(self.url.trim_end_matches('/').to_owned()),
            Some("https") => Err(InvalidGateway::Tls),
            _ => Err(InvalidGateway::Address),
        }
    }
}

/// Without the secret.
impl fmt::Debug for HttpGatewayConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpGatewayConfig")
            .field("url", &self.url)
            .field("connect_timeout", &self.connect_timeout)
            .field("call_timeout", &self.call_timeout)
            .field("at_once", &self.at_once)
            .finish_non_exhaustive()
    }
}

/// Why a gateway cannot be called at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidGateway {
    /// Not `http://HOST[:PORT][/PATH]`.
    #[error("the address of a payment gateway is http://HOST:PORT")]
    Address,
    /// This build has no TLS.
    #[error("this build speaks http:// only; put a TLS proxy between it and the payment gateway")]
    Tls,
}
