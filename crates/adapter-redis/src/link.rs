use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use deadpool_redis::redis::{
    self, ConnectionInfo, ErrorKind, RedisError, RedisResult, Script, ServerErrorKind, Value,
};
use deadpool_redis::{PoolError, Runtime, Timeouts, cluster};
use futures_util::future::join_all;

use crate::config::{self, OpenError, RedisConfig, RedisDown};
use crate::keys::Keys;
use crate::script::Command;

/// How long a connection may take; nobody waits so long for it, it is made for those who come later.
const CONNECT: Duration = Duration::from_secs(1);

/// What the server says to one command.
pub(crate) type Reply = RedisResult<Value>;

/// The way to the servers: a pool of connections.
pub(crate) struct Link {
    pool: Pool,
    address: String,
    budget: Duration,
}

enum Pool {
    Single(deadpool_redis::Pool),
    Cluster(cluster::Pool),
}

/// One connection, back in the pool when it is dropped.
enum Connection {
    Single(deadpool_redis::Connection),
    Cluster(cluster::Connection),
}

impl Link {
    pub(crate) fn new(config: &RedisConfig) -> Result<Self, OpenError> {
        let nodes = config::nodes(&config.url)?;
        let address =
            nodes.iter().map(|node| node.addr().to_string()).collect::<Vec<_>>().join(",");
        let size = config.pool_size.max(RedisConfig::FEWEST);
        let pool =
            if config.cluster { Pool::cluster(nodes, size) } else { Pool::single(nodes, size) };
        Ok(Self { pool: pool?, address, budget: config.budget })
    }

    /// Host and port, without credentials.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) const fn keys(&self) -> Keys {
        match self.pool {
            Pool::Single(_) => Keys::Plain,
            Pool::Cluster(_) => Keys::Tagged,
        }
    }

    async fn connect(&self) -> Result<Connection, PoolError> {
        match &self.pool {
            Pool::Single(pool) => pool.get().await.map(Connection::Single),
            Pool::Cluster(pool) => pool.get().await.map(Connection::Cluster),
        }
    }

    /// What the future gives, unless it takes longer than a caller may wait for one round trip.
    pub(crate) async fn within_budget<T>(
        &self,
        future: impl Future<Output = Result<T, RedisDown>>,
    ) -> Result<T, RedisDown> {
        self.within_budget_of(1, future).await
    }

    /// The same for so many round trips.
    pub(crate) async fn within_budget_of<T>(
        &self,
        trips: usize,
        future: impl Future<Output = Result<T, RedisDown>>,
    ) -> Result<T, RedisDown> {
        let budget = self.budget.saturating_mul(u32::try_from(trips).unwrap_or(u32::MAX));
        let answer = tokio::time::timeout(budget, future).await;
        answer.unwrap_or_else(|_elapsed| Err(self.too_slow()))
    }

    fn too_slow(&self) -> RedisDown {
        RedisDown(format!("no answer within {:?}", self.budget))
    }

    /// One round trip within the budget. A connection that takes longer is made all the same, for the next call.
    pub(crate) async fn ask(
        self: &Arc<Self>,
        commands: Vec<Command>,
    ) -> Result<Vec<Reply>, RedisDown> {
        let link = self.clone();
        let call = tokio::spawn(async move { Lane::new(link).ask(&commands).await });
        self.within_budget(async { call.await.unwrap_or_else(|_| Err(self.too_slow())) }).await
    }
}

impl Pool {
    fn single(nodes: Vec<ConnectionInfo>, size: usize) -> Result<Self, OpenError> {
        let [node] = <[ConnectionInfo; 1]>::try_from(nodes)
            .map_err(|_several| OpenError::Url("several nodes, but no cluster".to_owned()))?;
        let manager = deadpool_redis::Manager::new(node);
        let manager = manager.map_err(|error| config::malformed(&error))?;
        let pool = deadpool_redis::Pool::builder(manager).max_size(size).timeouts(timeouts());
        let pool = pool.runtime(Runtime::Tokio1).build();
        pool.map(Self::Single).map_err(|error| OpenError::Url(error.to_string()))
    }

    fn cluster(nodes: Vec<ConnectionInfo>, size: usize) -> Result<Self, OpenError> {
        let manager = cluster::Manager::new(nodes, false);
        let manager = manager.map_err(|error| config::malformed(&error))?;
        let pool = cluster::Pool::builder(manager).max_size(size).timeouts(timeouts());
        let pool = pool.runtime(Runtime::Tokio1).build();
        pool.map(Self::Cluster).map_err(|error| OpenError::Url(error.to_string()))
    }
}

/// Keeps its connection from one round trip to the next, for as long as it is good.
pub(crate) struct Lane {
    link: Arc<Link>,
    connection: Option<Connection>,
}

