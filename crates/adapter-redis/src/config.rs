use std::fmt;
use std::time::Duration;

use deadpool_redis::redis::{self, ErrorKind, ParsingError, RedisError};
use thiserror::Error;

/// Where Redis is and how it is talked to.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisConfig {
    /// `redis://[user][:password@]host[:port][/database]`; for a cluster several, with commas in between.
    pub url: String,
    /// The most connections; at least [`Self::FEWEST`], because each lane keeps one.
    pub pool_size: usize,
    /// Whether the servers are a cluster; then keys are hash-tagged: `stock:{1}`.
    pub cluster: bool,
    /// How long a caller waits for Redis before the database decides.
    pub budget: Duration,
}

impl RedisConfig {
    /// Connections that are always needed.
    pub const FEWEST: usize = 4;
    /// Connections unless told otherwise.
    pub const POOL_SIZE: usize = 8;
    /// What a caller waits unless told otherwise.
    pub const BUDGET: Duration = Duration::from_millis(50);

    /// A single node, the usual pool and budget.
    pub fn new(url: impl Into<String>) -> Self {
        let (pool_size, budget) = (Self::POOL_SIZE, Self::BUDGET);
        Self { url: url.into(), pool_size, cluster: false, budget }
    }
}

impl fmt::Debug for RedisConfig {
    /// Without the URL, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisConfig")
            .field("pool_size", &self.pool_size)
            .field("cluster", &self.cluster)
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}

/// Why Redis cannot be used as it is set up. A server that is merely down is no reason. No text holds the password.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OpenError {
    /// The URL is not one.
    #[error(
        "ordersystem.redis.url is not a Redis URL ({0}); allowed: redis://[user][:password@]host[:port][/database]"
    )]
    Url(String),
    /// The server wants other credentials.
    #[error("Redis at {address} refuses the credentials of ordersystem.redis.url ({reason})")]
    Credentials {
        /// Host and port.
        address: String,
        /// The server's word for it.
        reason: String,
    },
    /// `ordersystem.redis.cluster` is on, the server is alone.
    #[error("ordersystem.redis.cluster is on, but Redis at {0} is not part of a cluster")]
    NoCluster(String),
    /// `ordersystem.redis.cluster` is off, the server is part of a cluster.
    #[error("Redis at {0} is part of a cluster: set ordersystem.redis.cluster to on")]
    Cluster(String),
    /// The server is older than the scripts need.
    #[error("Redis at {address} is version {version}; 7.0 or newer is needed")]
    TooOld {
        /// Host and port.
        address: String,
        /// What it says of itself.
        version: String,
    },
}

/// Why a call was not answered. Holds no password.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct RedisDown(pub(crate) String);

impl From<RedisError> for RedisDown {
    fn from(error: RedisError) -> Self {
        Self(error.to_string())
    }
}

impl From<ParsingError> for RedisDown {
    fn from(error: ParsingError) -> Self {
        Self(format!("an answer that no script of ours gives: {error}"))
    }
}

/// The nodes that the URL names.
pub(crate) fn nodes(url: &str) -> Result<Vec<redis::ConnectionInfo>, OpenError> {
    let parse = |url: &str| redis::IntoConnectionInfo::into_connection_info(url.trim());
    url.split(',').map(|url| parse(url).map_err(|error| malformed(&error))).collect()
}

pub(crate) fn malformed(error: &RedisError) -> OpenError {
    OpenError::Url(error.to_string())
}

/// Whether the server has turned the credentials down, rather than being down itself. A cluster's client tells that only in
/// its text.
pub(crate) fn refuses_credentials(error: &RedisError) -> bool {
    let text = error.to_string();
    error.kind() == ErrorKind::AuthenticationFailed
        || ["AuthenticationFailed", "NOAUTH", "WRONGPASS"].iter().any(|word| text.contains(word))
}
