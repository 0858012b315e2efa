use std::sync::Arc;

use deadpool_redis::redis::{RedisError, Value, cmd};

use crate::admission::RedisAdmission;
use crate::config::{OpenError, RedisConfig, RedisDown, refuses_credentials};
use crate::heartbeat::Start;
use crate::info;
use crate::keys::{EPOCH, Keys};
use crate::lease::RedisLease;
use crate::link::{Lane, Link, Reply, backend};
use crate::script::Command;

/// Redis, set up. Cheap to clone.
#[derive(Clone)]
pub struct Redis {
    link: Arc<Link>,
    start: Start,
}

impl Redis {
    /// Looks once whether Redis is there and is what the settings say. That it is down is no error: the shop works without
    /// it until it comes.
    ///
    /// # Errors
    /// [`OpenError`]: settings with which it would never work.
    pub async fn open(config: &RedisConfig) -> Result<Self, OpenError> {
        let link = Arc::new(Link::new(config)?);
        let start = look(&link).await?;
        Ok(Self { link, start })
    }

    /// The fast counters, with tasks of their own: to be called once, inside tokio's runtime.
    pub fn admission(&self) -> RedisAdmission {
        RedisAdmission::new(self.link.clone(), self.start.clone())
    }

    /// Leases in the name of this holder, which is unique among all replicas.
    pub fn lease(&self, holder: impl Into<String>) -> RedisLease {
        RedisLease::new(self.link.clone(), holder.into())
    }

    /// Whether Redis answers.
    ///
    /// # Errors
    /// Why not.
    pub async fn ping(&self) -> Result<(), RedisDown> {
        let replies = self.link.ask(vec![cmd("PING").into()]).await?;
        replies.into_iter().next().transpose()?;
        Ok(())
    }

    /// Host and port, without credentials.
    pub fn address(&self) -> &str {
        self.link.address()
    }
}

async fn look(link: &Arc<Link>) -> Result<Start, OpenError> {
    let mut lane = Lane::new(link.clone());
    match lane.connect().await {
        Ok(()) => {}
        Err(error) => {
            backend(&error).map_or(Ok(()), |error| check_refusal(link, error))?;
            return Ok(is_down(link, &crate::link::down(error)));
        }
    }
    match lane.ask(&questions(link.keys())).await {
        Ok(replies) => check(link, replies),
        Err(error) => Ok(is_down(link, &error)),
    }
}

fn is_down(link: &Link, reason: &RedisDown) -> Start {
    let address = link.address();
    tracing::warn!("Redis at {address} does not answer, the database decides alone: {reason}");
    Start { is_down: true, run_id: None }
}

/// The epoch is set so that its absence means a loss from now on.
fn questions(keys: Keys) -> Vec<Command> {
    let mut set = cmd("SET");
    set.arg(EPOCH).arg(1).arg("NX");
    let mut commands = vec![Command::from(set)];
    if keys == Keys::Plain {
        commands.extend([info::ask("server"), info::ask("cluster")]);
    }
    commands
}

fn check(link: &Link, replies: Vec<Reply>) -> Result<Start, OpenError> {
    let address = || link.address().to_owned();
    let mut replies = replies.into_iter();
    if let Some(Err(error)) = replies.next() {
        check_refusal(link, &error)?;
    }
    let mut answer = || replies.next().and_then(Reply::ok).unwrap_or(Value::Nil);
    let (server, cluster) = (answer(), answer());
    if info::field(cluster, "cluster_enabled").is_some_and(|enabled| enabled == "1") {
        return Err(OpenError::Cluster(address()));
    }
    if let Some(version) = info::field(server.clone(), "redis_version")
        && is_too_old(&version)
    {
        return Err(OpenError::TooOld { address: address(), version });
    }
    Ok(Start { is_down: false, run_id: info::field(server, "run_id") })
}

fn is_too_old(version: &str) -> bool {
    let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    major.is_some_and(|major| major < 7)
}

fn check_refusal(link: &Link, error: &RedisError) -> Result<(), OpenError> {
    let address = link.address().to_owned();
    let text = error.to_string();
    if refuses_credentials(error) {
        return Err(OpenError::Credentials { address, reason: text });
    }
    if text.contains("cluster support disabled") {
        return Err(OpenError::NoCluster(address));
    }
    Ok(())
}
