//! The only place that looks at the real environment and at the disk for settings.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::environment::FILE_VARIABLE;
use super::file::FileText;
use super::flags::Flag;
use super::problem::{Problem, Problems};
use super::resolve::{Inputs, Resolved, resolve};

/// Where a settings file is looked for when nobody names one.
pub const USUAL_FILES: [&str; 2] = ["config/ordersystem.toml", "ordersystem.toml"];

/// Reads the settings of this process: the file, the variables, the flags.
pub fn load(file: Option<&Path>, flags: Vec<Flag>) -> Result<Resolved, Problems> {
    let environment = environment();
    let named = file.map(Path::to_path_buf).or_else(|| file_variable(&environment));
    let file = match named {
        Some(path) => Some(read(&path)?),
        None => usual_file()?,
    };
    resolve(&Inputs { file, environment, flags })
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn environment() -> Vec<(String, String)> {
    let text = |os: OsString| os.to_string_lossy().into_owned();
    std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect()
}

fn file_variable(environment: &[(String, String)]) -> Option<PathBuf> {
    let given = environment.iter().find(|(name, value)| name == FILE_VARIABLE && !value.is_empty());
    given.map(|(_, value)| PathBuf::from(value))
}

fn usual_file() -> Result<Option<FileText>, Problems> {
    let found = USUAL_FILES.iter().map(Path::new).find(|path| path.exists());
    found.map(read).transpose()
}

fn read(path: &Path) -> Result<FileText, Problems> {
    let name = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(FileText { name, text }),
        Err(error) => Err(alone(Problem::new(name, format!("cannot be read: {error}")))),
    }
}

/// Without the file that somebody asked for, every other complaint could be wrong.
fn alone(problem: Problem) -> Problems {
    Problems { problems: vec![problem], hints: Vec::new() }
}
