//! The layer of the command line.

use super::given::{Collected, Origin, nearest, path_of};
use super::problem::{Problem, masked};
use super::table::{self, Row};

/// One setting given on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flag {
    /// A flag of its own, such as `--port 9000`.
    Named {
        /// The flag with its dashes.
        flag: String,
        /// The setting's path.
        path: &'static str,
        /// What was given.
        value: String,
    },
    /// `--set KEY=VALUE`, the text after `--set`.
    Set(String),
}

/// Collects every value and every mistake of the flags.
pub(super) fn read(flags: &[Flag], into: &mut Collected) {
    for flag in flags {
        match flag {
            Flag::Named { flag, path, value } => match table::find(path) {
                Some(row) => into.give(row, value, Origin::Flag(flag.clone())),
                None => into.complain(Problem::unknown(flag, None)),
            },
            Flag::Set(pair) => set(pair, into),
        }
    }
}

fn set(pair: &str, into: &mut Collected) {
    let origin = Origin::Flag("--set".to_owned());
    let Some((name, value)) = pair.split_once('=') else {
        into.complain(
            Problem::new(masked(pair), "has no value; write --set KEY=VALUE").at(&origin),
        );
        return;
    };
    let path = path_of(name.trim());
    match table::find(&path) {
        Some(row) => into.give(row, value, origin),
        None => {
            let suggestion = nearest(&path).map(Row::name);
            into.complain(Problem::unknown(name.trim(), suggestion).at(&origin));
        }
    }
}
