//! The time of the server, which all of its replicas agree on.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use diesel::define_sql_function;
use diesel_async::RunQueryDsl as _;
use futures_util::FutureExt as _;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use ordersystem_application::StoreUnavailable;
use ordersystem_shared_kernel::{Clock, Timestamp};

use super::readers::Readers;
use crate::rows::Micros;
use crate::schema::types::DbTs;

define_sql_function! {
    fn clock_timestamp() -> DbTs;
}

/// How often the clock is compared with the server's.
const EVERY: Duration = Duration::from_secs(10);

/// By how much the clock would rather stand still than run backwards.
const STAND_STILL: i64 = 1_000_000;

/// Tells the server's time without a question each time.
///
/// A question every ten seconds says that the server's clock stood somewhere between two moments of ours: the clock is right
/// to half of that round trip, and to what the two clocks drift apart in ten seconds (a millisecond at 100 ppm). It is moved
/// only when it is provably wrong, and then as little as possible. While it has to go back by up to a second it stands still;
/// only a server that was set back by more takes it back with it. It counts on from the last answer with the monotonic clock
/// of this machine, so that nobody who sets that machine's time disturbs it; a machine that was suspended is late until the
/// next answer.
pub(super) struct ServerClock {
    known: RwLock<Known>,
}

/// What was the server's time at a moment of ours.
struct Known {
    when: Instant,
    server: i64,
    /// The latest time that was told since. It lies behind the same lock: whoever reckons from what is no longer known
    /// cannot bring its time back.
    told: AtomicI64,
}

/// The server's time at some moment between two of ours.
#[derive(Debug, Clone, Copy)]
struct Sample {
    asked: Instant,
    answered: Instant,
    server: i64,
}

/// Ends the comparisons when it is dropped.
pub(super) struct Comparison(JoinHandle<()>);

impl Drop for Comparison {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl ServerClock {
    /// Right from the start.
    pub(super) async fn start(
        readers: &Readers,
    ) -> Result<(Arc<Self>, Comparison), StoreUnavailable> {
        let clock = Arc::new(Self::at(Sample::best_of(readers).await?));
        let (compared, readers) = (Arc::clone(&clock), readers.clone());
        let comparison = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                // The log has said why when there is none.
                if let Ok(sample) = Sample::best_of(&readers).await {
                    compared.learn(sample);
                }
            }
        });
        Ok((clock, Comparison(comparison)))
    }

    fn at(sample: Sample) -> Self {
        let server = sample.server.saturating_sub(sample.round_trip() / 2);
        let known = Known { when: sample.asked, server, told: AtomicI64::new(i64::MIN) };
        Self { known: RwLock::new(known) }
    }

    fn learn(&self, sample: Sample) {
        // The server's time when the answer came lies between these two.
        let (least, most) = (sample.server, sample.server.saturating_add(sample.round_trip()));
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let believed = known.at(sample.answered);
        let right = believed.clamp(least, most);
        if right == believed {
            return;
        }
        let set_back = right < believed.saturating_sub(STAND_STILL);
        let told = if set_back { i64::MIN } else { *known.told.get_mut() };
        *known = Known { when: sample.answered, server: right, told: AtomicI64::new(told) };
    }

    fn tell(&self, moment: Instant) -> Timestamp {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let now = known.at(moment);
        Timestamp::from_micros(known.told.fetch_max(now, Ordering::Relaxed).max(now))
    }
}

impl Known {
    fn at(&self, moment: Instant) -> i64 {
        match moment.checked_duration_since(self.when) {
            Some(later) => self.server.saturating_add(micros(later)),
            None => self.server.saturating_sub(micros(self.when.duration_since(moment))),
        }
    }
}

impl Clock for ServerClock {
    fn now(&self) -> Timestamp {
        self.tell(Instant::now())
    }
}

