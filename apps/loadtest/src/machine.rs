//! On what was measured: a figure without its machine says nothing.

use std::fmt;
use std::fs;
use std::process::Command;
use std::thread;
use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use crate::engines::output;

/// The machine, its load before the first run, and the versions of what took part.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Machine {
    /// When.
    pub date: String,
    /// That this process may use.
    pub cores: usize,
    /// Of the processor.
    pub model: String,
    /// In GiB.
    pub memory: f64,
    /// Of the system.
    pub kernel: String,
    /// Of the last minute, before anything was measured.
    pub load: f64,
    /// Of the programs.
    pub versions: Vec<String>,
    /// Of the sources, if this is a clone.
    pub commit: Option<String>,
}

impl Machine {
    /// This one, now.
    #[expect(clippy::disallowed_methods, reason = "a report bears its date; nothing depends on it")]
    pub fn look(tools: &[&str]) -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let load = read("/proc/loadavg");
        Self {
            date: DateTime::<Utc>::from(SystemTime::now())
                .to_rfc3339_opts(SecondsFormat::Secs, true),
            cores: thread::available_parallelism().map_or(1, usize::from),
            model: value(&read("/proc/cpuinfo"), "model name").unwrap_or_else(|| "unknown".into()),
            memory: memory(&read("/proc/meminfo")).unwrap_or(0.0),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            load: load.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(0.0),
            versions: tools.iter().filter_map(|tool| version(tool)).collect(),
            commit: said("git", &["describe", "--always", "--dirty"]),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { date, cores, model, memory, kernel, load, .. } = self;
        write!(
            f,
            "{date} · {cores} × {model} · {memory:.0} GiB · Linux {kernel} · load {load:.2}"
        )?;
        for version in &self.versions {
            write!(f, " · {version}")?;
        }
        match &self.commit {
            Some(commit) => write!(f, " · commit {commit}"),
            None => Ok(()),
        }
    }
}

/// Without what stands in parentheses and Redis' hashes.
fn version(tool: &str) -> Option<String> {
    let line = said(tool, &["--version"])?;
    let words = line.split(' ').filter(|word| !word.contains(['(', ')', ':']));
    let words: Vec<&str> =
        words.take_while(|word| !word.contains('=') || word.starts_with("v=")).collect();
    Some(words.join(" "))
}

/// The first line that a command says.
fn said(program: &str, args: &[&str]) -> Option<String> {
    let said = output(Command::new(program).args(args)).ok()?;
    said.lines().next().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty())
}

/// Of a line `name : value`.
fn value(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim_start_matches([' ', '\t', ':']).trim().to_owned())
}

fn memory(text: &str) -> Option<f64> {
    let kilobytes: f64 = value(text, "MemTotal")?.strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes / 1024.0 / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_system_are_parsed() {
        let info = "processor\t: 0\nmodel name\t: Some CPU @ 3 GHz\nmodel\t: 1\n";
        assert_eq!(value(info, "model name").unwrap(), "Some CPU @ 3 GHz");
        assert_eq!(memory("MemTotal:       25165824 kB\n"), Some(24.0));
        assert_eq!(memory(""), None);
    }

    #[test]
    fn a_machine_is_one_line() {
        let line = Machine::look(&["no-such-tool"]).to_string();
        assert!(!line.contains('\n') && line.contains(" · load "), "{line}");
    }
}
