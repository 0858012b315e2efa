use std::sync::Mutex;

use crate::world::lock;

/// What happens at the one step of a use case that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The process dies before the call.
    CrashBefore,
    /// The process dies after the call, before it hears the answer.
    CrashAfter,
    /// The call fails, and surely did nothing.
    Fails,
    /// Nobody answers, and it happened.
    TimesOutApplied,
    /// Nobody answers, and it did not happen.
    TimesOutNotApplied,
    /// It happens twice.
    Twice,
}

impl Mode {
    /// All six.
    pub const ALL: [Self; 6] = [
        Self::CrashBefore,
        Self::CrashAfter,
        Self::Fails,
        Self::TimesOutApplied,
        Self::TimesOutNotApplied,
        Self::Twice,
    ];
}

/// Numbers the calls of a use case and makes one of them special.
#[derive(Debug, Default)]
pub(crate) struct Injection {
    recorder: Mutex<Recorder>,
}

#[derive(Debug, Default)]
struct Recorder {
    is_on: bool,
    calls: Vec<&'static str>,
    target: Option<(usize, Mode)>,
    was_hit: bool,
}

impl Injection {
    /// Counts from now on; the call with the number `target`, from 0, is special.
    pub(crate) fn arm(&self, target: Option<(usize, Mode)>) {
        *lock(&self.recorder) = Recorder { is_on: true, target, ..Recorder::default() };
    }

    /// Stops counting; says which calls there were, and whether the special one was among them.
    pub(crate) fn disarm(&self) -> (Vec<&'static str>, bool) {
        let mut recorder = lock(&self.recorder);
        recorder.is_on = false;
        (std::mem::take(&mut recorder.calls), recorder.was_hit)
    }

    /// What is special about this call, if anything.
    pub(crate) fn next(&self, call: &'static str) -> Option<Mode> {
        let mut recorder = lock(&self.recorder);
        if !recorder.is_on {
            return None;
        }
        let number = recorder.calls.len();
        recorder.calls.push(call);
        let hit = recorder.target.filter(|(target, _)| *target == number);
        recorder.was_hit |= hit.is_some();
        hit.map(|(_, mode)| mode)
    }
}
