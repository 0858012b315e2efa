use std::path::PathBuf;

use clap::{Arg, ArgMatches, Args, FromArgMatches};

use crate::config::{Flag, Row, TABLE};

/// Everything on the line that is a setting, or says where settings are.
#[derive(Debug, Args)]
pub struct SettingArgs {
    /// Settings file [default: config/ordersystem.toml or ordersystem.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE", help_heading = SETTINGS)]
    pub config: Option<PathBuf>,
    /// Keep everything in RAM and forget it at exit
    #[arg(long, global = true, help_heading = SETTINGS)]
    ephemeral: bool,
    /// Any setting by its name, such as inventory.reservation-ttl-seconds=60
    #[arg(long = "set", global = true, value_name = "KEY=VALUE", help_heading = SETTINGS)]
    sets: Vec<String>,
    #[command(flatten)]
    named: NamedFlags,
}

impl SettingArgs {
    /// The layer of the command line.
    pub fn flags(&self) -> Vec<Flag> {
        let ephemeral = self.ephemeral.then(|| Flag::Named {
            flag: "--ephemeral".to_owned(),
            path: "database.url",
            value: "sqlite::memory:".to_owned(),
        });
        let sets = self.sets.iter().cloned().map(Flag::Set);
        self.named.0.iter().cloned().chain(ephemeral).chain(sets).collect()
    }
}

const SETTINGS: &str = "Settings";

/// The flags that the table of settings declares. Their values stay text here: a wrong one is reported together
/// with the mistakes of the other layers.
#[derive(Debug, Default)]
struct NamedFlags(Vec<Flag>);

impl Args for NamedFlags {
    fn augment_args(command: clap::Command) -> clap::Command {
        command.args(declared().map(|(row, flag)| {
            let value_name = row.key().to_uppercase().replace('-', "_");
            Arg::new(flag)
                .long(flag)
                .value_name(value_name)
                .help(format!("{} [default: {}]", row.doc, row.default))
                .help_heading(SETTINGS)
                .allow_negative_numbers(true)
                .global(true)
        }))
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for NamedFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = declared().filter_map(|(row, flag)| {
            let value = matches.get_one::<String>(flag)?.clone();
            Some(Flag::Named { flag: format!("--{flag}"), path: row.path, value })
        });
        Ok(Self(given.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

pub(super) fn declared() -> impl Iterator<Item = (&'static Row, &'static str)> {
    TABLE.iter().filter_map(|row| row.flag.map(|flag| (row, flag)))
}
