use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::{Client, command, wait_until};

/// A running `ordersystem fakepg` on a port that the system chose.
pub(crate) struct FakePg {
    child: Child,
    url: String,
    client: Client,
}

impl FakePg {
    /// Returns when it listens.
    pub(crate) fn start(folder: &Path, args: &[&str]) -> Self {
        let mut child = command(folder)
            .args(["fakepg", "--port", "0"])
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.strip_prefix("fakepg on ").and_then(|rest| rest.split(',').next());
        let url = url.unwrap_or_else(|| panic!("not the first line of fakepg: {line}")).to_owned();
        let client = Client::new(&url);
        Self { child, url, client }
    }

    /// `http://127.0.0.1:…`
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Calls it as a merchant would.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Where the money really is.
    pub(crate) fn ledger(&self) -> Value {
        self.client.call("GET", "/ledger", &Value::Null).1
    }

    /// Sends one of kill's signals.
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// Its exit code, once there is one.
    pub(crate) fn ended(&mut self) -> Option<i32> {
        self.child.try_wait().unwrap().and_then(|status| status.code())
    }

    /// Waits until so many webhooks were taken.
    pub(crate) fn wait_for_webhooks(&self, taken: u64) {
        wait_until("the shop takes the webhooks", || {
            self.ledger()["webhooks"]["taken"].as_u64() >= Some(taken)
        });
    }
}

impl Drop for FakePg {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
