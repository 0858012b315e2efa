//! `healthcheck`: one request, one line, one exit code; for containers without a shell.

use std::io;

use super::http;
use crate::exit::Exit;
use crate::output::Output;

const PATH: &str = "/actuator/health";

/// Asks the server at `url` whether it is up. A path in the address stands; without one it is the health page.
pub(super) fn run(url: &str, output: &mut Output<'_>) -> io::Result<Exit> {
    let url = http::normalised(url);
    let has_path = url.split_once("://").is_some_and(|(_, rest)| rest.contains('/'));
    let url = if has_path { url } else { format!("{url}{PATH}") };
    match http::agent().get(&url).call() {
        Ok(answer) if answer.status().is_success() => {
            output.data(format_args!("UP {url}"))?;
            Ok(Exit::Ok)
        }
        Ok(answer) => {
            let status = answer.status().as_u16();
            output.data(format_args!(
                "DOWN {url}: answered {status}; look into the log of the server"
            ))?;
            Ok(Exit::Finding)
        }
        Err(error) => {
            let reason = http::reason(&error);
            output.data(format_args!(
                "DOWN {url}: {reason}; start the server with `ordersystem serve`"
            ))?;
            Ok(Exit::Finding)
        }
    }
}
