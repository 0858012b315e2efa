//! `Idempotency-Key`: the first answer is stored with the effect and given again, byte for byte.
//!
//! A key belongs to principal + method + path. There is no authentication yet, so everybody is `anonymous`.
//! Refusals have no effect and are not stored: a repeat is simply judged again.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use ordersystem_application::{Call, CallReceipt, StoredAnswer};
use ordersystem_shared_kernel::{Fingerprint, RequestKey};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::Api;
use super::error::{ApiError, EdgeError};
use super::reply::Reply;
use super::trace;

/// Names the request among all of its sender's.
pub(super) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Marks an answer that was given before.
pub(super) const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

const PRINCIPAL: &str = "anonymous";
const LONGEST_KEY: usize = 255;

/// Runs a command and answers it; with a key at most once. `body` is everything the effect depends on besides method,
/// path and query, in a form that does not depend on spelling.
pub(crate) async fn command<T, E: Into<ApiError>>(
    api: &Api,
    request: &HttpRequest,
    body: &impl Serialize,
    reply: impl Fn(&T) -> Reply + Send + Sync,
    run: impl AsyncFnOnce(Call<'_, T>) -> Result<T, E>,
) -> Result<HttpResponse, ApiError> {
    let trace = trace::parent(request);
    let Some(key) = request_key(request)? else {
        let outcome = run(Call { trace, ..Call::default() }).await.map_err(Into::into)?;
        return Ok(reply(&outcome).into_response());
    };
    let _in_flight = api.in_flight.enter(key.clone())?;
    let fingerprint = fingerprint(request, body);
    let answered = api.store.answer(&key).await.map_err(unavailable)?;
    if let Some(answered) = answered {
        return replay(&answered, fingerprint);
    }
    let answer = |outcome: &T| reply(outcome).encode();
    let receipt = Some(CallReceipt::Request { key, fingerprint, answer: &answer });
    match run(Call { receipt, trace, ..Call::default() }).await.map_err(Into::into) {
        Ok(outcome) => Ok(reply(&outcome).into_response()),
        Err(error) => match error.replayed() {
            Some(answered) => replay(answered, fingerprint),
            None => Err(error),
        },
    }
}

fn unavailable(error: ordersystem_application::StoreUnavailable) -> ApiError {
    ordersystem_application::OrderStepError::from(error).into()
}

fn replay(answered: &StoredAnswer, fingerprint: Fingerprint) -> Result<HttpResponse, ApiError> {
    if answered.fingerprint != fingerprint {
        return Err(EdgeError::IdempotencyKeyReused.into());
    }
    let reply = Reply::decode(&answered.answer).ok_or(EdgeError::UnreadableAnswer)?;
    let mut response = reply.into_response();
    response.headers_mut().insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

fn request_key(request: &HttpRequest) -> Result<Option<RequestKey>, ApiError> {
    let mut values = request.headers().get_all(IDEMPOTENCY_KEY);
    let Some(value) = values.next() else { return Ok(None) };
    let key = value.to_str().ok().and_then(key).filter(|_| values.next().is_none());
    let key = key.ok_or(EdgeError::InvalidIdempotencyKey)?;
    let route = format!("{} {}", request.method(), request.path());
    Ok(Some(RequestKey { principal: PRINCIPAL.to_owned(), route, key }))
}

/// A string of RFC 8941 in quotes, as the draft wants it, or the same bare, as everybody sends it.
fn key(value: &str) -> Option<String> {
    let value = value.trim();
    let key = match value.strip_prefix('"') {
        Some(quoted) => unquoted(quoted)?,
        None => value.to_owned(),
    };
    let visible = key.bytes().all(|byte| byte.is_ascii_graphic());
    (visible && (1..=LONGEST_KEY).contains(&key.len())).then_some(key)
}

fn unquoted(text: &str) -> Option<String> {
    let mut key = String::with_capacity(text.len());
    let mut characters = text.chars();
    loop {
        match characters.next()? {
            '"' => return characters.next().is_none().then_some(key),
            '\\' => key.push(characters.next().filter(|c| matches!(c, '"' | '\\'))?),
            character => key.push(character),
        }
    }
}

fn fingerprint(request: &HttpRequest, body: &impl Serialize) -> Fingerprint {
    let mut hash = Sha256::new();
    for part in [request.method().as_str(), request.path(), request.query_string()] {
        hash.update(part);
        hash.update([0]);
    }
    hash.update(super::envelope::json(body));
    Fingerprint(hash.finalize().into())
}

/// The keys whose requests are being handled by this process.
#[derive(Default)]
pub(super) struct InFlight {
    keys: Mutex<HashSet<RequestKey>>,
}

impl InFlight {
    /// Marks a key until the guard is dropped.
    fn enter(&self, key: RequestKey) -> Result<Guard<'_>, EdgeError> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.insert(key.clone()) {
            Ok(Guard { of: self, key })
        } else {
            Err(EdgeError::IdempotencyKeyInFlight)
        }
    }
}

struct Guard<'a> {
    of: &'a InFlight,
    key: RequestKey,
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.of.keys.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_visible_ascii_in_quotes_or_bare() {
        for (value, wanted) in [
            ("abc", Some("abc")),
            ("\"abc\"", Some("abc")),
            (r#""a\"b\\c""#, Some(r#"a"b\c"#)),
            (" abc ", Some("abc")),
            ("", None),
            ("\"\"", None),
            ("a b", None),
            ("\"a b\"", None),
            ("\"abc", None),
            ("\"abc\";p=1", None),
            ("\"a\\n\"", None),
            ("열쇠", None),
        ] {
            assert_eq!(key(value).as_deref(), wanted, "{value}");
        }
        assert!(key(&"k".repeat(255)).is_some());
        assert!(key(&"k".repeat(256)).is_none());
    }

    #[test]
    fn a_key_is_in_flight_until_its_guard_goes() {
        let in_flight = InFlight::default();
        let key = || RequestKey {
            principal: PRINCIPAL.to_owned(),
            route: "POST /api/orders".to_owned(),
            key: "k".to_owned(),
        };
        let guard = in_flight.enter(key()).ok().unwrap();
        assert!(in_flight.enter(key()).is_err());
        drop(guard);
        assert!(in_flight.enter(key()).is_ok());
    }
}
