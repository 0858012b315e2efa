//! T8: two replicas under mixed load, and again and again one of the processes dies by `kill -9`: a replica, the postmaster,
//! Redis, the broker. At quiet points the clients' log is compared with the database, the topics and the counters.
//!
//! `KILLS` says how many; every fifty kills begin in a new world. With `KILL_LOOP_STATE`, a file, a run that was interrupted
//! goes on after the last world that it has finished.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::fs::OpenOptions;
use std::io::Write;
use std::time::{Duration, Instant};

use ordersystem_test_engines::postgres::Database;
use ordersystem_test_engines::{kafka, postgres};

use crate::chance::{Chance, seed};
use crate::log::{Asked, Log};
use crate::machine;
use crate::replicas::Replicas;
use crate::support::{Engines, World, scaled, wait_until};
use crate::traffic::Traffic;
use crate::witness::{Witness, committed, listed};

/// Holds end soon, parcels move soon: at a quiet point every order has ended.
const SETTINGS: [&str; 6] = [
    "--ship-delay-seconds",
    "1",
    "--delivery-delay-seconds",
    "1",
    "--set",
    "inventory.reservation-ttl-seconds=5",
];
/// How soon somebody is served again after a kill.
const RECOVERY: Duration = Duration::from_secs(5);
/// Kills in one world, and between two quiet points.
const CHUNK: usize = 50;
const ROUND: usize = 10;

/// Who is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Victim {
    Replica,
    Postgres,
    Redis,
    /// Nobody dies, and yet everything that Redis knew is gone.
    RedisFlushed,
    Kafka,
}

impl fmt::Display for Victim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl Victim {
    fn any(chance: &mut Chance) -> Self {
        match chance.below(20) {
            0..8 => Self::Replica,
            8..12 => Self::Postgres,
            12..15 => Self::Redis,
            15..17 => Self::RedisFlushed,
            _ => Self::Kafka,
        }
    }
}

/// One kill.
struct Kill {
    victim: Victim,
    /// Until the first command that was sent afterwards is carried out.
    recovery: Duration,
    /// The longest time in which no command was carried out, up to the next kill.
    silence: Duration,
}

/// Two replicas on engines that may all die.
struct Shop {
    replicas: Replicas,
    products: Vec<i64>,
    log: Log,
    world: World,
    /// Last, because what is above ends on them.
    postgres: postgres::Server,
    kafka: kafka::Server,
}

impl Shop {
    fn open() -> Self {
        let (postgres, kafka) = (postgres::Server::start(), kafka::Server::start());
        let database = Database::fresh_on(postgres.url());
        let world = World::on(Engines::of(database, kafka.address()));
        let replicas = Replicas::start(&world, 2, &SETTINGS);
        let client = replicas.client(0).0;
        // The first two are hot: one is sold out soon, and now and then not.
        let stock = [60, 1_000_000, 40, 1_000, 1_000, 1_000];
        let products = stock.map(|stock| client.new_product(stock)).to_vec();
        Self { replicas, products, log: Log::new(), world, postgres, kafka }
    }

    /// Kills one after the other under load.
    fn round(&self, kills: usize, chance: &mut Chance) -> Vec<Kill> {
        Traffic::during(&self.replicas, &self.log, &self.products, chance, |chance| {
            self.go_on_for(Duration::from_secs(1));
            (0..kills).map(|_| self.kill(Victim::any(chance), chance)).collect()
        })
    }

    /// The load goes on for so long.
    fn go_on_for(&self, time: Duration) {
        let end = Instant::now() + time;
        wait_until("the time is over", || Instant::now() >= end);
    }

    /// Kills somebody, and brings them back; the load goes on for a while before the next one's turn.
    fn kill(&self, victim: Victim, chance: &mut Chance) -> Kill {
        let begin = self.log.now();
        let (since, recovery) = match victim {
            Victim::Replica => self.kill_replica(chance.below(self.replicas.count())),
            Victim::Postgres => {
                self.postgres.kill();
                self.postgres.restart();
                self.recovery(|_| true)
            }
            Victim::Redis => self.kill_redis(chance),
            Victim::RedisFlushed => {
                self.world.engines().redis().cli(&["FLUSHALL"]);
                self.recovery(|_| true)
            }
            Victim::Kafka => {
                self.kafka.kill();
                let recovery = self.recovery(|_| true);
                self.kafka.restart();
                recovery
            }
        };
        self.go_on_for(Duration::from_millis(500 + u64::try_from(chance.below(2_500)).unwrap()));
        let silence = self.log.longest_silence(since);
        let answers = self.log.answers(begin);
        println!("{victim} killed: served after {recovery:?}, silence {silence:?}; {answers}");
        Kill { victim, recovery, silence }
    }

    fn kill_replica(&self, place: usize) -> (Duration, Duration) {
        let birth = self.replicas.kill(place);
        let recovery = self.recovery(|by| by != birth);
        self.replicas.replace(place);
        recovery
    }

    /// Sometimes it is back at once, sometimes it stays away for a while.
    fn kill_redis(&self, chance: &mut Chance) -> (Duration, Duration) {
        let engines = self.world.engines();
        engines.redis().kill();
        let recovery = self.recovery(|_| true);
        if chance.percent(50) {
            self.go_on_for(Duration::from_secs(2));
        }
        engines.wait(engines.redis().restart());
        recovery
    }

    /// Now, and how long it takes until a command that was sent after now is carried out.
    fn recovery(&self, by: impl Fn(usize) -> bool) -> (Duration, Duration) {
        let since = self.log.now();
        let mut first = None;
        wait_until("somebody is served again", || {
            first = self.log.first_success(since, &by);
            first.is_some()
        });
        (since, first.unwrap() - since)
    }

