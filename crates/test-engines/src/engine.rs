use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// One engine of one's own, started and ended by `deploy/engines.sh`; gone with its data on drop.
#[derive(Debug)]
pub(crate) struct Engine {
    name: &'static str,
    folder: TempDir,
}

impl Engine {
    /// Returns when it answers.
    pub(crate) fn up(name: &'static str) -> Self {
        Self::up_with(name, &[])
    }

    /// As [`Self::up`], with these variables for the script.
    pub(crate) fn up_with(name: &'static str, variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let engine = Self { name, folder };
        engine.check("up", run(engine.folder.path(), "up", name, variables));
        engine
    }

    /// Does what the script calls so, which has to succeed.
    pub(crate) fn command(&self, command: &str) -> Output {
        self.check(command, self.try_command(command))
    }

    fn check(&self, command: &str, output: Output) -> Output {
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "deploy/engines.sh {command} {}: {said}", self.name);
        output
    }

    /// Does what the script calls so.
    pub(crate) fn try_command(&self, command: &str) -> Output {
        run(self.folder.path(), command, self.name, &[])
    }

    /// What leads the server to it.
    pub(crate) fn variable(&self, name: &str) -> String {
        let output = self.command("env");
        let text = String::from_utf8_lossy(&output.stdout);
        let start = format!("export {name}=");
        let value = text.lines().find_map(|line| line.strip_prefix(&start));
        value.expect("deploy/engines.sh env names the engine").to_owned()
    }

    /// Where its data and its log are.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join(self.name)
    }

    /// Sends one of kill's signals.
    pub(crate) fn signal(&self, signal: &str) {
        let file = self.home().join("pid");
        let pid = std::fs::read_to_string(file).expect("an engine that runs has a pid file");
        let pid = pid.split_whitespace().next().expect("the pid file begins with the pid");
        let sent = Command::new("kill").args([signal, pid]).status();
        assert!(sent.expect("there is a kill command").success(), "kill {signal} {pid}");
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        run(self.folder.path(), "down", self.name, &[]);
    }
}

fn run(folder: &Path, command: &str, engine: &str, variables: &[(&str, &str)]) -> Output {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../deploy/engines.sh");
    let mut engines = Command::new(script);
    engines.env("ENGINES_DIR", folder).envs(variables.iter().copied()).args([command, engine]);
    engines.output().expect("deploy/engines.sh can be started")
}
