//! The Kafka of the test run, see [`shared`], and brokers that a test may stop: [`Server`].

use std::path::PathBuf;

use uuid::Uuid;

use crate::engine::Engine;

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
    engine: Engine,
    address: String,
}

impl Server {
    /// Returns when it answers.
    pub fn start() -> Self {
        let engine = Engine::up("kafka");
        let address = engine.variable("KAFKA_BOOTSTRAP_SERVERS");
        Self { engine, address }
    }

    /// `host:port`, also while it is stopped.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Ends it in good order.
    pub fn stop(&self) {
        self.engine.command("stop");
    }

    /// Ends it at once; what it had written stays.
    pub fn kill(&self) {
        self.engine.command("kill");
    }

    /// Starts it again after [`Self::stop`] or [`Self::kill`]; returns when it answers.
    pub fn restart(&self) {
        self.engine.command("start");
    }

    /// Stops it where it is (SIGSTOP): connections stay open and nobody answers.
    pub fn pause(&self) {
        self.engine.signal("-STOP");
    }

    /// Goes on after [`Self::pause`].
    pub fn resume(&self) {
        self.engine.signal("-CONT");
    }

    /// The files in which it keeps a topic's messages.
    pub fn logs_of(&self, topic: &str) -> Vec<PathBuf> {
        let data = self.engine.home().join("data");
        let partitions = std::fs::read_dir(data).expect("a broker keeps its data here").flatten();
        let own = partitions.filter(|entry| entry.file_name().to_string_lossy().starts_with(topic));
        let files =
            own.flat_map(|partition| std::fs::read_dir(partition.path()).into_iter().flatten());
        let paths = files.flatten().map(|file| file.path());
        paths.filter(|path| path.extension().is_some_and(|end| end == "log")).collect()
    }
}
