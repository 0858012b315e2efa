//! A server of one's own: own folder, own database, a port that the system chose.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// How long anything may take that is only waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server and its folder.
pub(crate) struct Server {
    child: Child,
    url: String,
    agent: ureq::Agent,
    printed: Arc<Mutex<String>>,
    folder: Arc<TempDir>,
}

impl Server {
    /// A server on a fresh database.
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::start_in(Arc::new(TempDir::new().unwrap()), args)
    }

    /// A server on whatever the folder holds.
    pub(crate) fn start_in(folder: Arc<TempDir>, args: &[&str]) -> Self {
        let mut child = command(folder.path())
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
            panic!("no banner; printed so far:\n{}", printed.lock().unwrap());
        });
        Self { child, url, agent: agent(), printed, folder }
    }

    /// `http://localhost:…`
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The folder with `data/` and `logs/`.
    pub(crate) fn folder(&self) -> Arc<TempDir> {
        self.folder.clone()
    }

    /// The database file.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("data/ordersystem.db")
    }

    /// Everything on standard output and standard error so far.
    pub(crate) fn printed(&self) -> String {
        self.printed.lock().unwrap().clone()
    }

    /// The log file so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("logs/application.log")).unwrap()
    }

    /// What other threads call the server with.
    pub(crate) fn client(&self) -> Client {
        Client { url: self.url.clone(), agent: self.agent.clone() }
    }

    /// Calls with a JSON body, or without one when it is null.
    pub(crate) fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.client().call(method, path, body)
    }

    /// Reads.
    pub(crate) fn get(&self, path: &str) -> (u16, Value) {
        self.call("GET", path, &Value::Null)
    }

    /// Sends one of kill's signals.
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
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
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Calls one server; cheap to clone into threads.
#[derive(Clone)]
pub(crate) struct Client {
    url: String,
    agent: ureq::Agent,
}

impl Client {
    /// Status and JSON body.
    pub(crate) fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.try_call(method, path, body).unwrap()
    }

    /// As [`Self::call`], for servers that may die meanwhile.
    pub(crate) fn try_call(
        &self,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Result<(u16, Value), ureq::Error> {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("Content-Type", "application/json");
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let mut response = self.agent.run(request.body(text)?)?;
        let status = response.status().as_u16();
        let text = response.body_mut().read_to_string()?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
    }

    /// Puts a product with a counted stock on sale.
    pub(crate) fn new_product(&self, stock: i64) -> i64 {
        let product = json!({"name": "Flash Sale", "price": 1000, "stock": stock});
        let (status, answer) = self.call("POST", "/api/products", &product);
        assert_eq!(status, 201, "{answer}");
        answer["data"]["productId"].as_i64().unwrap()
    }

    /// Places an order; the answer's status and the order's id.
    pub(crate) fn order(
        &self,
        product: i64,
        quantity: i64,
    ) -> Result<(u16, Option<i64>), ureq::Error> {
        let body = json!({"productId": product, "quantity": quantity});
        let (status, answer) = self.try_call("POST", "/api/orders", &body)?;
        Ok((status, answer["data"]["orderId"].as_i64()))
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .max_idle_connections(256)
        .max_idle_connections_per_host(256)
        .timeout_global(Some(PATIENCE))
        .build()
        .into()
}

/// The binary in a folder of its own, with nothing of our environment that is a setting.
pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ordersystem"));
    command.current_dir(folder).stdin(Stdio::null());
    without_settings(&mut command);
    command
}

/// Takes away what of our environment is a setting, or looks like one: the addresses of the engines for tests do.
pub(crate) fn without_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("ORDERSYSTEM") || text.ends_with("_URL") || text.starts_with("KAFKA") {
            command.env_remove(&name);
        }
    }
}

/// Runs a command to its end: exit code, standard output, standard error.
pub(crate) fn run(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let output = command(folder).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// Waits for a condition with a deadline; there is no sleep that has to be long enough.
pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        thread::park_timeout(Duration::from_millis(20));
    }
}

/// Checks every invariant of the database that the database itself can see.
pub(crate) fn verify(folder: &Path) {
    let (code, out, err) = run(folder, &["verify"]);
    assert_eq!(code, 0, "broken invariants:\n{out}{err}");
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
