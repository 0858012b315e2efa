//! `config …`, and the settings for every other command.

use std::io;

use super::args::{ConfigCommand, SettingArgs};
use crate::config::{self, Origin, Problems, Resolved, Settings, Sources};
use crate::exit::Exit;
use crate::output::Output;

/// Reads the settings; complains line by line when they are wrong.
pub(super) fn settings(args: &SettingArgs, output: &mut Output<'_>) -> Result<Settings, Exit> {
    let resolved = resolved(args, output)?;
    Ok(resolved.settings)
}

/// Runs one of the commands about settings.
pub(super) fn run(
    command: &ConfigCommand,
    args: &SettingArgs,
    output: &mut Output<'_>,
) -> io::Result<Exit> {
    match command {
        ConfigCommand::Example => output.text(config::example())?,
        ConfigCommand::Reference => output.text(config::reference())?,
        ConfigCommand::Show { sources } => {
            let sources = if *sources { Sources::Shown } else { Sources::Hidden };
            match resolved(args, output) {
                Ok(resolved) => output.text(config::show(&resolved.effective, sources))?,
                Err(exit) => return Ok(exit),
            }
        }
        ConfigCommand::Check => match resolved(args, output) {
            Ok(resolved) => {
                output.data(format_args!("settings are valid: {}", summary(&resolved)))?
            }
            Err(exit) => return Ok(exit),
        },
    }
    Ok(Exit::Ok)
}

/// How many settings there are and how many were given.
pub(super) fn summary(resolved: &Resolved) -> String {
    let all = resolved.effective.len();
    let given = resolved.effective.iter().filter(|given| given.origin != Origin::Default).count();
    format!("{given} given, {} at their default", all - given)
}

fn resolved(args: &SettingArgs, output: &mut Output<'_>) -> Result<Resolved, Exit> {
    match config::load(args.config.as_deref(), args.flags()) {
        Ok(resolved) => {
            resolved.hints.iter().for_each(|hint| output.note(format_args!("hint: {hint}")));
            Ok(resolved)
        }
        Err(Problems { problems, hints }) => {
            problems.iter().for_each(|problem| output.note(format_args!("error: {problem}")));
            hints.iter().for_each(|hint| output.note(format_args!("hint: {hint}")));
            Err(Exit::Config)
        }
    }
}
