use std::collections::VecDeque;
use std::fmt::{self, Write};

/// What happened, line by line: always as a hash, which two runs of a seed must share; as text when somebody reads it.
#[derive(Debug)]
pub(crate) struct Trace {
    hash: Fnv,
    lines: u64,
    kept: VecDeque<String>,
    keep: usize,
}

impl Trace {
    /// Keeps the last `keep` lines as text.
    pub(crate) const fn new(keep: usize) -> Self {
        Self { hash: Fnv(0xcbf2_9ce4_8422_2325), lines: 0, kept: VecDeque::new(), keep }
    }

    pub(crate) fn tell(&mut self, micros: i64, line: fmt::Arguments<'_>) {
        self.lines += 1;
        // Writing into a hash cannot fail.
        let _ = write!(self.hash, "{micros} {line}");
        if self.keep > 0 {
            if self.kept.len() >= self.keep {
                self.kept.pop_front();
            }
            let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
            self.kept.push_back(format!("{seconds:>6}.{rest:06} {line}"));
        }
    }

    /// The hash of all lines, how many there were, and the last of them.
    pub(crate) fn take(&mut self) -> (u64, u64, Vec<String>) {
        (self.hash.0, self.lines, std::mem::take(&mut self.kept).into())
    }
}

/// FNV-1a of everything that is written to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fnv(pub(crate) u64);

impl Write for Fnv {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Ok(())
    }
}
