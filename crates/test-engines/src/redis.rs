//! A Redis process for one test: [`Server`].

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a server may take to answer on a busy machine.
const DEADLINE: Duration = Duration::from_secs(20);
/// A free port may be taken by somebody else before the server binds it.
const TRIES: usize = 20;

/// A `redis-server` process on a loopback port of its own: no persistence, files in a temporary folder, ended on drop.
#[derive(Debug)]
pub struct Server {
    process: Option<Child>,
    port: u16,
    arguments: Vec<String>,
    kind: Kind,
    folder: TempDir,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Single,
    Cluster,
}

impl Server {
    /// A single node.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// A single node with more settings, such as `["--maxmemory", "2mb"]`.
    pub async fn start_with(settings: &[&str]) -> Self {
        Self::launch(Kind::Single, settings).await
    }

    /// A cluster of one node that owns every slot: it speaks the cluster's protocol and refuses what a cluster refuses, such
    /// as a command with keys of two slots.
    pub async fn start_cluster() -> Self {
        Self::launch(Kind::Cluster, &[]).await
    }

    async fn launch(kind: Kind, settings: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let arguments = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let mut server = Self { process: None, port: 0, arguments, kind, folder };
        for _ in 0..TRIES {
            server.port = free_port();
            if server.spawn().await {
                server.own_every_slot().await;
                return server;
            }
        }
        panic!("no redis-server came up within {TRIES} tries: {}", server.log());
    }

    /// `redis://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address())
    }

    /// Where it listens, also while it is dead.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// Ends it at once; everything in it is lost, its port stays its own for [`Self::restart`].
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("an own process can be killed");
            process.wait().expect("an own process can be waited for");
        }
    }

    /// Ends it if it runs, and starts it again, empty, on the same port.
    pub async fn restart(&mut self) {
        self.kill();
        let started = Instant::now();
        while !self.spawn().await {
            assert!(started.elapsed() < DEADLINE, "redis does not start again: {}", self.log());
        }
        self.own_every_slot().await;
    }

    /// Stops it where it is (SIGSTOP): connections stay open and nobody answers.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Goes on after [`Self::pause`].
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// What `redis-cli` prints for a command, such as `["GET", "stock:1"]`.
    pub fn cli(&self, command: &[&str]) -> String {
        let port = self.port.to_string();
        let mut cli = Command::new("redis-cli");
        cli.args(["-h", "127.0.0.1", "-p", &port]).args(command);
        let output =
            cli.output().unwrap_or_else(|error| missing("redis-cli", "redis-tools", &error));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Whether this very process answers, and not another one that took the port first.
    async fn spawn(&mut self) -> bool {
        let mut process = self.command().spawn().unwrap_or_else(|error| {
            missing("redis-server", "redis-server", &error);
        });
        let own = format!("process_id:{}\r", process.id());
        let started = Instant::now();
        let mut pause = tokio::time::interval(Duration::from_millis(10));
        while started.elapsed() < DEADLINE {
            pause.tick().await;
            if self.cli(&["INFO", "server"]).contains(&own) {
                self.process = Some(process);
                return true;
            }
            if process.try_wait().expect("an own process can be asked").is_some() {
                return false;
            }
        }
        process.kill().expect("an own process can be killed");
        process.wait().expect("an own process can be waited for");
        panic!("redis-server does not answer: {}", self.log());
    }

    fn command(&self) -> Command {
        let port = self.port.to_string();
        let mut command = Command::new("redis-server");
        command.current_dir(self.folder.path()).stdin(Stdio::null()).stdout(Stdio::null());
        command.args(["--bind", "127.0.0.1", "--port", &port, "--save", "", "--appendonly", "no"]);
        command.args(["--logfile", "redis.log"]);
        if self.kind == Kind::Cluster {
            let bus = free_port().to_string();
            command.args(["--cluster-enabled", "yes", "--cluster-port", &bus]);
            command.args(["--cluster-announce-ip", "127.0.0.1"]);
        }
        command.args(&self.arguments);
        command
    }

    async fn own_every_slot(&self) {
        if self.kind == Kind::Single {
            return;
        }
        // A restarted node has read from its own file that the slots are its own, and refuses to get them twice.
        self.cli(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
        let started = Instant::now();
        let mut pause = tokio::time::interval(Duration::from_millis(10));
        while !self.cli(&["CLUSTER", "INFO"]).contains("cluster_state:ok") {
            assert!(started.elapsed() < DEADLINE, "the cluster does not form: {}", self.log());
            pause.tick().await;
        }
    }

    fn signal(&self, name: &str) {
        let process = self.process.as_ref().expect("a dead server gets no signals");
        let kill = format!("kill -{name} {}", process.id());
        let done = Command::new("sh").args(["-c", &kill]).status();
        assert!(done.is_ok_and(|status| status.success()), "{kill} failed");
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("redis.log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            // It may have ended on its own; either way it is gone afterwards.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free loopback port");
    listener.local_addr().expect("a bound socket has an address").port()
}

fn missing(program: &str, package: &str, error: &std::io::Error) -> ! {
    match error.kind() {
        ErrorKind::NotFound => {
            panic!("{program} is not installed; install the Debian package {package}")
        }
        _ => panic!("{program} cannot be run: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn restarts_empty_on_the_same_port() {
        let mut server = Server::start().await;
        let url = server.url();
        assert_eq!(server.cli(&["SET", "stock:1", "5"]), "OK");
        server.restart().await;
        assert_eq!(server.url(), url);
        assert_eq!(server.cli(&["EXISTS", "stock:1"]), "0");
    }

    #[tokio::test]
    async fn a_cluster_owns_every_slot_and_survives_a_restart() {
        let mut server = Server::start_cluster().await;
        assert_eq!(server.cli(&["SET", "stock:{1}", "5"]), "OK");
        assert!(server.cli(&["MGET", "stock:{1}", "stock:{2}"]).contains("CROSSSLOT"));
        server.restart().await;
        assert_eq!(server.cli(&["SET", "stock:{2}", "5"]), "OK");
    }

    #[tokio::test]
    async fn pauses_and_goes_on() {
        let server = Server::start().await;
        server.pause();
        let socket = std::net::TcpStream::connect(server.address()).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        std::io::Write::write_all(&mut &socket, b"PING\r\n").unwrap();
        let mut answer = [0; 7];
        std::io::Read::read_exact(&mut &socket, &mut answer).expect_err("nobody answers");
        server.resume();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        std::io::Read::read_exact(&mut &socket, &mut answer).unwrap();
        assert_eq!(&answer, b"+PONG\r\n");
    }
}
