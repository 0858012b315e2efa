//! The small HTTP client behind the commands that ask a running server.

use std::time::Duration;

use ureq::{Agent, Error};

use crate::config::Settings;

/// A client that talks to the given server itself: no proxy, no redirects, and every status is an answer.
pub(super) fn agent() -> Agent {
    Agent::config_builder()
        .proxy(None)
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_connect(Some(Duration::from_secs(5)))
        .timeout_recv_response(Some(Duration::from_secs(10)))
        .build()
        .into()
}

/// Where the server of these settings is, seen from this machine.
pub(super) fn local_url(settings: &Settings) -> String {
    format!("http://localhost:{}", settings.server.port)
}

/// The address as given, with `http://` in front unless it has a scheme, and no slash at its end.
pub(super) fn normalised(url: &str) -> String {
    let url = url.trim_end_matches('/');
    if url.contains("://") { url.to_owned() } else { format!("http://{url}") }
}

/// Why no answer came, in words for a person.
pub(super) fn reason(error: &Error) -> String {
    match error {
        Error::Io(io) => io.to_string(),
        Error::HostNotFound => "no such host".to_owned(),
        Error::TlsRequired => "this client speaks http:// only".to_owned(),
        other => other.to_string(),
    }
}