impl Lane {
    pub(crate) const fn new(link: Arc<Link>) -> Self {
        Self { link, connection: None }
    }

    pub(crate) fn keys(&self) -> Keys {
        self.link.keys()
    }

    /// Connects ahead of the first round trip.
    pub(crate) async fn connect(&mut self) -> Result<(), PoolError> {
        self.connection = Some(self.link.connect().await?);
        Ok(())
    }

    /// One round trip within the budget, after connecting where needed.
    pub(crate) async fn ask(&mut self, commands: &[Command]) -> Result<Vec<Reply>, RedisDown> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.link.connect().await.map_err(down)?,
        };
        let replies = async { connection.replies(commands).await.map_err(RedisDown::from) };
        let replies = self.link.within_budget(replies).await;
        if replies.as_ref().is_ok_and(|replies| !replies.iter().any(is_demoted)) {
            self.connection = Some(connection);
        } else {
            connection.discard();
        }
        replies
    }
}

impl Connection {
    /// Takes it out of the pool for good.
    fn discard(self) {
        match self {
            Self::Single(connection) => drop(deadpool_redis::Connection::take(connection)),
            Self::Cluster(connection) => drop(cluster::Connection::take(connection)),
        }
    }

    async fn replies(&mut self, commands: &[Command]) -> RedisResult<Vec<Reply>> {
        let mut replies = self.send(commands.iter()).await?;
        let unknown: Vec<usize> = (0..replies.len())
            .filter(|index| replies.get(*index).is_some_and(is_unknown_script))
            .collect();
        if unknown.is_empty() {
            return Ok(replies);
        }
        let again: Vec<_> = unknown.iter().filter_map(|index| commands.get(*index)).collect();
        self.load(&again).await?;
        for (index, reply) in unknown.iter().zip(self.send(again.into_iter()).await?) {
            if let Some(place) = replies.get_mut(*index) {
                *place = reply;
            }
        }
        Ok(replies)
    }

    async fn load(&mut self, commands: &[&Command]) -> RedisResult<()> {
        let scripts = commands.iter().filter_map(|command| command.script);
        let scripts: HashMap<&str, &Script> = scripts.map(|it| (it.get_hash(), it)).collect();
        for script in scripts.values() {
            match self {
                Self::Single(connection) => script.load_async(connection).await?,
                Self::Cluster(connection) => script.load_async(connection).await?,
            };
        }
        Ok(())
    }

    /// As one pipeline; to a cluster all at once, each to the node of its keys.
    async fn send(&mut self, commands: impl Iterator<Item = &Command>) -> RedisResult<Vec<Reply>> {
        match self {
            Self::Single(connection) => {
                let mut pipeline = redis::pipe();
                for command in commands {
                    pipeline.add_command(command.cmd.clone());
                }
                pipeline.ignore_errors().query_async(connection).await
            }
            Self::Cluster(connection) => {
                let calls = commands.map(|command| {
                    let mut connection = (**connection).clone();
                    async move { command.cmd.query_async::<Value>(&mut connection).await }
                });
                unless_broken(join_all(calls).await)
            }
        }
    }
}

fn timeouts() -> Timeouts {
    Timeouts { wait: Some(CONNECT), create: Some(CONNECT), recycle: Some(CONNECT) }
}

fn is_unknown_script(reply: &Reply) -> bool {
    let unknown = ErrorKind::Server(ServerErrorKind::NoScript);
    reply.as_ref().is_err_and(|error| error.kind() == unknown)
}

/// An error of the connection where no node could be reached, as when a pipeline fails as a whole.
fn unless_broken(replies: Vec<Reply>) -> RedisResult<Vec<Reply>> {
    let broken = |reply: &Reply| reply.as_ref().is_err_and(RedisError::is_io_error);
    if replies.iter().all(broken)
        && let Some(Err(error)) = replies.first()
    {
        return Err(error.clone());
    }
    Ok(replies)
}

/// A replica answers, but it is no longer the one to talk to.
fn is_demoted(reply: &Reply) -> bool {
    let demoted = ErrorKind::Server(ServerErrorKind::ReadOnly);
    reply.as_ref().is_err_and(|error| error.kind() == demoted)
}

pub(crate) fn down(error: PoolError) -> RedisDown {
    match error {
        PoolError::Timeout(_) => RedisDown(format!("no connection within {CONNECT:?}")),
        PoolError::Backend(error) => RedisDown::from(error),
        error => RedisDown(error.to_string()),
    }
}

/// The error that the servers gave for a connection, if they gave one.
pub(crate) const fn backend(error: &PoolError) -> Option<&RedisError> {
    match error {
        PoolError::Backend(error) => Some(error),
        _ => None,
    }
}
