//! What a person at a terminal sees meanwhile. Nothing of it goes into a file or a pipe.

use std::io::{self, IsTerminal, Write};

use crate::number::{float, whole};

/// One line at the bottom of the terminal.
#[derive(Debug)]
pub struct Progress {
    shown: bool,
    step: u64,
    steps: u64,
    what: String,
}

const WIDTH: u64 = 24;

impl Progress {
    /// Of so many runs.
    pub fn of_process(steps: u64) -> Self {
        Self { shown: io::stderr().is_terminal(), step: 0, steps, what: String::new() }
    }

    /// The next run begins.
    pub fn next(&mut self, what: String) {
        self.step += 1;
        self.what = what;
        self.within(0.0);
    }

    /// So much of the run is over.
    pub fn within(&self, part: f64) {
        let done =
            (float(self.step.saturating_sub(1)) + part.clamp(0.0, 1.0)) / float(self.steps.max(1));
        self.write(&line(done, &self.what));
    }

    /// A line that stays.
    pub fn note(&self, text: &str) {
        self.write("");
        // Nothing is left to tell it to when stderr is gone.
        let _gone = writeln!(io::stderr(), "{text}");
    }

    /// Cleans up.
    pub fn finish(&self) {
        self.write("");
    }

    fn write(&self, line: &str) {
        if self.shown {
            let _gone = write!(io::stderr(), "\r\x1b[2K{line}");
        }
    }
}

fn line(done: f64, what: &str) -> String {
    let filled = whole(done.clamp(0.0, 1.0) * float(WIDTH)).min(WIDTH);
    let times = |text: &str, count| text.repeat(usize::try_from(count).unwrap_or(0));
    let bar = times("█", filled) + &times("░", WIDTH - filled);
    format!("{bar} {:3.0} % {what}", done * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_fills() {
        assert!(line(0.0, "x").starts_with("░░"));
        assert_eq!(line(0.5, "x").matches('█').count(), 12);
        assert_eq!(line(1.0, "orders").matches('█').count(), 24);
        assert!(line(1.0, "orders").ends_with("100 % orders"));
        assert_eq!(line(7.0, "x").matches('░').count(), 0);
    }
}
