//! A server of one's own: started in a world of its own, asked, stopped, and its database checked afterwards.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde::Deserialize;
use tempfile::TempDir;

use crate::engines::{Database, Engines, output};
use crate::http;

/// Which program, and which settings beside the world's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The binary `ordersystem`.
    pub binary: PathBuf,
    /// `KEY=VALUE` for `--set`.
    pub settings: Vec<String>,
}

impl Subject {
    /// The same with one more setting.
    pub fn with(&self, setting: &str) -> Self {
        let mut changed = self.clone();
        changed.settings.push(setting.to_owned());
        changed
    }
}

/// What a server keeps from one start to the next: files, or a database and topics in the engines.
#[derive(Debug)]
pub struct World {
    folder: TempDir,
    full: Option<Full>,
}

#[derive(Debug)]
struct Full {
    engines: Engines,
    database: Database,
    name: String,
}

static WORLDS: AtomicU32 = AtomicU32::new(0);

impl World {
    /// A new one: on these engines, or embedded.
    ///
    /// # Errors
    /// No folder, or no database.
    pub fn create(engines: Option<&Engines>) -> anyhow::Result<Self> {
        let number = WORLDS.fetch_add(1, Ordering::Relaxed);
        let name = format!("loadtest-{}-{number}", std::process::id());
        let full = match engines {
            None => None,
            Some(engines) => {
                let database = Database::create(engines, &name)?;
                Some(Full { engines: engines.clone(), database, name })
            }
        };
        Ok(Self { folder: TempDir::with_prefix("loadtest-")?, full })
    }

    /// The database, unless it is a file.
    pub fn database(&self) -> Option<&Database> {
        self.full.as_ref().map(|full| &full.database)
    }

    /// The binary with everything that leads it here, and nothing that leads it elsewhere.
    fn command(&self, subject: &Subject) -> Command {
        let mut command = Command::new(&subject.binary);
        command.current_dir(self.folder.path()).env_clear().stdin(Stdio::null());
        if let Some(full) = &self.full {
            let topic = |topic| format!("{}-{topic}", full.name);
            command
                .env("DATABASE_URL", full.database.url())
                .env("REDIS_URL", &full.engines.redis)
                .env("KAFKA_BOOTSTRAP_SERVERS", &full.engines.kafka)
                .env("ORDERSYSTEM_KAFKA_GROUP_PREFIX", format!("{}-", full.name))
                .env("ORDERSYSTEM_KAFKA_TOPICS_ORDER_EVENTS", topic("order-events"))
                .env("ORDERSYSTEM_KAFKA_TOPICS_INVENTORY_EVENTS", topic("inventory-events"));
        }
        for setting in &subject.settings {
            command.args(["--set", setting]);
        }
        command
    }

    /// Starts a server, and returns when it answers.
    ///
    /// # Errors
    /// It ends, or does not answer in time; the text has the last that it said.
    pub fn start(&self, subject: &Subject) -> anyhow::Result<Server> {
        if let Some(full) = &self.full {
            full.engines.empty_redis()?;
        }
        Server::start(self.command(subject), self.folder.path(), self.processes())
    }

    fn processes(&self) -> Vec<(&'static str, u32)> {
        self.full.as_ref().map_or_else(Vec::new, |full| full.engines.processes())
    }

    /// Whether every invariant holds, by the server's own command; nothing may run on the database.
    ///
    /// # Errors
    /// One is broken; the text is what the command says.
    pub fn verify(&self, subject: &Subject) -> anyhow::Result<()> {
        let checked = self.command(subject).arg("verify").output().context("verify cannot run")?;
        if !checked.status.success() {
            let [found, said] = [checked.stdout, checked.stderr]
                .map(|text| String::from_utf8_lossy(&text).trim().to_owned());
            bail!("`ordersystem verify` ended with {}:\n{found}\n{said}", checked.status);
        }
        Ok(())
    }

    /// Events that wait for the broker.
    ///
    /// # Errors
    /// The command cannot read the database.
    pub fn backlog(&self, subject: &Subject) -> anyhow::Result<u64> {
        let said = output(self.command(subject).args(["outbox", "status", "--json"]))?;
        let backlog: Backlog = serde_json::from_str(&said).with_context(|| said.clone())?;
        Ok(backlog.pending)
    }

    /// Waits until everything is published; says how long that took.
    ///
    /// # Errors
    /// Events are left after `patience`.
    pub fn drain(&self, subject: &Subject, patience: Duration) -> anyhow::Result<Duration> {
        let begin = Instant::now();
        wait_until(patience, "everything is published", || Ok(self.backlog(subject)? == 0))?;
        Ok(begin.elapsed())
    }
}

