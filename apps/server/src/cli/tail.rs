//! `events tail`: both topics on the terminal, as a Kafka console consumer would show them.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Read};
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;
use ureq::Agent;

use super::args::TailArgs;
use super::http;
use super::sse::Parser;
use crate::exit::Exit;
use crate::output::Output;

const PATH: &str = "/api/events/stream";
/// "After the event before the first": every event that the server still has.
const BEGINNING: &str = "0";
/// Unless the server asks for another pause.
const PAUSE: Duration = Duration::from_secs(1);
/// A server that restarts is back by then.
const TRIES: u32 = 60;
/// The server sends a comment more often than this; longer silence is a dead connection.
const SILENCE: Duration = Duration::from_secs(90);

/// Prints the events of the server at `url` until enough were printed or nobody reads any more.
pub(super) fn run(args: &TailArgs, url: &str, output: &mut Output<'_>) -> io::Result<Exit> {
    let from = args.from_beginning.then(|| BEGINNING.to_owned());
    let mut tail = Tail {
        url: format!("{}{PATH}", http::normalised(url)),
        agent: http::agent(),
        topic: args.topic.as_deref(),
        left: args.max,
        parser: Parser::after(from),
    };
    tail.run(output)
}

struct Tail<'a> {
    url: String,
    agent: Agent,
    topic: Option<&'a str>,
    left: Option<u64>,
    parser: Parser,
}

enum Followed {
    Enough,
    CutOff,
}

impl Tail<'_> {
    fn run(&mut self, output: &mut Output<'_>) -> io::Result<Exit> {
        let mut body = match self.connect() {
            Ok(body) => body,
            Err(reason) => {
                let url = &self.url;
                output.note(format_args!(
                    "error: no events from {url}: {reason}; is the server running there? Try `ordersystem healthcheck`"
                ));
                return Ok(Exit::Unavailable);
            }
        };
        loop {
            if let Followed::Enough = self.follow(body, output)? {
                return Ok(Exit::Ok);
            }
            self.parser.reset();
            output.note("the stream was cut off; coming back to it");
            body = match self.reconnect() {
                Ok(body) => body,
                Err(reason) => {
                    output.note(format_args!("error: {} is gone: {reason}", self.url));
                    return Ok(Exit::Unavailable);
                }
            };
        }
    }

    fn reconnect(&self) -> Result<Box<dyn Read>, String> {
        let mut last = String::new();
        for _ in 0..TRIES {
            thread::sleep(self.parser.retry().unwrap_or(PAUSE));
            match self.connect() {
                Ok(body) => return Ok(body),
                Err(reason) => last = reason,
            }
        }
        Err(last)
    }

    fn connect(&self) -> Result<Box<dyn Read>, String> {
        let mut request = self.agent.get(&self.url).header("accept", "text/event-stream");
        if let Some(topic) = self.topic {
            request = request.query("topic", topic);
        }
        if let Some(id) = self.parser.last_id() {
            request = request.header("last-event-id", id);
        }
        let request = request.config().timeout_per_read(Some(SILENCE)).build();
        let answer = request.call().map_err(|error| http::reason(&error))?;
        match answer.status().as_u16() {
            200 => Ok(Box::new(answer.into_body().into_reader())),
            status => Err(format!("it answered {status}")),
        }
    }

    fn follow(&mut self, body: Box<dyn Read>, output: &mut Output<'_>) -> io::Result<Followed> {
        for line in BufReader::new(body).lines() {
            let Ok(line) = line else { break };
            let Some(event) = self.parser.line(&line) else { continue };
            self.print(&event.data, output)?;
            if self.left == Some(0) {
                return Ok(Followed::Enough);
            }
        }
        Ok(Followed::CutOff)
    }

    fn print(&mut self, data: &str, output: &mut Output<'_>) -> io::Result<()> {
        let Ok(record) = serde_json::from_str::<Record<'_>>(data) else {
            output.note(format_args!("skipped what is no event: {data}"));
            return Ok(());
        };
        if self.topic.is_none_or(|topic| topic == record.topic) {
            let Record { topic, key, value } = record;
            let key = key.as_deref().unwrap_or("null");
            output.data(format_args!("{topic} {key} {}", value.get()))?;
            self.left = self.left.map(|left| left.saturating_sub(1));
        }
        Ok(())
    }
}

/// What the stream says of an event; the value keeps every byte.
#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    topic: Cow<'a, str>,
    /// Only ours always have one.
    key: Option<String>,
    #[serde(borrow)]
    value: &'a RawValue,
}
