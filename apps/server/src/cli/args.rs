//! What may stand on the command line.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Args, FromArgMatches, Parser, Subcommand};

use crate::config::{Flag, Row, TABLE};

/// Takes orders, holds stock, follows payments and deliveries.
#[derive(Debug, Parser)]
#[command(name = "ordersystem", version, disable_help_subcommand = true)]
#[command(
    after_help = "Exit codes: 0 ok, 1 something was found, 2 usage, 69 unavailable, 78 settings."
)]
pub struct Cli {
    /// Settings that the line gives.
    #[command(flatten)]
    pub settings: SettingArgs,
    /// What to do; `serve` when nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The commands.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Run the server (the default)
    Serve,
    /// Bring the database up to date, or tell whether it is
    Migrate {
        /// What to do; `up` when nothing is said
        #[command(subcommand)]
        command: Option<MigrateCommand>,
    },
    /// Put the sample products on sale in an empty shop
    Seed,
    /// Check every invariant of the database; exit code 1 when one is broken
    Verify,
    /// Look at an order
    #[command(subcommand)]
    Order(OrderCommand),
    /// Look at the events that were published
    #[command(subcommand)]
    Events(EventsCommand),
    /// Look at the stock
    #[command(subcommand)]
    Inventory(InventoryCommand),
    /// Look at the settings
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the OpenAPI document
    Openapi {
        /// Print nothing but whether this file holds it; exit code 1 when it does not
        #[arg(long, value_name = "FILE")]
        check: Option<PathBuf>,
    },
    /// Ask a running server whether it is well
    Healthcheck {
        /// Its address [default: the port of the settings on this machine]
        url: Option<String>,
    },
    /// Check what the server needs, and say how to put it right
    Doctor,
}

/// Commands about the schema of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum MigrateCommand {
    /// Apply what is missing
    Up,
    /// Print what is applied; exit code 1 when something is missing
    Status,
}

/// Commands about orders.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum OrderCommand {
    /// Print all that the database knows of an order
    Show {
        /// The number of the order
        #[arg(value_name = "ID", value_parser = clap::value_parser!(i64).range(1..))]
        id: i64,
        /// Print every transition with its time and cause too
        #[arg(long)]
        timeline: bool,
    },
}

/// Commands about events.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum EventsCommand {
    /// Print events as they are published: topic, key, value
    Tail(TailArgs),
}

/// What to print of the events.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct TailArgs {
    /// Address of the server [default: the port of the settings on this machine]
    #[arg(long)]
    pub url: Option<String>,
    /// Only this topic
    #[arg(long)]
    pub topic: Option<String>,
    /// Start with the oldest event that the server still has
    #[arg(long)]
    pub from_beginning: bool,
    /// Stop after so many events
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max: Option<u64>,
}

/// Commands about stock.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum InventoryCommand {
    /// Compare database and counters for every product; exit code 1 when they differ
    Status {
        /// Address of the server [default: the port of the settings on this machine]
        #[arg(long)]
        url: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// How to print what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// Commands about settings.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum ConfigCommand {
    /// Print the settings in effect, as TOML
    Show {
        /// Say where each value comes from
        #[arg(long)]
        sources: bool,
    },
    /// Check the settings and name every mistake
    Check,
    /// Print a settings file with everything in it
    Example,
    /// Print every setting as a Markdown table
    #[command(hide = true)]
    Reference,
}

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

fn declared() -> impl Iterator<Item = (&'static Row, &'static str)> {
    TABLE.iter().filter_map(|row| row.flag.map(|flag| (row, flag)))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use clap::error::ErrorKind;

    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(std::iter::once("ordersystem").chain(line.split_whitespace()))
    }

    #[track_caller]
    fn check(line: &str, expected: Option<Command>) {
        assert_eq!(parse(line).unwrap().command, expected, "{line}");
    }

    #[test]
    fn the_declaration_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn commands() {
        let tail = TailArgs { url: None, topic: None, from_beginning: false, max: None };
        let events = |args| Some(Command::Events(EventsCommand::Tail(args)));
        let config = |command| Some(Command::Config(command));
        check("", None);
        check("--port 9000", None);
        check("serve --port 9000", Some(Command::Serve));
        check("config show", config(ConfigCommand::Show { sources: false }));
        check("config show --sources --port 1", config(ConfigCommand::Show { sources: true }));
        check("config check", config(ConfigCommand::Check));
        check("config example", config(ConfigCommand::Example));
        check("config reference", config(ConfigCommand::Reference));
        let status = |url: Option<&str>, json| {
            let url = url.map(str::to_owned);
            Some(Command::Inventory(InventoryCommand::Status { url, json }))
        };
        check("inventory status", status(None, false));
        check("inventory status --json --url h:1", status(Some("h:1"), true));
        let order = |id, timeline| Some(Command::Order(OrderCommand::Show { id, timeline }));
        check("order show 7", order(7, false));
        check("order show 7 --timeline", order(7, true));
        let migrate = |command| Some(Command::Migrate { command });
        check("migrate", migrate(None));
        check("migrate up", migrate(Some(MigrateCommand::Up)));
        check("migrate status", migrate(Some(MigrateCommand::Status)));
        check("seed", Some(Command::Seed));
        check("doctor", Some(Command::Doctor));
        check("openapi", Some(Command::Openapi { check: None }));
        check("openapi --check f", Some(Command::Openapi { check: Some("f".into()) }));
        check("healthcheck", Some(Command::Healthcheck { url: None }));
        check("healthcheck h:1", Some(Command::Healthcheck { url: Some("h:1".into()) }));
        check("events tail", events(tail));
        check(
            "events tail --url h:1 --topic order-events --from-beginning --max 3",
            events(TailArgs {
                url: Some("h:1".into()),
                topic: Some("order-events".into()),
                from_beginning: true,
                max: Some(3),
            }),
        );
    }

    #[test]
    fn flags_of_settings_go_before_and_after_the_command_and_keep_what_was_written() {
        let named = |flag: &str, path, value: &str| Flag::Named {
            flag: flag.into(),
            path,
            value: value.into(),
        };
        let expected = [
            named("--port", "server.port", "-1"),
            named("--log-level", "logging.level", "loud"),
            named("--ephemeral", "database.url", "sqlite::memory:"),
            Flag::Set("a=b".into()),
            Flag::Set("c".into()),
        ];
        for line in [
            "--port -1 --log-level loud --ephemeral --set a=b --set c serve",
            "serve --set a=b --set c --ephemeral --log-level loud --port -1",
        ] {
            assert_eq!(parse(line).unwrap().settings.flags(), expected, "{line}");
        }
    }

    #[test]
    fn every_flag_of_the_table_can_be_given() {
        for (row, flag) in declared() {
            let cli = parse(&format!("--{flag} x")).unwrap();
            let given =
                Flag::Named { flag: format!("--{flag}"), path: row.path, value: "x".into() };
            assert_eq!(cli.settings.flags(), [given]);
        }
    }

    #[test]
    fn what_is_no_command_is_refused() {
        let kind = |line: &str| parse(line).expect_err(line).kind();
        assert_eq!(kind("start"), ErrorKind::InvalidSubcommand);
        assert_eq!(kind("order show 0"), ErrorKind::ValueValidation);
        assert_eq!(kind("events tail --max 0"), ErrorKind::ValueValidation);
        assert_eq!(kind("--prot 1"), ErrorKind::UnknownArgument);
        assert_eq!(kind("--help"), ErrorKind::DisplayHelp);
        assert_eq!(kind("--version"), ErrorKind::DisplayVersion);
    }
}
