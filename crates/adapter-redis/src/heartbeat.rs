use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use deadpool_redis::redis::{Value, cmd, from_redis_value};
use tokio::time::{Instant, MissedTickBehavior};

use crate::admission::Shared;
use crate::config::RedisDown;
use crate::info;
use crate::keys::{EPOCH, Keys};
use crate::link::Reply;
use crate::script::Command;

/// What was seen of Redis when the shop started.
#[derive(Debug, Clone, Default)]
pub(crate) struct Start {
    pub(crate) is_down: bool,
    pub(crate) run_id: Option<String>,
}

/// Notices once a second when Redis has lost what it knew: the epoch is gone, another process answers, or it was away.
pub(crate) struct Heartbeat {
    shared: Arc<Shared>,
    seen: Start,
}

impl Heartbeat {
    const EVERY: Duration = Duration::from_secs(1);

    pub(crate) const fn new(shared: Arc<Shared>, seen: Start) -> Self {
        Self { shared, seen }
    }

    pub(crate) async fn run(mut self) {
        let mut ticks = tokio::time::interval(Self::EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            match self.ask().await {
                Ok(replies) => self.answered(replies).await,
                Err(_) => self.seen.is_down = true,
            }
            self.shared.losses.announce(Instant::now());
        }
    }

    async fn ask(&self) -> Result<Vec<Reply>, RedisDown> {
        let mut commands = vec![epoch()];
        if self.shared.link.keys() == Keys::Plain {
            commands.push(info::ask("server"));
        }
        self.shared.link.ask(commands).await
    }

    async fn answered(&mut self, replies: Vec<Reply>) {
        if self.seen.is_down {
            self.shared.admission.close();
            self.shared.projection.close();
            self.shared.losses.suspect();
            self.seen.is_down = false;
        }
        let mut replies = replies.into_iter();
        if let Some(Ok(reply)) = replies.next() {
            self.compare_epoch(reply).await;
        }
        if let Some(Ok(reply)) = replies.next() {
            self.compare_run(reply);
        }
    }

    async fn compare_epoch(&self, reply: Value) {
        let known: Option<i64> = from_redis_value::<Vec<Option<Vec<u8>>>>(reply)
            .ok()
            .and_then(|values| str::from_utf8(values.first()?.as_deref()?).ok()?.parse().ok());
        if known.is_none() {
            self.shared.losses.suspect();
        }
        let epoch = self.shared.epoch.load(Ordering::Acquire);
        if known.is_none_or(|known| known < epoch) {
            let mut set = cmd("SET");
            set.arg(EPOCH).arg(epoch);
            // The next beat finds out whether it was set.
            let _ = self.shared.link.ask(vec![set.into()]).await;
        }
    }

    fn compare_run(&mut self, reply: Value) {
        let Some(run) = info::field(reply, "run_id") else { return };
        let before = self.seen.run_id.replace(run);
        if before.is_some() && before != self.seen.run_id {
            self.shared.losses.suspect();
        }
    }
}

/// MGET says "nothing" where GET would fail on a key of another type.
fn epoch() -> Command {
    let mut get = cmd("MGET");
    get.arg(EPOCH);
    get.into()
}
