//! Signatures of webhooks after the Standard Webhooks specification: HMAC-SHA256 over `id.timestamp.body`.

mod secret;
#[cfg(test)]
mod tests;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use ordersystem_shared_kernel::Timestamp;
use sha2::Sha256;
use thiserror::Error;

pub use secret::{InvalidSecret, WebhookSecret};

/// Header with the message's identity: the same at every attempt to deliver it.
pub const ID: &str = "webhook-id";
/// Header with the seconds since 1970 at which this attempt was signed.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// Header with one or more signatures, parted by spaces.
pub const SIGNATURE: &str = "webhook-signature";

/// How far the sender's clock may be from ours, in both directions.
pub const TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// No sender has more keys than that in use; each one costs a comparison.
const MOST_SIGNATURES: usize = 16;
const LONGEST_ID: usize = 255;

/// A message as it came: raw bytes, nothing parsed and written again.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// The header [`ID`].
    pub id: &'a [u8],
    /// The header [`TIMESTAMP`].
    pub timestamp: &'a [u8],
    /// The header [`SIGNATURE`].
    pub signature: &'a [u8],
    /// The whole body.
    pub body: &'a [u8],
}

/// Why a message is not believed. Senders are told no more than that it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unbelieved {
    /// Empty, too long, or with a character that would make `id.timestamp.body` ambiguous.
    #[error("the webhook id is malformed")]
    Id,
    /// Not a number of seconds.
    #[error("the webhook timestamp is malformed")]
    Timestamp,
    /// Too long ago, or too far ahead: perhaps a replay.
    #[error("the webhook timestamp is too far from now")]
    Untimely,
    /// No signature fits any secret.
    #[error("no signature of the webhook fits")]
    Signature,
}

/// The value of the header [`SIGNATURE`] for a message that is sent at `timestamp`, in seconds since 1970.
pub fn sign(secret: &WebhookSecret, id: &str, timestamp: i64, body: &[u8]) -> String {
    let mac = mac(secret, id.as_bytes(), timestamp.to_string().as_bytes(), body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// Believes a message when it is timely and one of its signatures fits one of `secrets`, compared in constant time.
/// Several secrets let a key be replaced without a pause.
///
/// # Errors
/// [`Unbelieved`].
pub fn verify(
    secrets: &[WebhookSecret],
    message: &Message<'_>,
    now: Timestamp,
) -> Result<(), Unbelieved> {
    check_id(message.id)?;
    check_time(message.timestamp, now)?;
    let given = signatures(message.signature);
    let fits = secrets.iter().any(|secret| {
        let mac = mac(secret, message.id, message.timestamp, message.body);
        given.iter().any(|signature| mac.clone().verify_slice(signature).is_ok())
    });
    if fits { Ok(()) } else { Err(Unbelieved::Signature) }
}

/// A dot in the id could move the border to the timestamp without changing what is signed.
fn check_id(id: &[u8]) -> Result<(), Unbelieved> {
    let legal = |byte: &u8| byte.is_ascii_graphic() && *byte != b'.';
    let fine = (1..=LONGEST_ID).contains(&id.len()) && id.iter().all(legal);
    if fine { Ok(()) } else { Err(Unbelieved::Id) }
}

fn check_time(timestamp: &[u8], now: Timestamp) -> Result<(), Unbelieved> {
    let digits = !timestamp.is_empty() && timestamp.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(timestamp).ok().filter(|_| digits);
    let seconds = text.and_then(|text| text.parse::<u64>().ok()).ok_or(Unbelieved::Timestamp)?;
    let now = u64::try_from(now.as_micros().div_euclid(1_000_000)).unwrap_or_default();
    if now.abs_diff(seconds) <= TOLERANCE.as_secs() { Ok(()) } else { Err(Unbelieved::Untimely) }
}

/// Those of version 1; others are from the future, or asymmetric.
fn signatures(header: &[u8]) -> Vec<Vec<u8>> {
    let parts = header.split(|byte| *byte == b' ').take(MOST_SIGNATURES);
    parts.filter_map(|part| STANDARD.decode(part.strip_prefix(b"v1,")?).ok()).collect()
}

fn mac(secret: &WebhookSecret, id: &[u8], timestamp: &[u8], body: &[u8]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mac = Hmac::<Sha256>::new_from_slice(secret.key()).expect("any key will do");
    mac.chain_update(id)
        .chain_update(b".")
        .chain_update(timestamp)
        .chain_update(b".")
        .chain_update(body)
}
