use std::fmt;

use crate::{Holds, Invariant};

/// An invariant and what the rows say about it.
#[derive(Debug, Clone, Copy)]
pub struct Finding {
    /// What should hold.
    pub invariant: &'static Invariant,
    /// How many orders, products or messages break it; 0 is healthy.
    pub broken: u64,
    /// The number of the first of them, so that somebody can look.
    pub first: Option<i64>,
}

impl Finding {
    /// Whether it holds.
    pub const fn is_healthy(&self) -> bool {
        self.broken == 0
    }

    /// Whether it must never be so, however the engines are.
    pub fn is_a_bug(&self) -> bool {
        !self.is_healthy() && self.invariant.holds == Holds::Always
    }
}

/// One line for people: number, verdict, statement, and where to look.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Invariant { id, statement, subject, holds, .. } = self.invariant;
        let verdict = match (self.is_healthy(), holds) {
            (true, _) => "ok",
            (false, Holds::Always) => "BROKEN",
            (false, Holds::AtRest) => "late",
        };
        write!(f, "{id:<4} {verdict:<6} {statement}")?;
        match self.first {
            Some(first) => write!(f, ": {}, first {subject} {first}", self.broken),
            None => Ok(()),
        }
    }
}
