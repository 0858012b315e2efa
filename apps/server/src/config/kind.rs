//! What values a setting takes, and the words that say so.

use std::borrow::Cow;

use ordersystem_adapter_gateway::HttpGatewayConfig;
use ordersystem_adapter_gateway::webhook::WebhookSecret;
use serde_json::Value;

use super::database::DatabaseUrl;
use super::engine_url::{is_brokers, is_redis};
use super::network::Network;

/// Whether an empty text is a value of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emptiness {
    /// Empty means "off".
    Allowed,
    /// Empty is a mistake.
    Refused,
}

/// The kinds of values that settings take.
#[derive(Debug)]
pub enum Kind {
    /// `true` or `false`.
    Switch,
    /// A whole number between two bounds, both included.
    Whole {
        /// The least value.
        min: u64,
        /// The greatest value.
        max: u64,
    },
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// Any printable text up to a number of characters.
    Text {
        /// The greatest number of characters.
        max: usize,
        /// What an empty text means.
        empty: Emptiness,
    },
    /// A host name or an address to bind.
    Host,
    /// The name of a Kafka topic.
    Topic,
    /// `*`, or origins parted by commas (an array in a file).
    Origins,
    /// A level, optionally followed by levels of single targets.
    LogLevels,
    /// The name of a zone in the IANA database.
    TimeZone,
    /// Where the database is.
    Database,
    /// The address of Redis, or nothing.
    Redis,
    /// Addresses of Kafka brokers, or nothing.
    Brokers,
    /// Blocks of addresses parted by commas (an array in a file), or nothing.
    Networks,
    /// The address of a payment gateway, or nothing.
    Gateway,
    /// Keys of webhooks parted by commas (an array in a file), or nothing; never shown.
    WebhookSecrets,
    /// A text that is never shown, or nothing.
    Secret {
        /// The greatest number of characters.
        max: usize,
    },
}

/// Why a value was not taken; reads on after "`setting` = `value`".
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal(pub String);

const LEVELS: &[&str] = &["off", "error", "warn", "info", "debug", "trace"];
/// Kafka allows 249; the dead letters have the name with `.dlq` behind it.
const TOPIC_MAX: usize = 245;
const HOST_MAX: usize = 253;

impl Kind {
    /// Turns what a user wrote into the value that [`Settings`](super::Settings) is built from.
    pub fn parse(&self, raw: &str) -> Result<Value, Refusal> {
        self.value(raw).ok_or_else(|| Refusal(format!("is not allowed; give {}", self.allowed())))
    }

