use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use serde_json::Value;

use super::{Client, PATIENCE, World, wait_until};

/// A running server on a port that the system chose.
pub(crate) struct Server {
    child: Child,
    url: String,
    client: Client,
    printed: Arc<Mutex<String>>,
    folder: PathBuf,
    /// What it stands on stays as long as it runs.
    _world: World,
}

impl Server {
    /// In this folder of this world; returns when it is ready.
    pub(super) fn start(
        world: &World,
        folder: PathBuf,
        variables: &[(&str, &str)],
        args: &[&str],
    ) -> Self {
        let mut child = world
            .command_in(&folder)
            .envs(variables.iter().copied())
            .args(["--port", "0", "--host", "127.0.0.1"])
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let printed = Arc::new(Mutex::new(String::new()));
        let (announce, announced) = mpsc::channel();
        collect(child.stderr.take().unwrap(), printed.clone(), None);
        collect(child.stdout.take().unwrap(), printed.clone(), Some(announce));
        let url = announced.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            drop(child.kill());
            panic!("no banner; printed so far:\n{}", printed.lock().unwrap());
        });
        let client = Client::new(&url);
        Self { child, url, client, printed, folder, _world: world.clone() }
    }

    /// `http://localhost:…`
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Where it was started; `data/` and `logs/` are here.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Everything on standard output and standard error so far.
    pub(crate) fn printed(&self) -> String {
        self.printed.lock().unwrap().clone()
    }

    /// The log file so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("logs/application.log")).unwrap()
    }

    /// What other threads call the server with.
    pub(crate) fn client(&self) -> Client {
        self.client.clone()
    }

    /// Calls with a JSON body, or without one when it is null.
    pub(crate) fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.client.call(method, path, body)
    }

    /// Reads.
    pub(crate) fn get(&self, path: &str) -> (u16, Value) {
        self.call("GET", path, &Value::Null)
    }

    /// The number of the process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How much memory it has now.
    pub(crate) fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Sends one of kill's signals.
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.pid().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// Waits for the process to end by itself.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        wait_until("the process ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks the server to end, and checks that it does so cleanly.
    pub(crate) fn stop(mut self) {
        self.signal("-TERM");
        assert_eq!(self.wait().code(), Some(0), "{}", self.printed());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if thread::panicking() {
            let printed = self.printed();
            let last: Vec<_> = printed.lines().rev().take(40).collect();
            let last: Vec<_> = last.into_iter().rev().collect();
            eprintln!("the last that the server at {} said:\n{}", self.url, last.join("\n"));
        }
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn collect(
    stream: impl Read + Send + 'static,
    into: Arc<Mutex<String>>,
    mut announce: Option<mpsc::Sender<String>>,
) {
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let url = line.trim().strip_prefix("API ").map(|url| url.trim().to_owned());
            if let (Some(url), Some(_)) = (url, &announce) {
                drop(announce.take().map(|announce| announce.send(url)));
            }
            let mut printed = into.lock().unwrap();
            printed.push_str(&line);
            printed.push('\n');
        }
    });
}
