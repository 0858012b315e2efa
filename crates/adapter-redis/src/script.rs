use std::sync::LazyLock;

use deadpool_redis::redis::{Cmd, Script, cmd};

pub(crate) static ADMIT: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("lua/admit.lua")));
pub(crate) static GIVE_BACK: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("lua/give_back.lua")));
pub(crate) static PROJECT: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("lua/project.lua")));
pub(crate) static HOLD_LEASE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("lua/hold_lease.lua")));
pub(crate) static RELEASE_LEASE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("lua/release_lease.lua")));

/// One command of a round trip.
#[derive(Clone)]
pub(crate) struct Command {
    pub(crate) cmd: Cmd,
    /// What to load when the server does not know the script.
    pub(crate) script: Option<&'static Script>,
}

impl Command {
    /// `EVALSHA`: the text of a script travels only when the server has never seen it.
    pub(crate) fn script(script: &'static Script, keys: &[String], arguments: &[String]) -> Self {
        let mut call = cmd("EVALSHA");
        call.arg(script.get_hash()).arg(keys.len()).arg(keys).arg(arguments);
        Self { cmd: call, script: Some(script) }
    }
}

impl From<Cmd> for Command {
    fn from(cmd: Cmd) -> Self {
        Self { cmd, script: None }
    }
}
