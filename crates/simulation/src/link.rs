use std::future::{self, Future};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep;

use crate::injection::Mode;
use crate::plan::Engine;
use crate::world::{Cut, World, lock};

/// What one life of a replica reaches the engines through: every call takes time, may go wrong, and may be its last.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) world: Arc<World>,
    pub(crate) replica: usize,
    life: Arc<Life>,
}

#[derive(Default)]
struct Life {
    is_over: AtomicBool,
    ended: Notify,
}

/// A call without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// Surely nothing happened.
    Refused,
    /// Nobody knows.
    Unknown,
}

/// How a call goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Fine,
    Refused,
    RequestLost,
    ReplyLost,
    CrashBefore,
    CrashAfter,
    Twice,
}

impl From<Mode> for Fate {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::CrashBefore => Self::CrashBefore,
            Mode::CrashAfter => Self::CrashAfter,
            Mode::Fails => Self::Refused,
            Mode::TimesOutApplied => Self::ReplyLost,
            Mode::TimesOutNotApplied => Self::RequestLost,
            Mode::Twice => Self::Twice,
        }
    }
}

impl Link {
    /// Of a replica that starts now.
    pub(crate) fn new(world: Arc<World>, replica: usize) -> Self {
        Self { world, replica, life: Arc::default() }
    }

    /// Ends this life: whatever still runs of it never gets any further.
    pub(crate) fn kill(&self) {
        self.life.is_over.store(true, Ordering::SeqCst);
        self.life.ended.notify_one();
    }

    /// Returns when this life ends at one of its own calls.
    pub(crate) async fn ended(&self) {
        self.life.ended.notified().await;
    }

    /// Calls an engine. `effect` is what the call does there, at one moment or not at all.
    pub(crate) async fn call<T, F>(
        &self,
        engine: Engine,
        name: &'static str,
        effect: impl Fn() -> F,
    ) -> Result<T, Lost>
    where
        F: Future<Output = T>,
    {
        let fate = self.fate(engine, name);
        if fate == Fate::CrashBefore {
            self.crash(name).await;
        }
        self.take_time().await;
        if fate == Fate::Refused {
            self.tell(name, "refused");
            return Err(Lost::Refused);
        }
        if fate == Fate::RequestLost {
            return self.in_vain(engine, name, "request lost").await;
        }
        let answer = effect().await;
        if fate == Fate::Twice {
            self.tell(name, "twice");
            let _second = effect().await;
        }
        match fate {
            Fate::CrashAfter => self.crash(name).await,
            Fate::ReplyLost => return self.in_vain(engine, name, "reply lost").await,
            _ => self.tell(name, "ok"),
        }
        if self.world.rng().percent(20) {
            self.take_time().await;
        }
        Ok(answer)
    }

    fn fate(&self, engine: Engine, name: &'static str) -> Fate {
        if let Some(mode) = self.world.injection.next(name) {
            return mode.into();
        }
        match self.world.is_cut(engine, self.replica) {
            Some(Cut::Refuses) => return Fate::Refused,
            Some(Cut::Hangs) => return Fate::RequestLost,
            None => {}
        }
        if !lock(&self.world.faults).random {
            return Fate::Fine;
        }
        let (rates, mut rng) = (self.world.plan.rates(engine), self.world.rng());
        match () {
            () if rng.chance(rates.crash) && rng.percent(50) => Fate::CrashBefore,
            () if rng.chance(rates.crash) => Fate::CrashAfter,
            () if rng.chance(rates.refused) => Fate::Refused,
            () if rng.chance(rates.request_lost) => Fate::RequestLost,
            () if rng.chance(rates.reply_lost) => Fate::ReplyLost,
            () => Fate::Fine,
        }
    }

    async fn take_time(&self) {
        let latency = self.world.plan.latency;
        let time = {
            let mut rng = self.world.rng();
            match rng.below(1_000) {
                class if class < latency.stuck => rng.millis(50, 1_500),
                class if class < latency.stuck + latency.slow => rng.millis(5, 50),
                _ => rng.millis(0, latency.usual),
            }
        };
        if !time.is_zero() {
            sleep(time).await;
        }
        self.alive().await;
    }

    async fn in_vain<T>(
        &self,
        engine: Engine,
        name: &'static str,
        why: &'static str,
    ) -> Result<T, Lost> {
        self.tell(name, why);
        self.wait(engine.patience()).await;
        Err(Lost::Unknown)
    }

    /// Sleeps, as long as this life goes on.
    pub(crate) async fn wait(&self, time: Duration) {
        sleep(time).await;
        self.alive().await;
    }

    /// Never returns once this life is over.
    async fn alive(&self) {
        if self.life.is_over.load(Ordering::SeqCst) {
            future::pending::<()>().await;
        }
    }

    async fn crash(&self, name: &'static str) {
        self.tell(name, "CRASH");
        self.kill();
        future::pending::<()>().await;
    }

    pub(crate) fn tell(&self, name: &str, how: &str) {
        self.world.tell(format_args!("r{} {name} {how}", self.replica));
    }
}
