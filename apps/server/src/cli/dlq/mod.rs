//! `dlq …`: what the consumers could not handle, and what is to become of it.

mod change;
mod desk;
mod view;

use std::io;

use super::args::{DlqCommand, DlqListArgs, Shape};
use super::database;
use crate::config::Settings;
use crate::exit::Exit;
use crate::output::Output;
use change::Decision;
use desk::{Desk, Failure};
use view::{Listed, Shown};

/// Opens the database of the settings, beside a running server if there is one, and does what the command says.
pub(super) async fn run(
    command: &DlqCommand,
    settings: &Settings,
    output: &mut Output<'_>,
) -> io::Result<Exit> {
    let store = match database::look(settings, output).await {
        Ok(store) => store,
        Err(exit) => return Ok(exit),
    };
    let done = act(command, &Desk { letters: &*store, settings }, output).await;
    store.close().await;
    match done {
        Ok(exit) => Ok(exit),
        Err(Failure::Print(error)) => Err(error),
        Err(Failure::Store(error)) => {
            output.note(format_args!("error: {error}; `ordersystem doctor` tells more"));
            Ok(Exit::Unavailable)
        }
        Err(Failure::Usage(why)) => {
            output.note(format_args!("error: {why}"));
            Ok(Exit::Usage)
        }
    }
}

async fn act(
    command: &DlqCommand,
    desk: &Desk<'_>,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    match command {
        DlqCommand::List(args) => list(args, desk, output).await,
        DlqCommand::Show { id, json } => show(*id, Shape::of_flag(*json), desk, output).await,
        DlqCommand::Replay(args) => change::run(Decision::Replay, args, desk, output).await,
        DlqCommand::Discard(args) => change::run(Decision::Discard, args, desk, output).await,
    }
}

async fn list(
    args: &DlqListArgs,
    desk: &Desk<'_>,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let filter = desk.filter(args.topic.as_deref(), args.since, args.state)?;
    let limit = usize::from(args.limit);
    // One more tells whether there are more.
    let mut letters =
        desk.collect(&filter, limit + 1, |letter| Listed::new(letter, desk.settings)).await?;
    let more = letters.len() > limit;
    letters.truncate(limit);
    match Shape::of_flag(args.json) {
        Shape::Json => output.data(view::json(&letters)?)?,
        Shape::Table if letters.is_empty() => output.note("there is no such dead letter"),
        Shape::Table => output.text(view::table(&letters))?,
    }
    if more {
        output.note(format_args!("there are more than {limit}; --limit shows more of them"));
    }
    Ok(Exit::Ok)
}

async fn show(
    id: i64,
    shape: Shape,
    desk: &Desk<'_>,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let Some(letter) = desk.letters.dead_letter(id).await? else {
        output.note(desk::unknown(id));
        return Ok(Exit::Finding);
    };
    let shown = Shown::new(&letter, desk.settings);
    match shape {
        Shape::Json => output.data(view::json(&shown)?)?,
        Shape::Table => output.text(shown.screen())?,
    }
    Ok(Exit::Ok)
}
