use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::broker::Record;
use crate::outbox::Topic;

/// How far a reader outside of any group is: per partition, the offset of the last record that it passed. Its text, such
/// as `o0.15-o2.7-i1.3`, is what a client sends back to go on there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Position {
    passed: BTreeMap<(Topic, i32), i64>,
}

/// A text that no position prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a position in the events")]
pub struct NoPosition;

impl Position {
    /// The last offset that was passed in a partition; none when it is read from its beginning.
    pub fn get(&self, topic: Topic, partition: i32) -> Option<i64> {
        self.passed.get(&(topic, partition)).copied()
    }

    /// Sets the last offset that was passed in a partition.
    pub fn set(&mut self, topic: Topic, partition: i32, offset: i64) {
        self.passed.insert((topic, partition), offset);
    }

    /// Keeps the places for which `keep` answers true; the other partitions are read from their beginning.
    pub fn retain(&mut self, mut keep: impl FnMut(Topic, i64) -> bool) {
        self.passed.retain(|(topic, _), offset| keep(*topic, *offset));
    }

    /// Moves behind a record.
    pub fn pass(&mut self, record: &Record) {
        self.set(record.topic, record.partition, record.offset);
    }
}

const fn letter(topic: Topic) -> char {
    match topic {
        Topic::OrderEvents => 'o',
        Topic::InventoryEvents => 'i',
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut between = "";
        for ((topic, partition), offset) in &self.passed {
            write!(f, "{between}{}{partition}.{offset}", letter(*topic))?;
            between = "-";
        }
        Ok(())
    }
}

impl FromStr for Position {
    type Err = NoPosition;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut position = Self::default();
        for part in text.split('-').filter(|_| !text.is_empty()) {
            let (place, offset) = part.split_once('.').ok_or(NoPosition)?;
            let topic = Topic::ALL.into_iter().find(|topic| place.starts_with(letter(*topic)));
            let topic = topic.ok_or(NoPosition)?;
            let partition = number(place.get(1..).unwrap_or_default())?;
            position.set(
                topic,
                i32::try_from(partition).map_err(|_large| NoPosition)?,
                number(offset)?,
            );
        }
        Ok(position)
    }
}

/// Digits only: `parse` would take a sign as well.
fn number(text: &str) -> Result<i64, NoPosition> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or(NoPosition)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_its_text() {
        let mut position = Position::default();
        position.set(Topic::InventoryEvents, 1, 3);
        position.set(Topic::OrderEvents, 0, 15);
        position.set(Topic::OrderEvents, 2, 7);
        assert_eq!(position.to_string(), "o0.15-o2.7-i1.3");
        assert_eq!(position.to_string().parse(), Ok(position));
        assert_eq!("".parse(), Ok(Position::default()));
    }

    #[test]
    fn refuses_what_it_never_prints() {
        for text in
            ["7", "x0.1", "o.1", "o0", "o0.", "o0.1-", "o-1.1", "o0.+1", "o99999999999.1", "오0.1"]
        {
            assert_eq!(text.parse::<Position>(), Err(NoPosition), "{text}");
        }
    }
}
