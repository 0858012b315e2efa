//! The binary from outside: exit codes, and what goes to which stream.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod asking;
mod database;
mod dead_letters;
mod events;
mod outbox;
mod secrets;
mod server;
mod settings;

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A folder of its own, and nothing in the environment.
struct Shell {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

impl Shell {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), environment: Vec::new() }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn with_file(self, name: &str, text: &str) -> Self {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    fn run(&self, line: &str) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_ordersystem"))
            .args(line.split_whitespace())
            .current_dir(self.path())
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .output()
            .unwrap();
        Ran::from(output)
    }
}

/// How a command ended.
#[derive(Debug)]
struct Ran {
    exit: Option<i32>,
    stdout: String,
    stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            exit: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    #[track_caller]
    fn ended(self, exit: i32) -> Self {
        assert_eq!(self.exit, Some(exit), "{self:#?}");
        self
    }
}