impl Sample {
    /// The first question of a connection takes longer than the others.
    async fn best_of(readers: &Readers) -> Result<Self, StoreUnavailable> {
        let samples = readers.read("the time", |connection| {
            async move {
                let mut best = Self::take(connection).await?;
                for _ in 0..2 {
                    let next = Self::take(connection).await?;
                    if next.round_trip() < best.round_trip() {
                        best = next;
                    }
                }
                Ok(best)
            }
            .boxed()
        });
        samples.await
    }

    async fn take(connection: &mut diesel_async::AsyncPgConnection) -> diesel::QueryResult<Self> {
        let asked = Instant::now();
        let Micros(server) = diesel::select(clock_timestamp()).get_result(connection).await?;
        Ok(Self { asked, answered: Instant::now(), server: server.as_micros() })
    }

    fn round_trip(self) -> i64 {
        micros(self.answered.saturating_duration_since(self.asked))
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    /// A server that is `server` seconds old after `local` seconds of ours, asked with a round trip of 10 ms.
    fn sample(start: Instant, local: u64, server: i64) -> Sample {
        let answered = start + Duration::from_secs(local);
        Sample { asked: answered - Duration::from_millis(10), answered, server: server * SECOND }
    }

    fn told(clock: &ServerClock, start: Instant, local: u64) -> i64 {
        clock.tell(start + Duration::from_secs(local)).as_micros()
    }

    #[test]
    fn is_right_to_half_of_a_round_trip() {
        let start = Instant::now();
        let clock = ServerClock::at(sample(start, 100, 5_000));
        assert_eq!(told(&clock, start, 100), 5_000 * SECOND + 5_000);
        assert_eq!(told(&clock, start, 107), 5_007 * SECOND + 5_000);
    }

    #[test]
    fn is_not_moved_while_it_may_be_right() {
        let start = Instant::now();
        let clock = ServerClock::at(sample(start, 100, 5_000));
        clock.learn(sample(start, 110, 5_010));
        assert_eq!(told(&clock, start, 110), 5_010 * SECOND + 5_000);
    }

    #[test]
    fn follows_a_server_that_is_ahead() {
        let start = Instant::now();
        let clock = ServerClock::at(sample(start, 100, 5_000));
        clock.learn(sample(start, 110, 5_012));
        assert_eq!(told(&clock, start, 110), 5_012 * SECOND, "the least that can be right");
        assert_eq!(told(&clock, start, 111), 5_013 * SECOND);
    }

    #[test]
    fn stands_still_rather_than_run_backwards() {
        let start = Instant::now();
        let clock = ServerClock::at(sample(start, 100, 5_000));
        assert_eq!(told(&clock, start, 110), 5_010 * SECOND + 5_000);
        clock.learn(Sample { server: 5_010 * SECOND - SECOND / 2, ..sample(start, 110, 0) });
        assert_eq!(told(&clock, start, 110), 5_010 * SECOND + 5_000);
        assert_eq!(told(&clock, start, 111), 5_010 * SECOND + SECOND / 2 + 10_000);
    }

    #[test]
    fn goes_back_with_a_server_that_was_set_back() {
        let start = Instant::now();
        let clock = ServerClock::at(sample(start, 100, 5_000));
        assert_eq!(told(&clock, start, 110), 5_010 * SECOND + 5_000);
        clock.learn(sample(start, 110, 4_000));
        assert_eq!(told(&clock, start, 110), 4_000 * SECOND + 10_000);
    }

    /// Somebody who was asked just before the server was set back would else keep the clock where it was.
    #[test]
    fn nobody_brings_the_old_time_back() {
        let start = Instant::now();
        let clock = ServerClock::at(sample(start, 100, 5_000));
        let asks = || {
            (0..2_000_000).for_each(|_| {
                told(&clock, start, 110);
            })
        };
        std::thread::scope(|scope| {
            let asking = scope.spawn(asks);
            while !asking.is_finished() {
                clock.learn(sample(start, 110, 5_010));
                clock.learn(sample(start, 110, 4_000));
                assert!(told(&clock, start, 110) < 4_001 * SECOND, "the clock stands still");
            }
        });
    }
}