/// How far the relay is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Backlog {
    /// Events.
    pub pending: u64,
    /// How long the oldest has waited.
    #[serde(default)]
    pub oldest_age_seconds: Option<u64>,
}

/// Polls a condition.
///
/// # Errors
/// The condition's own, or it does not hold in time.
pub fn wait_until(
    patience: Duration,
    what: &str,
    mut holds: impl FnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let deadline = Instant::now() + patience;
    while !holds()? {
        if Instant::now() > deadline {
            bail!("waited {} s in vain until {what}", patience.as_secs());
        }
        thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}

/// A running server; killed when it is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: SocketAddr,
    printed: PathBuf,
    engines: Vec<(&'static str, u32)>,
    start_up: Duration,
}

/// How long a start or a stop may take: Kafka's topics are made with the first start.
const PATIENCE: Duration = Duration::from_secs(60);

impl Server {
    fn start(
        mut command: Command,
        folder: &Path,
        engines: Vec<(&'static str, u32)>,
    ) -> anyhow::Result<Self> {
        let printed = folder.join("printed");
        // Into a file: nobody has to read along while it is measured.
        let file = File::create(&printed)?;
        command
            .args(["--host", "127.0.0.1", "--port", "0"])
            .args(["--set", "management.show-details=always"])
            .stdout(file.try_clone()?)
            .stderr(file);
        let begin = Instant::now();
        let child = command.spawn().with_context(|| {
            format!("{} cannot be started", command.get_program().to_string_lossy())
        })?;
        let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut server =
            Self { child, address: nowhere, printed, engines, start_up: Duration::ZERO };
        wait_until(PATIENCE, "the server answers", || server.answers())
            .with_context(|| server.last_words())?;
        server.start_up = begin.elapsed();
        Ok(server)
    }

    fn answers(&mut self) -> anyhow::Result<bool> {
        if let Some(status) = self.child.try_wait()? {
            bail!("the server ended at once ({status})");
        }
        let printed = fs::read_to_string(&self.printed).unwrap_or_default();
        let Some(port) = port_of(&printed) else { return Ok(false) };
        self.address.set_port(port);
        Ok(matches!(http::get(self.address, "/actuator/health", PATIENCE), Ok((200, _))))
    }

    /// The end of what it printed.
    fn last_words(&self) -> String {
        let printed = fs::read_to_string(&self.printed).unwrap_or_default();
        let lines: Vec<&str> = printed.lines().collect();
        let last = lines.get(lines.len().saturating_sub(15)..).unwrap_or_default();
        format!("the last that the server said:\n{}", last.join("\n"))
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// From its start to its first 200.
    pub const fn start_up(&self) -> Duration {
        self.start_up
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The processes of its engines.
    pub fn engines(&self) -> Vec<(&'static str, u32)> {
        self.engines.clone()
    }

    /// Asks it to end, and waits until it has.
    ///
    /// # Errors
    /// It does not, or ends with an error.
    pub fn stop(mut self) -> anyhow::Result<()> {
        output(Command::new("kill").args(["-TERM", &self.child.id().to_string()]))?;
        let mut status = None;
        wait_until(PATIENCE, "the server ends", || {
            status = self.child.try_wait()?;
            Ok(status.is_some())
        })?;
        match status {
            Some(status) if status.success() => Ok(()),
            _ => bail!("the server did not end well; {}", self.last_words()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The port in the banner's line `API  http://localhost:PORT`.
fn port_of(printed: &str) -> Option<u16> {
    let line = printed.lines().find_map(|line| line.trim().strip_prefix("API "))?;
    line.trim().rsplit_once(':')?.1.parse().ok()
}

/// What /actuator/health tells about the outbox; none when it does not.
pub fn backlog_of(health: &[u8]) -> Option<Backlog> {
    let health: serde_json::Value = serde_json::from_slice(health).ok()?;
    let details = health.pointer("/components/outbox/details")?;
    serde_json::from_value(details.clone()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_banner_tells_the_port() {
        assert_eq!(port_of("ordersystem\n\n  API         http://localhost:43210\n"), Some(43_210));
        assert_eq!(port_of("  API         http://localhost:432"), Some(432));
        assert_eq!(port_of("ordersystem\n"), None);
    }

    #[test]
    fn health_tells_the_backlog() {
        let health = br#"{"status":"UP","components":{"outbox":{"status":"UP",
            "details":{"pending":7,"oldestAgeSeconds":2}}}}"#;
        let backlog = Backlog { pending: 7, oldest_age_seconds: Some(2) };
        assert_eq!(backlog_of(health), Some(backlog));
        assert_eq!(backlog_of(br#"{"status":"UP"}"#), None);
    }
}
