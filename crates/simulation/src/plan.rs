//! Seed → what this run is like. Swarm testing: each seed has a random subset of the faults, at random rates, so that
//! faults which hide each other are also had alone.

use std::time::Duration;

use crate::rng::Rng;

/// The engines that a replica talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Engine {
    Store,
    Counters,
    Broker,
    Gateway,
}

impl Engine {
    pub(crate) const ALL: [Self; 4] = [Self::Store, Self::Counters, Self::Broker, Self::Gateway];

    /// How long a replica waits for an answer.
    pub(crate) const fn patience(self) -> Duration {
        match self {
            Self::Store => Duration::from_secs(2),
            Self::Counters => Duration::from_millis(50),
            Self::Broker => Duration::from_secs(5),
            Self::Gateway => Duration::from_secs(3),
        }
    }
}

/// The weather of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Nothing goes wrong; races only.
    Calm,
    /// Single calls fail or lose their answers, replicas crash now and then.
    Lossy,
    /// Links stop one by one and come back in another order.
    SwizzleClog,
    /// Everybody wants the few units of one product at once.
    FlashSale,
    /// One engine is away for a long time.
    LongOutage,
    /// The replicas' clocks disagree.
    Skew,
}

/// What the adversary may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mischief {
    KillReplica,
    StopReplica,
    CutLink,
    EngineDown,
    Swizzle,
    FlushCounters,
    RestartCounters,
    CopyCounters,
    FailOverCounters,
    LieHigh,
    LieLow,
    RunAhead,
    ForgetProduct,
    Rebalance,
    Poison,
    Duplicate,
    AskForReplay,
}

impl Mischief {
    const ALL: [Self; 17] = [
        Self::KillReplica,
        Self::StopReplica,
        Self::CutLink,
        Self::EngineDown,
        Self::Swizzle,
        Self::FlushCounters,
        Self::RestartCounters,
        Self::CopyCounters,
        Self::FailOverCounters,
        Self::LieHigh,
        Self::LieLow,
        Self::RunAhead,
        Self::ForgetProduct,
        Self::Rebalance,
        Self::Poison,
        Self::Duplicate,
        Self::AskForReplay,
    ];
}

/// How often single calls to an engine go wrong, in a million.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rates {
    /// Refused at once; surely nothing happened.
    pub(crate) refused: u64,
    /// The request is lost; the caller waits in vain.
    pub(crate) request_lost: u64,
    /// It happened, and the answer is lost.
    pub(crate) reply_lost: u64,
    /// The replica dies at this call, before or after its effect.
    pub(crate) crash: u64,
}

/// How long calls take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Latency {
    /// Usually up to so many milliseconds.
    pub(crate) usual: u64,
    /// Of 1,000 calls so many take up to 50 ms.
    pub(crate) slow: u64,
    /// Of 1,000 calls so many take up to 1.5 s.
    pub(crate) stuck: u64,
}

/// Everything about a run that its seed decides beforehand.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) profile: Profile,
    pub(crate) replicas: usize,
    pub(crate) clients: u64,
    pub(crate) operations: u64,
    /// Units of each product; none where they are not counted.
    pub(crate) products: Vec<Option<i64>>,
    /// Of 100 lines so many are of the first product.
    pub(crate) heat: u64,
    pub(crate) hold: Duration,
    pub(crate) ship_after: Duration,
    pub(crate) deliver_after: Duration,
    /// Milliseconds between a client's operations.
    pub(crate) think: u64,
    /// Whether a gateway is asked for the money; clients report what became of it otherwise.
    pub(crate) has_gateway: bool,
    pub(crate) latency: Latency,
    pub(crate) rates: [Rates; 4],
    pub(crate) mischief: Vec<Mischief>,
    /// Milliseconds between two acts of mischief.
    pub(crate) pause: u64,
    /// How far each replica's clock is ahead, in microseconds.
    pub(crate) skew: Vec<i64>,
    /// What is away for how long, in [`Profile::LongOutage`].
    pub(crate) outage: Option<(Engine, Duration)>,
}

