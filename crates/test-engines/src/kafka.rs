//! The Kafka of the test run, see [`shared`], and brokers that a test may stop: [`Server`].

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;
use uuid::Uuid;

const VARIABLE: &str = "ORDERSYSTEM_TEST_KAFKA";

/// `host:port` of the broker that all tests of this run share; each uses names of its own, see [`unique`].
#[expect(clippy::disallowed_methods, reason = "tests are told where their engines are")]
pub fn shared() -> String {
    std::env::var(VARIABLE).unwrap_or_else(|_| {
        panic!("no Kafka for this test: run deploy/test.sh, or set {VARIABLE} to host:port")
    })
}

/// A name for a topic or a group that no other test has.
pub fn unique(name: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "names of test topics are not replayed")]
    let id = Uuid::new_v4().simple();
    format!("{name}-{id}")
}

/// A broker of one's own, which can be stopped and started again on the same port with the same data. It takes some
/// seconds and some memory: for tests of outages only. Ended on drop.
#[derive(Debug)]
pub struct Server {
    folder: TempDir,
    address: String,
}

impl Server {
    /// Returns when it answers.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut server = Self { folder, address: String::new() };
        server.engines("up");
        server.address = server.read_address();
        server
    }

    /// `host:port`, also while it is stopped.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Ends it in good order.
    pub fn stop(&self) {
        self.engines("stop");
    }

    /// Ends it at once; what it had written stays.
    pub fn kill(&self) {
        self.engines("kill");
    }

    /// Starts it again after [`Self::stop`] or [`Self::kill`]; returns when it answers.
    pub fn restart(&self) {
        self.engines("start");
    }

    /// Stops it where it is (SIGSTOP): connections stay open and nobody answers.
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    /// Goes on after [`Self::pause`].
    pub fn resume(&self) {
        self.signal("-CONT");
    }

    /// The files in which it keeps a topic's messages.
    pub fn logs_of(&self, topic: &str) -> Vec<PathBuf> {
        let data = self.folder.path().join("kafka/data");
        let partitions = std::fs::read_dir(data).expect("a broker keeps its data here").flatten();
        let own = partitions.filter(|entry| entry.file_name().to_string_lossy().starts_with(topic));
        let files =
            own.flat_map(|partition| std::fs::read_dir(partition.path()).into_iter().flatten());
        let paths = files.flatten().map(|file| file.path());
        paths.filter(|path| path.extension().is_some_and(|end| end == "log")).collect()
    }

    fn signal(&self, signal: &str) {
        let file = self.folder.path().join("kafka/pid");
        let pid = std::fs::read_to_string(file).expect("a broker that runs has a pid file");
        let pid = pid.split_whitespace().next().expect("the pid file begins with the pid");
        let sent = Command::new("kill").args([signal, pid]).status();
        assert!(sent.expect("there is a kill command").success(), "kill {signal} {pid}");
    }

    fn read_address(&self) -> String {
        let output = self.engines("env");
        let text = String::from_utf8_lossy(&output.stdout);
        let address =
            text.lines().find_map(|line| line.strip_prefix("export KAFKA_BOOTSTRAP_SERVERS="));
        address.expect("deploy/engines.sh env names the broker").to_owned()
    }

    fn engines(&self, command: &str) -> Output {
        let output = run(self.folder.path(), command);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "deploy/engines.sh {command} kafka: {said}");
        output
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        run(self.folder.path(), "down");
    }
}

fn run(folder: &Path, command: &str) -> Output {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../deploy/engines.sh");
    let mut engines = Command::new(script);
    engines.env("ENGINES_DIR", folder).args([command, "kafka"]);
    engines.output().expect("deploy/engines.sh can be started")
}
