//! Signed messages of the gateway.

use ordersystem_adapter_gateway::webhook::{Message, WebhookSecret, sign, verify};
use ordersystem_shared_kernel::Timestamp;

const SECRETS: [&str; 2] = [
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==",
];
const NOW: i64 = 1_614_265_330;

/// Four lines: id, timestamp, signature, body. What is believed was signed by one of the secrets, within five minutes.
pub(crate) fn signature(bytes: &[u8]) {
    let mut parts = bytes.splitn(4, |byte| *byte == b'\n');
    let mut part = || parts.next().unwrap_or_default();
    let message = Message { id: part(), timestamp: part(), signature: part(), body: part() };
    // Perhaps it is a secret.
    let _refused = std::str::from_utf8(message.signature).map(str::parse::<WebhookSecret>);
    let secrets = SECRETS.map(|secret| secret.parse::<WebhookSecret>().unwrap());
    let believed = verify(&secrets, &message, Timestamp::from_micros(NOW * 1_000_000));
    if believed.is_err() {
        return;
    }
    let id = std::str::from_utf8(message.id).unwrap();
    let at: i64 = std::str::from_utf8(message.timestamp).unwrap().parse().unwrap();
    assert!((at - NOW).abs() <= 300, "{at}");
    let given: Vec<_> = message.signature.split(|byte| *byte == b' ').collect();
    let signed = |secret| given.contains(&sign(secret, id, at, message.body).as_bytes());
    assert!(secrets.iter().any(signed), "{}", message.signature.escape_ascii());
}
