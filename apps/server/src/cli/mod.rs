//! The command line: parses, runs one command, ends with an exit code that scripts can read.

mod args;
mod database;
mod dlq;
mod doctor;
mod fakepg;
mod healthcheck;
mod http;
mod inventory;
mod openapi;
mod order;
mod outbox;
mod reconcile;
mod settings;
mod sse;
mod tail;
mod time;
mod verify;

use std::io;

use ordersystem_shared_kernel::OrderId;
use tokio::runtime::{Builder, Runtime};

pub use args::{
    Cli, Command, ConfigCommand, Correction, Demand, DlqCommand, DlqListArgs, EventsCommand,
    FakePgArgs, InventoryCommand, MigrateCommand, OrderCommand, OutboxCommand, SelectionArgs,
    SettingArgs, Shape, TailArgs,
};

use crate::config::Settings;
use crate::exit::Exit;
use crate::output::Output;
use crate::serve;
use order::Timeline;

/// Runs the command to its end.
pub fn run(cli: &Cli, output: &mut Output<'_>) -> Exit {
    match dispatch(cli, output) {
        Ok(exit) => exit,
        // `ordersystem … | head` has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Ok,
        Err(error) => {
            output.note(format_args!("error: cannot print: {error}"));
            Exit::Unavailable
        }
    }
}

fn dispatch(cli: &Cli, output: &mut Output<'_>) -> io::Result<Exit> {
    match cli.command.as_ref().unwrap_or(&Command::Serve) {
        Command::Config(command) => settings::run(command, &cli.settings, output),
        Command::Openapi { check } => openapi::run(check.as_deref(), output),
        Command::Doctor => runtime()?.block_on(doctor::run(&cli.settings, output)),
        Command::FakePg(args) => runtime()?.block_on(fakepg::run(args, &cli.settings, output)),
        Command::Healthcheck { url } => with_url(url.as_deref(), cli, output, healthcheck::run),
        Command::Events(EventsCommand::Tail(args)) => {
            with_url(args.url.as_deref(), cli, output, |url, output| tail::run(args, url, output))
        }
        Command::Inventory(InventoryCommand::Status { url, json }) => {
            let shape = Shape::of_flag(*json);
            with_url(url.as_deref(), cli, output, |url, output| inventory::run(shape, url, output))
        }
        Command::Serve => {
            with_settings(cli, output, |settings, output| Ok(serve::run(settings, output)))
        }
        Command::Migrate { command } => with_settings(cli, output, |settings, output| {
            let command = command.unwrap_or(MigrateCommand::Up);
            runtime()?.block_on(database::migrate(command, &settings, output))
        }),
        Command::Seed => with_settings(cli, output, |settings, output| {
            runtime()?.block_on(database::seed(&settings, output))
        }),
        Command::Verify { at_rest, json } => with_settings(cli, output, |settings, output| {
            let (demand, shape) = (Demand::of_flag(*at_rest), Shape::of_flag(*json));
            runtime()?.block_on(verify::run(demand, shape, &settings, output))
        }),
        Command::Reconcile { apply } => with_settings(cli, output, |settings, output| {
            let correction = Correction::of_flag(*apply);
            runtime()?.block_on(reconcile::run(correction, &settings, output))
        }),
        Command::Dlq(command) => with_settings(cli, output, |settings, output| {
            runtime()?.block_on(dlq::run(command, &settings, output))
        }),
        Command::Outbox(OutboxCommand::Status { json }) => {
            let shape = Shape::of_flag(*json);
            with_settings(cli, output, |settings, output| {
                runtime()?.block_on(outbox::status(shape, &settings, output))
            })
        }
        Command::Order(OrderCommand::Show { id, timeline }) => {
            let timeline = if *timeline { Timeline::Shown } else { Timeline::Hidden };
            with_settings(cli, output, |settings, output| {
                runtime()?.block_on(order::run(OrderId::new(*id), timeline, &settings, output))
            })
        }
    }
}

fn with_settings(
    cli: &Cli,
    output: &mut Output<'_>,
    command: impl FnOnce(Settings, &mut Output<'_>) -> io::Result<Exit>,
) -> io::Result<Exit> {
    match settings::settings(&cli.settings, output) {
        Ok(settings) => command(settings, output),
        Err(exit) => Ok(exit),
    }
}

/// Runs a command against the given server; the settings are only needed when none is given.
fn with_url(
    given: Option<&str>,
    cli: &Cli,
    output: &mut Output<'_>,
    command: impl FnOnce(&str, &mut Output<'_>) -> io::Result<Exit>,
) -> io::Result<Exit> {
    match given {
        Some(url) => command(url, output),
        None => with_settings(cli, output, |settings, output| {
            command(&http::local_url(&settings), output)
        }),
    }
}

/// Small: a command does one thing at a time.
fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    /// A stream on which every write fails.
    struct Failing(io::ErrorKind);

    impl io::Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(self.0.into())
        }
    }

    #[test]
    fn a_reader_that_left_is_no_error_and_a_full_disk_is() {
        let cli = Cli::parse_from(["ordersystem", "config", "example"]);
        let mut told = Vec::new();
        let exit = run(&cli, &mut Output::new(Failing(io::ErrorKind::BrokenPipe), &mut told));
        assert_eq!((exit, told.len()), (Exit::Ok, 0));

        let exit = run(&cli, &mut Output::new(Failing(io::ErrorKind::StorageFull), &mut told));
        assert_eq!(exit, Exit::Unavailable);
        assert!(told.starts_with(b"error: cannot print: "));
    }
}
