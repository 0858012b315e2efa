//! `openapi`: the document that `/v3/api-docs` serves, without a server.

use std::io;
use std::path::Path;

use crate::exit::Exit;
use crate::http::openapi::document;
use crate::output::Output;

/// Prints the document, or compares it with a file that should hold it.
pub(super) fn run(check: Option<&Path>, output: &mut Output<'_>) -> io::Result<Exit> {
    let document = format!("{}\n", document().to_pretty_json().map_err(io::Error::other)?);
    match check {
        None => output.text(document).map(|()| Exit::Ok),
        Some(file) => compare(file, &document, output),
    }
}

fn compare(file: &Path, document: &str, output: &mut Output<'_>) -> io::Result<Exit> {
    let shown = file.display();
    match std::fs::read_to_string(file) {
        Ok(kept) if kept == document => {
            output.data(format_args!("{shown} is up to date"))?;
            Ok(Exit::Ok)
        }
        Ok(kept) => {
            let line = 1 + kept.lines().zip(document.lines()).take_while(|(a, b)| a == b).count();
            output.note(format_args!(
                "{shown} differs from line {line} on; next: ordersystem openapi > {shown}"
            ));
            Ok(Exit::Finding)
        }
        Err(error) => {
            output.note(format_args!("error: {shown} cannot be read: {error}"));
            Ok(Exit::Unavailable)
        }
    }
}
