//! The engines of the full world: a database of one's own in PostgreSQL, an emptied Redis, topics of one's own in Kafka.

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, bail};

/// Where the engines are. They must be there for nothing else: Redis is emptied again and again.
#[derive(Debug, Clone)]
pub struct Engines {
    /// `DATABASE_URL`.
    pub database: String,
    /// `REDIS_URL`.
    pub redis: String,
    /// `KAFKA_BOOTSTRAP_SERVERS`.
    pub kafka: String,
    /// `ENGINES_DIR` of `deploy/engines.sh`; tells which processes they are.
    pub folder: Option<PathBuf>,
}

impl Engines {
    /// As the environment says, or none unless it names all three.
    #[expect(clippy::disallowed_methods, reason = "the only place that reads the environment")]
    pub fn of_environment() -> Option<Self> {
        let var = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        Some(Self {
            database: var("DATABASE_URL")?,
            redis: var("REDIS_URL")?,
            kafka: var("KAFKA_BOOTSTRAP_SERVERS")?,
            folder: var("ENGINES_DIR").map(PathBuf::from),
        })
    }

    /// Their processes by name, as far as they are known.
    pub fn processes(&self) -> Vec<(&'static str, u32)> {
        let Some(folder) = &self.folder else { return Vec::new() };
        let pid = |name: &str| {
            let text = std::fs::read_to_string(folder.join(name).join("pid")).ok()?;
            text.split_whitespace().next()?.parse().ok()
        };
        ["postgres", "redis", "kafka"]
            .into_iter()
            .filter_map(|name| Some((name, pid(name)?)))
            .collect()
    }

    /// Refuses a Redis in which something is: it could be somebody's.
    ///
    /// # Errors
    /// It is not empty, or does not answer.
    pub fn check_redis_is_empty(&self) -> anyhow::Result<()> {
        let keys = Redis::connect(&self.redis)?.ask(&["DBSIZE"])?;
        if keys != ":0" {
            bail!("the Redis at {} is not empty, and a measurement empties it", self.redis);
        }
        Ok(())
    }

    /// Makes Redis forget everything.
    ///
    /// # Errors
    /// It does not answer.
    pub fn empty_redis(&self) -> anyhow::Result<()> {
        Redis::connect(&self.redis)?.ask(&["FLUSHALL"]).map(drop)
    }
}

/// A database that is dropped at the end.
#[derive(Debug)]
pub struct Database {
    admin: String,
    name: String,
}

impl Database {
    /// An empty one.
    ///
    /// # Errors
    /// `psql` cannot make it.
    pub fn create(engines: &Engines, name: &str) -> anyhow::Result<Self> {
        let database = Self { admin: engines.database.clone(), name: name.to_owned() };
        database.admin(&format!(r#"CREATE DATABASE "{name}""#))?;
        Ok(database)
    }

    /// How to reach it.
    pub fn url(&self) -> String {
        let base = self.admin.rsplit_once('/').map_or(self.admin.as_str(), |(base, _)| base);
        format!("{base}/{}", self.name)
    }

    /// Runs statements in it.
    ///
    /// # Errors
    /// What `psql` says.
    pub fn run(&self, sql: &str) -> anyhow::Result<()> {
        psql(&self.url(), sql)
    }

    fn admin(&self, sql: &str) -> anyhow::Result<()> {
        psql(&self.admin, sql)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The engines are thrown away anyway; this only keeps the disk small until then.
        drop(self.admin(&format!(r#"DROP DATABASE IF EXISTS "{}" WITH (FORCE)"#, self.name)));
    }
}

fn psql(url: &str, sql: &str) -> anyhow::Result<()> {
    let mut command = Command::new("psql");
    command.args([url, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql]);
    output(&mut command).map(drop)
}

/// Runs a command to its end.
///
/// # Errors
/// It cannot be started or fails; the text is what it said.
pub fn output(command: &mut Command) -> anyhow::Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("{name} cannot be started"))?;
    if !output.status.success() {
        bail!("{name} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// As much of Redis' protocol as is needed here.
pub struct Redis(BufReader<TcpStream>);

impl Redis {
    /// At `redis://HOST:PORT`.
    ///
    /// # Errors
    /// Nobody answers there.
    pub fn connect(url: &str) -> anyhow::Result<Self> {
        let address = address_of(url).with_context(|| format!("{url} is no redis://HOST:PORT"))?;
        let stream = TcpStream::connect(address).with_context(|| format!("cannot reach {url}"))?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends a command; the answer's first line, or the text of a bulk answer.
    ///
    /// # Errors
    /// Redis says so, or nothing.
    pub fn ask(&mut self, words: &[&str]) -> anyhow::Result<String> {
        let mut command = format!("*{}\r\n", words.len());
        for word in words {
            command.push_str(&format!("${}\r\n{word}\r\n", word.len()));
        }
        self.0.get_mut().write_all(command.as_bytes())?;
        let line = self.line()?;
        match line.as_bytes().first() {
            Some(b'-') => bail!("Redis refuses {}: {line}", words.first().unwrap_or(&"")),
            Some(b'$') => self.line(),
            _ => Ok(line),
        }
    }

    fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Redis").finish()
    }
}

/// `HOST:PORT` of `redis://HOST:PORT`.
pub fn address_of(url: &str) -> Option<&str> {
    url.strip_prefix("redis://")?.split('/').next().filter(|address| address.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_parsed() {
        assert_eq!(address_of("redis://127.0.0.1:6379"), Some("127.0.0.1:6379"));
        assert_eq!(address_of("redis://localhost:1/0"), Some("localhost:1"));
        assert_eq!(address_of("rediss://localhost:1"), None);
        assert_eq!(address_of("redis://localhost"), None);
    }

    #[test]
    fn an_own_database_is_on_the_same_server() {
        let database =
            Database { admin: "postgres://u:p@h:5432/shop".to_owned(), name: "x".to_owned() };
        assert_eq!(database.url(), "postgres://u:p@h:5432/x");
        // Not dropped: nobody listens there.
        std::mem::forget(database);
    }
}
