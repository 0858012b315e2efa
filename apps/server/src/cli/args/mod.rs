//! What may stand on the command line.

mod dlq;
mod fakepg;
mod settings;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use dlq::{DlqCommand, DlqListArgs, SelectionArgs};
pub use fakepg::FakePgArgs;
pub use settings::SettingArgs;

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
    /// Check every invariant of the database; the exit code is the number of those that are broken
    Verify {
        /// Count what is only late as well: nobody orders, every engine answers
        #[arg(long)]
        at_rest: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Compare the counters in Redis with the database; exit code 1 when they differ
    Reconcile {
        /// Set them to what the database says
        #[arg(long)]
        apply: bool,
    },
    /// Look at an order
    #[command(subcommand)]
    Order(OrderCommand),
    /// Look at the events that were published
    #[command(subcommand)]
    Events(EventsCommand),
    /// Look at the stock
    #[command(subcommand)]
    Inventory(InventoryCommand),
    /// Look at what waits for the broker
    #[command(subcommand)]
    Outbox(OutboxCommand),
    /// Look at messages that a consumer could not handle, and decide what becomes of them
    #[command(subcommand)]
    Dlq(DlqCommand),
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
    /// Run a pretend payment gateway on this machine, in the shape of Toss Payments [default port: 9090]
    #[command(name = "fakepg")]
    FakePg(FakePgArgs),
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

/// Commands about events that are not published yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum OutboxCommand {
    /// Print how many events wait for the broker, and since when the oldest does
    Status {
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

impl Shape {
    /// What the flag `--json` asks for.
    pub fn of_flag(json: bool) -> Self {
        if json { Self::Json } else { Self::Table }
    }
}

/// Which invariants count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// Those that hold in every moment.
    Always,
    /// Those too that hold when nothing is in the way.
    AtRest,
}

impl Demand {
    /// What the flag `--at-rest` asks for.
    pub fn of_flag(at_rest: bool) -> Self {
        if at_rest { Self::AtRest } else { Self::Always }
    }
}

/// What becomes of what is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Correction {
    /// It is only told.
    None,
    /// It is set right.
    Apply,
}

impl Correction {
    /// What the flag `--apply` asks for.
    pub fn of_flag(apply: bool) -> Self {
        if apply { Self::Apply } else { Self::None }
    }
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