impl Plan {
    /// The plan of a seed.
    pub(crate) fn of(rng: &mut Rng, operations: u64) -> Self {
        let profile = profile(rng);
        let calm = Self::calm(rng, profile, operations);
        match profile {
            Profile::Calm => calm,
            Profile::Lossy => Self { rates: lossy(rng), mischief: swarm(rng, 50), ..calm },
            Profile::SwizzleClog => {
                let mut mischief = swarm(rng, 20);
                mischief.push(Mischief::Swizzle);
                Self { mischief, ..calm }
            }
            Profile::FlashSale => {
                let units = rng.units(5, 40);
                let mut products = calm.products.clone();
                products.splice(..1, [Some(units)]);
                let (heat, think) = (90, 100);
                Self { products, heat, think, rates: lossy(rng), mischief: swarm(rng, 40), ..calm }
            }
            Profile::LongOutage => {
                let engine = rng.pick(&Engine::ALL).copied().unwrap_or(Engine::Broker);
                let outage = Some((engine, Duration::from_secs(rng.between(900, 7200))));
                let mischief = swarm(rng, 20);
                Self { outage, replicas: 1, think: 20_000, pause: 60_000, mischief, ..calm }
            }
            Profile::Skew => {
                let skew = (0..3).map(|_| rng.units(-900_000, 900_000)).collect();
                Self { skew, rates: lossy(rng), mischief: swarm(rng, 30), ..calm }
            }
        }
    }

    /// One replica, nobody else, and nothing that goes wrong.
    pub(crate) fn quiet() -> Self {
        let mut plan = Self::calm(&mut Rng::new(0), Profile::Calm, 0);
        (plan.replicas, plan.has_gateway) = (1, false);
        plan.products = vec![Some(100), Some(100), None];
        plan.latency = Latency { usual: 2, slow: 0, stuck: 0 };
        plan
    }

    fn calm(rng: &mut Rng, profile: Profile, operations: u64) -> Self {
        Self {
            profile,
            replicas: usize::try_from(rng.between(1, 3)).unwrap_or(1),
            clients: 10,
            operations,
            products: products(rng),
            heat: rng.between(10, 70),
            hold: Duration::from_secs(rng.between(20, 90)),
            ship_after: Duration::from_secs(rng.between(5, 40)),
            deliver_after: Duration::from_secs(rng.between(5, 60)),
            think: rng.between(100, 2_500),
            has_gateway: rng.percent(50),
            latency: Latency { usual: rng.between(1, 4), slow: rng.below(60), stuck: rng.below(4) },
            rates: [Rates::default(); 4],
            mischief: Vec::new(),
            pause: rng.between(300, 8_000),
            skew: vec![0; 3],
            outage: None,
        }
    }

    pub(crate) const fn rates(&self, engine: Engine) -> Rates {
        let [store, counters, broker, gateway] = self.rates;
        match engine {
            Engine::Store => store,
            Engine::Counters => counters,
            Engine::Broker => broker,
            Engine::Gateway => gateway,
        }
    }
}

const fn profile(rng: &mut Rng) -> Profile {
    match rng.below(100) {
        0..15 => Profile::Calm,
        15..50 => Profile::Lossy,
        50..65 => Profile::SwizzleClog,
        65..85 => Profile::FlashSale,
        85..88 => Profile::LongOutage,
        _ => Profile::Skew,
    }
}

fn products(rng: &mut Rng) -> Vec<Option<i64>> {
    let count = rng.between(2, 12);
    let mut products: Vec<_> = (0..count).map(|_| Some(rng.units(5, 200))).collect();
    products.push(None);
    products
}

fn lossy(rng: &mut Rng) -> [Rates; 4] {
    let mut rate = |most: u64| if rng.percent(50) { rng.below(most) } else { 0 };
    [(); 4].map(|()| Rates {
        refused: rate(20_000),
        request_lost: rate(10_000),
        reply_lost: rate(20_000),
        crash: rate(1_000),
    })
}

fn swarm(rng: &mut Rng, percent: u64) -> Vec<Mischief> {
    Mischief::ALL.into_iter().filter(|_| rng.percent(percent)).collect()
}
