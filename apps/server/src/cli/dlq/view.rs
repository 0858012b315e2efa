use std::fmt::Write;
use std::io;

use chrono_tz::Tz;
use ordersystem_application::DeadLetter;
use ordersystem_shared_kernel::Timestamp;
use serde::{Serialize, Serializer};

use crate::cli::time::{clock_time, zoned_time};
use crate::config::Settings;

/// As much of an error as a line of the table has room for.
const ERROR: usize = 60;
/// Bytes in a line of hexadecimal digits.
const HEX_LINE: usize = 32;

/// What a list says of a dead letter.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Listed {
    id: i64,
    state: &'static str,
    topic: String,
    partition: i32,
    offset: i64,
    key: Option<String>,
    group: String,
    error: String,
    buried_at: Moment,
    changed_at: Moment,
}

/// All that is known of a dead letter.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shown {
    #[serde(flatten)]
    letter: Listed,
    headers: Vec<(String, String)>,
    #[serde(flatten)]
    value: Value,
}

/// The message itself; only text can be shown as it is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Value {
    Value(String),
    ValueHex(String),
}

/// A time on the clocks of a zone.
struct Moment(Timestamp, Tz);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(moment, zone) = self;
        serializer.serialize_str(&zoned_time(*moment, *zone))
    }
}

impl Moment {
    fn shown(&self) -> String {
        let Self(moment, zone) = self;
        clock_time(*moment, *zone)
    }
}

impl Listed {
    pub(super) fn new(letter: &DeadLetter, settings: &Settings) -> Self {
        let DeadLetter { id, record, group, error, state, buried_at, changed_at } = letter;
        let moment = |at| Moment(at, settings.timezone);
        Self {
            id: *id,
            state: state.as_str(),
            topic: settings.kafka.topics.name(record.topic).to_owned(),
            partition: record.partition,
            offset: record.offset,
            key: record.key.clone(),
            group: group.clone(),
            error: error.clone(),
            buried_at: moment(*buried_at),
            changed_at: moment(*changed_at),
        }
    }

    fn key(&self) -> String {
        self.key.as_deref().map_or("–".to_owned(), printable)
    }

    fn line(&self) -> String {
        let error = shortened(&printable(&self.error));
        let [id, buried, key] = [self.id.to_string(), self.buried_at.shown(), self.key()];
        line([&id, self.state, &buried, &self.topic, &key, &error])
    }
}

impl Shown {
    pub(super) fn new(letter: &DeadLetter, settings: &Settings) -> Self {
        let headers = letter.record.headers.clone();
        Self { letter: Listed::new(letter, settings), headers, value: value(&letter.record.value) }
    }

    /// Everything on one screen, the message itself last.
    pub(super) fn screen(&self) -> String {
        let letter = &self.letter;
        let mut text = format!("Dead letter {}  {}\n", letter.id, letter.state);
        let mut part = |name: &str, words: &str| {
            text.push_str(&format!("  {name:<9} {words}\n"));
        };
        let Listed { topic, partition, offset, .. } = letter;
        part("topic", &format!("{topic}, partition {partition}, offset {offset}"));
        part("group", &letter.group);
        part("buried", &letter.buried_at.shown());
        part("changed", &letter.changed_at.shown());
        part("error", &printable(&letter.error));
        part("key", &letter.key());
        for (name, value) in &self.headers {
            part("header", &format!("{}: {}", printable(name), printable(value)));
        }
        text.push_str(&self.value.block());
        text
    }
}

impl Value {
    fn block(&self) -> String {
        match self {
            Self::Value(text) => {
                let lines: Vec<_> = text.split('\n').map(printable).collect();
                format!("\nValue, {} bytes\n{}\n", text.len(), lines.join("\n"))
            }
            Self::ValueHex(digits) => {
                let mut block = format!("\nValue, {} bytes, in hexadecimal\n", digits.len() / 2);
                for line in digits.as_bytes().chunks(2 * HEX_LINE) {
                    block.push_str(&String::from_utf8_lossy(line));
                    block.push('\n');
                }
                block
            }
        }
    }
}

fn value(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::Value(text.to_owned()),
        Err(_) => {
            Value::ValueHex(bytes.iter().fold(String::new(), |mut digits, byte| {
                // Writing to a text cannot fail.
                let _written = write!(digits, "{byte:02x}");
                digits
            }))
        }
    }
}

/// A table with a head.
pub(super) fn table(letters: &[Listed]) -> String {
    let head = line(["ID", "STATE", "BURIED", "TOPIC", "KEY", "ERROR"]);
    letters.iter().fold(head, |text, letter| text + &letter.line())
}

fn line(cells: [&str; 6]) -> String {
    let [id, state, buried, topic, key, error] = cells;
    format!("{id:>6}  {state:<16}  {buried:<19}  {topic:<16}  {key:>8}  {error}\n")
}

/// On one line.
pub(super) fn json(view: &impl Serialize) -> io::Result<String> {
    Ok(serde_json::to_string(view)?)
}

/// Foreign text must not move the cursor or recolour the terminal.
fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

fn shortened(text: &str) -> String {
    match text.chars().nth(ERROR) {
        Some(_) => text.chars().take(ERROR).chain(['…']).collect(),
        None => text.to_owned(),
    }
}
