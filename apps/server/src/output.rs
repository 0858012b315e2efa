//! Where the command line prints: data to stdout, chatter to stderr, both through here.

use std::fmt::Display;
use std::io::{self, Write};

/// The two streams of a command.
pub struct Output<'a> {
    data: Box<dyn Write + 'a>,
    chatter: Box<dyn Write + 'a>,
}

impl Output<'static> {
    /// The streams of this process. Each line takes the lock for itself, so that nobody else is kept from printing.
    pub fn of_process() -> Self {
        Self::new(io::stdout(), io::stderr())
    }
}

impl<'a> Output<'a> {
    /// Any two streams.
    pub fn new(data: impl Write + 'a, chatter: impl Write + 'a) -> Self {
        Self { data: Box::new(data), chatter: Box::new(chatter) }
    }

    /// A line that somebody may pipe on. An error means that nobody reads any more.
    pub fn data(&mut self, line: impl Display) -> io::Result<()> {
        self.text(format_args!("{line}\n"))
    }

    /// Text that brings its own line ends.
    pub fn text(&mut self, text: impl Display) -> io::Result<()> {
        // One write, so that lines of two processes on one terminal do not mix.
        self.data.write_all(text.to_string().as_bytes())?;
        self.data.flush()
    }

    /// A line for the person in front of the terminal.
    pub fn note(&mut self, line: impl Display) {
        // Nothing is left to tell it to when stderr is gone.
        let _gone = self.chatter.write_all(format!("{line}\n").as_bytes());
    }
}
