//! A value that somebody gave, before it is judged.

use std::fmt;

use super::problem::{MASK, Problem, masked};
use super::table::{PREFIX, Row, TABLE};

/// Where a value stands. Later variants win over earlier ones.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The table.
    Default,
    /// A line of the settings file.
    File {
        /// Path of the file as it was named.
        name: String,
        /// Line, counted from 1.
        line: usize,
    },
    /// A variable that other programs know too, such as `DATABASE_URL`.
    Alias(&'static str),
    /// A variable of our own.
    Variable(String),
    /// The command line.
    Flag(String),
}

impl Origin {
    /// Whether both stand in the same layer, so that neither can win.
    pub fn same_layer(&self, other: &Origin) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File { name, line } => write!(f, "{name}:{line}"),
            Origin::Alias(name) => f.write_str(name),
            Origin::Variable(name) | Origin::Flag(name) => f.write_str(name),
        }
    }
}

/// One value with its place.
#[derive(Debug, Clone)]
pub struct Given {
    /// The setting.
    pub row: &'static Row,
    /// What was written, not yet judged.
    pub raw: String,
    /// Where.
    pub origin: Origin,
}

impl Given {
    /// The value as it may be shown: without passwords, and nothing at all of a secret.
    pub(super) fn shown(&self) -> String {
        if self.row.kind.is_secret() && !self.raw.trim().is_empty() {
            MASK.to_owned()
        } else {
            masked(&self.raw)
        }
    }
}

/// What the layers hand over: values, and names that are none.
#[derive(Debug, Default)]
pub(super) struct Collected {
    /// Values of known settings.
    pub(super) given: Vec<Given>,
    /// What could not be read.
    pub(super) problems: Vec<Problem>,
}

impl Collected {
    /// Takes a value.
    pub(super) fn give(&mut self, row: &'static Row, raw: impl Into<String>, origin: Origin) {
        self.given.push(Given { row, raw: raw.into(), origin });
    }

    /// Takes a mistake.
    pub(super) fn complain(&mut self, problem: Problem) {
        self.problems.push(problem);
    }
}

/// The path of a name as somebody wrote it: snake case and the prefix are both optional.
pub(super) fn path_of(name: &str) -> String {
    let kebab = name.replace('_', "-");
    kebab.strip_prefix(PREFIX).unwrap_or(&kebab).to_owned()
}

/// The setting that an unknown name was probably meant to be.
pub(super) fn nearest(path: &str) -> Option<&'static Row> {
    /// Below this, a suggestion is more often wrong than right.
    const CLOSE: f64 = 0.7;
    let scored = TABLE.iter().map(|row| (row, likeness(path, row.path)));
    let best = scored.reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.filter(|(_, score)| *score >= CLOSE).map(|(row, _)| row)
}

/// Compares whole names, and also the given words with as many last words of the candidate: people forget
/// sections more often than they mistype them.
fn likeness(given: &str, candidate: &str) -> f64 {
    let words = |text: &str| text.split(['.', '-', '_']).map(str::to_lowercase).collect::<Vec<_>>();
    let (given, candidate) = (words(given), words(candidate));
    let tail = candidate.get(candidate.len().saturating_sub(given.len())..).unwrap_or_default();
    let alike = |a: &[String], b: &[String]| {
        strsim::normalized_damerau_levenshtein(&a.join("-"), &b.join("-"))
    };
    alike(&given, &candidate).max(0.95 * alike(&given, tail))
}
