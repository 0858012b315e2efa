//! How the shop and the payment gateway find and believe each other.

use std::fmt;
use std::time::Duration;

use ordersystem_adapter_gateway::webhook::WebhookSecret;
use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::settings::seconds;

/// How the shop and the payment gateway find and believe each other.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PaymentSettings {
    /// Any of them may have signed a callback; none lets everybody report outcomes.
    #[serde(rename = "webhook-secret", deserialize_with = "secrets")]
    pub webhook_secrets: Vec<WebhookSecret>,
    /// `None` asks nobody for money: whoever takes it reports it.
    #[serde(deserialize_with = "empty_is_none")]
    pub gateway_url: Option<String>,
    /// What the gateway knows this shop by.
    pub gateway_secret: Hidden,
    /// Longest wait for a connection.
    #[serde(rename = "gateway-connect-timeout-seconds", deserialize_with = "seconds")]
    pub connect_timeout: Duration,
    /// Longest wait for an answer.
    #[serde(rename = "gateway-timeout-seconds", deserialize_with = "seconds")]
    pub call_timeout: Duration,
}

/// A text that never shows itself.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Hidden(String);

impl Hidden {
    /// The text, for whom it is meant.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden(***)")
    }
}

fn secrets<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<WebhookSecret>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    texts.iter().map(|text| text.parse().map_err(D::Error::custom)).collect()
}

fn empty_is_none<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Some(String::deserialize(from)?).filter(|text| !text.is_empty()))
}
