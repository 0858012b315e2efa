use deadpool_redis::redis::{Value, cmd, from_redis_value};

use crate::script::Command;

/// `INFO` of one section.
pub(crate) fn ask(section: &str) -> Command {
    let mut info = cmd("INFO");
    info.arg(section);
    info.into()
}

/// A field of what `INFO` answers.
pub(crate) fn field(reply: Value, name: &str) -> Option<String> {
    let text: String = from_redis_value(reply).ok()?;
    let mut fields = text.lines().filter_map(|line| line.split_once(':'));
    fields.find(|(field, _)| *field == name).map(|(_, value)| value.trim_end().to_owned())
}