    /// Nobody asks for anything any more, everything ends, and then everything has to agree.
    fn check_at_rest(&self) {
        let took = Instant::now();
        let engines = self.world.engines();
        self.learn_what_became_of_open_keys();
        self.settle_what_is_open();
        engines.wait_until_everything_is_published();
        self.wait_until_everything_is_consumed();
        engines.wait_until_counters_are_right();
        engines.check_topics();
        self.world.verify();
        let committed = committed(engines);
        let listed = listed(&self.replicas.client(0).0);
        let entries = self.log.entries();
        let found = Witness::contradictions(&committed, &entries, &listed);
        assert!(
            found.is_empty(),
            "{} contradictions: {:#?}",
            found.len(),
            &found[..found.len().min(10)]
        );
        let (asked, orders) = (entries.len(), listed.len());
        println!(
            "at rest: {asked} requests, {orders} orders, nothing contradicts ({:?})",
            took.elapsed()
        );
    }

    fn learn_what_became_of_open_keys(&self) {
        for (key, lines) in self.log.open_keys() {
            wait_until("somebody says what became of an order", || {
                let (client, by) = self.replicas.client(0);
                let asked = Asked::Place { key: Some(key.clone()), lines: lines.clone() };
                [201, 400].contains(&self.log.ask(&client, by, asked).status)
            });
        }
    }

    /// The gateway answers at last; holds run out, parcels arrive.
    fn settle_what_is_open(&self) {
        let waiting = "/api/orders?limit=100&status=PAYMENT_REQUESTED";
        wait_until("every order has ended", || {
            let (client, by) = self.replicas.client(1);
            for order in client.data(waiting)["items"].as_array().unwrap() {
                let order = order["orderId"].as_i64().unwrap();
                self.log.ask(&client, by, Asked::Settle(order, true));
            }
            let open = "SELECT count(*) FROM orders WHERE status NOT IN ('DELIVERED', 'CANCELLED')";
            self.world.engines().number(open) == 0
        });
    }

    fn wait_until_everything_is_consumed(&self) {
        let engines = self.world.engines();
        let groups = [
            ("ordersystem-group", "order-events"),
            ("ordersystem-group-inventory", "inventory-events"),
        ];
        for (group, topic) in groups {
            let group = format!("{}{group}", engines.group_prefix());
            wait_until("everything is consumed", || engines.topics().lag(&group, topic) == 0);
        }
    }
}

/// The kills of a world, with a look at everything after each ten.
fn chunk(seed: u64, kills: usize) -> Vec<Kill> {
    let shop = Shop::open();
    let mut chance = Chance::of(seed);
    let mut all = Vec::new();
    while all.len() < kills {
        all.extend(shop.round(ROUND.min(kills - all.len()), &mut chance));
        shop.check_at_rest();
    }
    all
}

/// What was killed so far, by victim: how long each took to recover, and the longest silence, in milliseconds.
#[derive(Default)]
struct Score(BTreeMap<String, Vec<(u64, u64)>>);

impl Score {
    /// Of the runs before this one.
    fn restored() -> Self {
        let mut score = Self::default();
        let text = state().and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
        for line in text.lines() {
            let [victim, recovery, silence] = line.split(' ').collect::<Vec<_>>()[..] else {
                continue;
            };
            let times = (recovery.parse().unwrap(), silence.parse().unwrap());
            score.0.entry(victim.to_owned()).or_default().push(times);
        }
        score
    }

    fn kills(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }

    fn add(&mut self, kills: &[Kill]) {
        let mut lines = String::new();
        for Kill { victim, recovery, silence } in kills {
            let [recovery, silence] =
                [recovery, silence].map(|time| u64::try_from(time.as_millis()).unwrap());
            lines += &format!("{victim} {recovery} {silence}\n");
            self.0.entry(victim.to_string()).or_default().push((recovery, silence));
        }
        if let Some(path) = state() {
            let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
            file.write_all(lines.as_bytes()).unwrap();
        }
    }

    fn tell(&self) {
        let all: Vec<_> = self.0.values().flatten().copied().collect();
        let kills = all.len();
        println!("kill loop: {kills} kills, 0 lost, 0 oversold; {}", times(&all));
        for (victim, of_victim) in &self.0 {
            println!("  {victim}: {} kills; {}", of_victim.len(), times(of_victim));
        }
    }
}

fn state() -> Option<OsString> {
    std::env::var_os("KILL_LOOP_STATE")
}

fn times(of: &[(u64, u64)]) -> String {
    let figures = |time: fn(&(u64, u64)) -> u64| {
        let mut times: Vec<_> = of.iter().map(time).collect();
        times.sort_unstable();
        format!("p50 {} ms, max {} ms", times[times.len() / 2], times[times.len() - 1])
    };
    format!(
        "recovery {}; silence {}",
        figures(|(recovery, _)| *recovery),
        figures(|(_, silence)| *silence)
    )
}

#[test]
fn t8_nothing_that_was_acknowledged_is_lost_whoever_dies() {
    let _alone = machine::alone();
    let wanted = std::env::var("KILLS").ok().map(|kills| kills.parse().unwrap());
    let wanted = wanted.unwrap_or_else(|| scaled(30, 1_000));
    let mut score = Score::restored();
    let mut chance = Chance::of(seed());
    while score.kills() < wanted {
        let seed = chance.seed();
        println!("a world of seed {seed}");
        score.add(&chunk(seed, CHUNK.min(wanted - score.kills())));
    }
    score.tell();
    let slowest = score.0.values().flatten().map(|(recovery, silence)| recovery.max(silence)).max();
    let slowest = Duration::from_millis(slowest.copied().unwrap_or_default());
    assert!(slowest <= RECOVERY, "nobody was served for {slowest:?}");
    drop(state().map(std::fs::remove_file));
}