    /// What may be given, to follow the word "give".
    pub fn allowed(&self) -> Cow<'static, str> {
        match self {
            Kind::Switch => "true or false".into(),
            Kind::Whole { min, max } => format!("a whole number from {min} to {max}").into(),
            Kind::Choice([only]) => (*only).into(),
            Kind::Choice(words) => format!("one of {}", words.join(", ")).into(),
            Kind::Text { max, empty: Emptiness::Allowed } => {
                format!("a text of at most {max} characters, or nothing").into()
            }
            Kind::Text { max, empty: Emptiness::Refused } => {
                format!("a text of 1 to {max} characters").into()
            }
            Kind::Host => "an IP address or a host name".into(),
            Kind::Topic => "1 to 245 letters, digits, dots, dashes or underscores".into(),
            Kind::Origins => "* or origins such as https://shop.example parted by commas".into(),
            Kind::LogLevels => {
                format!("one of {}, optionally followed by ,target=level", LEVELS.join(", ")).into()
            }
            Kind::TimeZone => "a zone of the IANA database such as Asia/Seoul or UTC".into(),
            Kind::Database => {
                "sqlite://PATH, sqlite::memory: or postgres://USER:PASSWORD@HOST:PORT/NAME".into()
            }
            Kind::Redis => {
                "redis://HOST:PORT, several parted by commas for a cluster, or nothing".into()
            }
            Kind::Brokers => "HOST:PORT, several parted by commas, or nothing".into(),
            Kind::Networks => "blocks such as 10.0.0.0/8 parted by commas, or nothing".into(),
            Kind::Gateway => "http://HOST:PORT, perhaps with a path, or nothing".into(),
            Kind::WebhookSecrets => {
                "whsec_ and 24 to 64 bytes in Base64, several parted by commas, or nothing".into()
            }
            Kind::Secret { max } => {
                format!("a text of at most {max} printable ASCII characters, or nothing").into()
            }
        }
    }

    /// Whether a file has the value as an array.
    pub(super) const fn is_list(&self) -> bool {
        matches!(self, Kind::Origins | Kind::Networks | Kind::WebhookSecrets)
    }

    /// Whether no value of this kind may be shown to anybody.
    pub const fn is_secret(&self) -> bool {
        matches!(self, Kind::WebhookSecrets | Kind::Secret { .. })
    }

    /// How a value of this kind is written in TOML.
    pub fn literal(&self, raw: &str) -> String {
        match self {
            Kind::Switch | Kind::Whole { .. } => raw.trim().to_owned(),
            Kind::Origins | Kind::Networks | Kind::WebhookSecrets => {
                let quoted: Vec<_> = parts(raw).map(quote).collect();
                format!("[{}]", quoted.join(", "))
            }
            _ => quote(raw),
        }
    }

    fn value(&self, raw: &str) -> Option<Value> {
        let text = raw.trim();
        match self {
            Kind::Switch => text.parse::<bool>().ok().map(Value::from),
            Kind::Whole { min, max } => {
                text.parse::<u64>().ok().filter(|n| (min..=max).contains(&n)).map(Value::from)
            }
            Kind::Choice(words) => words.contains(&text).then(|| text.into()),
            Kind::Text { max, empty } => is_text(text, *max, *empty).then(|| text.into()),
            Kind::Host => is_host(text).then(|| text.into()),
            Kind::Topic => is_topic(text).then(|| text.into()),
            Kind::Origins => origins(text),
            Kind::LogLevels => text.split(',').all(is_directive).then(|| text.into()),
            Kind::TimeZone => text.parse::<chrono_tz::Tz>().ok().map(|zone| zone.name().into()),
            Kind::Database => text.parse::<DatabaseUrl>().ok().map(|_| text.into()),
            Kind::Redis => (text.is_empty() || is_redis(text)).then(|| text.into()),
            Kind::Brokers => (text.is_empty() || is_brokers(text)).then(|| text.into()),
            Kind::Networks => {
                let all: Vec<&str> = parts(text).collect();
                all.iter().all(|part| part.parse::<Network>().is_ok()).then(|| all.into())
            }
            Kind::Gateway => (text.is_empty() || is_gateway(text)).then(|| text.into()),
            Kind::WebhookSecrets => webhook_secrets(text),
            Kind::Secret { max } => is_secret(text, *max).then(|| text.into()),
        }
    }
}

/// One that the client would take.
fn is_gateway(text: &str) -> bool {
    HttpGatewayConfig::new(text, "").check().is_ok()
}

fn webhook_secrets(text: &str) -> Option<Value> {
    let all: Vec<&str> = parts(text).collect();
    all.iter().all(|secret| secret.parse::<WebhookSecret>().is_ok()).then(|| all.into())
}

/// What can stand in a header.
fn is_secret(text: &str, max: usize) -> bool {
    text.len() <= max && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_text(text: &str, max: usize, empty: Emptiness) -> bool {
    let fits = text.chars().count() <= max && !text.chars().any(char::is_control);
    fits && (empty == Emptiness::Allowed || !text.is_empty())
}

fn is_host(text: &str) -> bool {
    let label = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let name = !text.is_empty() && text.len() <= HOST_MAX && text.chars().all(label);
    name || text.parse::<std::net::IpAddr>().is_ok()
}

/// Kafka's own rule.
fn is_topic(text: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    (1..=TOPIC_MAX).contains(&text.len()) && text.chars().all(legal) && !matches!(text, "." | "..")
}

/// A bare word is a level here, never a target: `EnvFilter` would read `inof` as "everything of target inof".
fn is_directive(part: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':');
    match part.split_once('=') {
        None => LEVELS.contains(&part),
        Some((target, level)) => {
            !target.is_empty() && target.chars().all(legal) && LEVELS.contains(&level)
        }
    }
}

fn origins(text: &str) -> Option<Value> {
    let all: Vec<&str> = parts(text).collect();
    let any = all == ["*"];
    (any || (!all.is_empty() && all.iter().all(|origin| is_origin(origin)))).then(|| all.into())
}

/// Scheme and authority and nothing else: a browser never sends more.
fn is_origin(text: &str) -> bool {
    let authority = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    authority.is_some_and(|host| {
        !host.is_empty() && host.chars().all(|c| c.is_ascii_graphic() && c != '/')
    })
}

fn parts(raw: &str) -> impl Iterator<Item = &str> {
    raw.split(',').map(str::trim).filter(|part| !part.is_empty())
}

fn quote(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
