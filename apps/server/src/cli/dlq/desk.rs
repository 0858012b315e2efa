use std::io;
use std::time::Duration;

use ordersystem_application::{
    DeadLetter, DeadLetterFilter, DeadLetterState, DeadLetters, Page, StoreUnavailable, Topic,
};
use ordersystem_shared_kernel::Clock;

use crate::clock::SystemClock;
use crate::config::Settings;

/// Where dead letters are looked up and decided about.
pub(super) struct Desk<'a> {
    pub(super) letters: &'a dyn DeadLetters,
    pub(super) settings: &'a Settings,
}

/// Why a command ended early.
#[derive(Debug)]
pub(super) enum Failure {
    /// Nobody reads what is printed.
    Print(io::Error),
    /// The database does not answer.
    Store(StoreUnavailable),
    /// The command line asks for what cannot be; says what can.
    Usage(String),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Print(error)
    }
}

impl From<StoreUnavailable> for Failure {
    fn from(error: StoreUnavailable) -> Self {
        Self::Store(error)
    }
}

/// What to say of a number that no letter has.
pub(super) fn unknown(id: i64) -> String {
    format!("there is no dead letter {id}; `ordersystem dlq list` lists them")
}

impl Desk<'_> {
    /// Letters are large at times: so many are in memory at once.
    const PAGE: usize = 100;

    pub(super) fn filter(
        &self,
        topic: Option<&str>,
        since: Option<Duration>,
        state: Option<DeadLetterState>,
    ) -> Result<DeadLetterFilter, Failure> {
        Ok(DeadLetterFilter {
            topic: topic.map(|name| self.topic(name)).transpose()?,
            since: since.map(|age| SystemClock.now().before(age)),
            states: state.into_iter().collect(),
        })
    }

    fn topic(&self, name: &str) -> Result<Topic, Failure> {
        let topics = &self.settings.kafka.topics;
        let known = Topic::ALL.into_iter().find(|topic| topics.name(*topic) == name);
        known.ok_or_else(|| {
            let names = Topic::ALL.map(|topic| topics.name(topic)).join(" or ");
            Failure::Usage(format!("there is no topic {name:?}; give {names}"))
        })
    }

    /// What `view` keeps of those letters, by number, at most so many.
    pub(super) async fn collect<T>(
        &self,
        filter: &DeadLetterFilter,
        most: usize,
        view: impl Fn(&DeadLetter) -> T,
    ) -> Result<Vec<T>, StoreUnavailable> {
        let (mut found, mut after) = (Vec::new(), None);
        while found.len() < most {
            let limit = Self::PAGE.min(most - found.len());
            let letters = self.letters.dead_letters(filter, Page { after, limit }).await?;
            found.extend(letters.iter().map(&view));
            if letters.len() < limit {
                break;
            }
            after = letters.last().map(|letter| letter.id);
        }
        Ok(found)
    }
}
