use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use ordersystem_inventory::{Admission, Counters, Fence, StockAdmission, StockLevel};
use ordersystem_shared_kernel::{ProductId, Quantity};
use tokio::time::Instant;

use crate::counter_server::Projected;
use crate::link::{Link, Lost};
use crate::plan::Engine;
use crate::world::lock;

/// What `RedisAdmission` is to a replica: never an error, a breaker, and a heartbeat that notices losses.
pub(crate) struct SimCounters {
    link: Link,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    epoch: i64,
    run: Option<u64>,
    is_down: bool,
    failures: u32,
    open_until: Option<Instant>,
    suspected: bool,
    unprojected: bool,
    announced: Option<Instant>,
}

impl SimCounters {
    const BEAT: Duration = Duration::from_secs(1);
    const SPACING: Duration = Duration::from_secs(5);
    const IN_A_ROW: u32 = 5;
    const OPEN: Duration = Duration::from_secs(2);

    pub(crate) const fn new(link: Link) -> Self {
        let state = State {
            epoch: 1,
            run: None,
            is_down: false,
            failures: 0,
            open_until: None,
            suspected: false,
            unprojected: false,
            announced: None,
        };
        Self { link, state: Mutex::new(state) }
    }

    /// Whether the server may be asked.
    fn allows(&self) -> bool {
        let (now, mut state) = (Instant::now(), lock(&self.state));
        match state.open_until {
            None => true,
            Some(until) if until > now => false,
            Some(_) => {
                state.open_until = Some(now + Self::OPEN);
                true
            }
        }
    }

    fn report<T>(&self, answer: &Result<T, Lost>) {
        let mut state = lock(&self.state);
        match answer {
            Ok(_) => {
                state.suspected |= state.open_until.take().is_some();
                state.failures = 0;
            }
            Err(_) => {
                state.failures += 1;
                if state.failures >= Self::IN_A_ROW {
                    state.open_until = Some(Instant::now() + Self::OPEN);
                }
            }
        }
    }

    async fn beat(&self) {
        let epoch = lock(&self.state).epoch;
        let beat = || async { self.link.world.counters.beat(epoch) };
        let answer = self.link.call(Engine::Counters, "counters.beat", beat).await;
        let mut state = lock(&self.state);
        let Ok((run, known)) = answer else {
            state.is_down = true;
            return;
        };
        let is_another = state.run.replace(run).is_some_and(|before| before != run);
        state.suspected |= state.is_down || known.is_none() || is_another;
        (state.is_down, state.open_until, state.failures) = (false, None, 0);
    }

    /// Whether the loss that is suspected is to be told now.
    fn announce(&self) -> bool {
        let (now, mut state) = (Instant::now(), lock(&self.state));
        let due = state.announced.is_none_or(|last| now.duration_since(last) >= Self::SPACING);
        let announced = state.suspected && due;
        if announced {
            (state.announced, state.suspected) = (Some(now), false);
        }
        announced
    }

    /// What is projected must be what the store said, whoever projects it.
    fn check(&self, levels: &[StockLevel]) {
        for level in levels {
            let said = self.link.world.store.level_at(level.product, level.version);
            if said != Some(*level) {
                let product = level.product;
                self.link.world.broken(format!(
                    "I4 product {product}: {level:?} is projected, the store said {said:?}"
                ));
            }
        }
    }

    fn note(&self, projected: &Projected) {
        for product in &projected.set_back {
            self.link.world.broken(format!("I4 product {product}: an older projection overwrote"));
        }
        let mut state = lock(&self.state);
        state.suspected |= projected.was_empty || state.unprojected;
        state.unprojected = false;
    }
}

#[async_trait]
impl StockAdmission for SimCounters {
    async fn admit(&self, lines: &[(ProductId, Quantity)]) -> Admission {
        if !self.allows() {
            return Admission::Unknown;
        }
        let admit = || async { self.link.world.counters.admit(lines) };
        let answer = self.link.call(Engine::Counters, "counters.admit", admit).await;
        self.report(&answer);
        answer.unwrap_or(Admission::Unknown)
    }

    async fn project(&self, levels: &[StockLevel]) -> Vec<ProductId> {
        self.check(levels);
        if !self.allows() {
            lock(&self.state).unprojected = true;
            return Vec::new();
        }
        let epoch = lock(&self.state).epoch;
        let project = || async { self.link.world.counters.project(epoch, levels) };
        let answer = self.link.call(Engine::Counters, "counters.project", project).await;
        self.report(&answer);
        match answer {
            Ok(projected) => {
                self.note(&projected);
                projected.overtaken
            }
            Err(_) => {
                lock(&self.state).unprojected = true;
                Vec::new()
            }
        }
    }

    fn enter_epoch(&self, epoch: i64) {
        let mut state = lock(&self.state);
        state.epoch = state.epoch.max(epoch);
    }

    async fn wait_for_loss(&self) {
        loop {
            self.link.wait(Self::BEAT).await;
            self.beat().await;
            if self.announce() {
                return;
            }
        }
    }

    async fn fences(&self, products: &[ProductId]) -> Vec<Option<Fence>> {
        let fences = || async { self.link.world.counters.fences(products) };
        let answer = self.link.call(Engine::Counters, "counters.fences", fences).await;
        answer.unwrap_or_else(|_| vec![None; products.len()])
    }

    async fn counters(&self, products: &[ProductId]) -> Vec<Option<Counters>> {
        let counters = || async { self.link.world.counters.counters(products) };
        let answer = self.link.call(Engine::Counters, "counters.read", counters).await;
        answer.unwrap_or_else(|_| vec![None; products.len()])
    }
}
