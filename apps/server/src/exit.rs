//! How a command ends.

use std::process::ExitCode;

/// The exit codes that scripts may rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Ok,
    /// The command did its work and found something wrong.
    Finding,
    /// The command did its work and found so many things wrong.
    Findings(u8),
    /// The command line asks for what cannot be; clap ends with the same number.
    Usage,
    /// What the command needs did not answer (`EX_UNAVAILABLE`).
    Unavailable,
    /// The settings are wrong (`EX_CONFIG`).
    Config,
}

impl Exit {
    /// The number the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Exit::Ok => 0,
            Exit::Finding => 1,
            Exit::Findings(count) => count,
            Exit::Usage => 2,
            Exit::Unavailable => 69,
            Exit::Config => 78,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}
