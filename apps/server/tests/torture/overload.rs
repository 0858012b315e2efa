//! T18: ten times as many orders as the server can accept. What it accepts it accepts soon, everybody else is told to come
//! back later, it does not grow, and when the rush is over it is as before.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use ordersystem_test_engines::proxy::Mode;

use crate::machine;
use crate::support::{Server, World, scaled, wait_at_most};
use crate::swarm::{Call, Swarm};
use crate::wire;

/// A database that is far away makes a server slow that could otherwise not be overloaded from the same machine.
const DATABASE_DELAY: Duration = Duration::from_millis(20);
const SETTINGS: [&str; 6] = [
    "--set",
    "store.writers=1",
    "--set",
    "store.group-commit-max=8",
    "--set",
    "store.queue-age-milliseconds=500",
];
/// Whoever gets a 201 gets it this soon, but for one in a hundred.
const ACCEPTED_WITHIN: Duration = Duration::from_secs(1);
const RECOVERY: Duration = Duration::from_secs(5);
/// I27.
const LARGEST: u64 = 512 << 10;
const TIMES: usize = 10;

#[test]
fn t18_ten_times_as_much_as_it_can_bear() {
    let _alone = machine::alone();
    let world = World::full();
    let (proxy, url) = world.engines().proxy_to_database();
    let settings = [&SETTINGS[..], &["--database-url", &url]].concat();
    let server = world.start(&settings);
    let product = server.client().new_product(100_000_000);
    proxy.set(Mode::Delay(DATABASE_DELAY));
    let capacity = capacity(&server, product);
    let before = resident(&server, "VmRSS");
    println!("accepts {capacity} orders/s; {before} KiB");
    let seconds = u64::try_from(scaled(30, 600)).unwrap();
    let swarm = Swarm::new(&[wire::address(server.url())], 500);
    let began = Instant::now();
    let time = Duration::from_secs(seconds);
    let calls = swarm.flood(TIMES * capacity, time, &wire::order(product, None));
    let took = began.elapsed();
    let recovery = recovery(&server, product);
    let peak = resident(&server, "VmHWM");
    let (accepted, refused) = tell(&calls, took);
    println!("recovered after {recovery:?}; {peak} KiB at most");
    check(&calls, &accepted, &refused);
    assert!(recovery <= RECOVERY, "it took {recovery:?} to recover");
    assert!(peak <= LARGEST, "{peak} KiB");
    proxy.set(Mode::Pass);
    world.engines().wait_until_everything_is_published();
    world.engines().wait_until_counters_are_right();
    world.verify();
}

/// Orders in a second when as many customers as fill its batches wait for their answers.
fn capacity(server: &Server, product: i64) -> usize {
    let swarm = Swarm::new(&[wire::address(server.url())], 32);
    let began = Instant::now();
    let calls = swarm.insist(400, |_| wire::order(product, None), |_| {});
    calls.len() * 1_000 / usize::try_from(began.elapsed().as_millis()).unwrap()
}

fn times(calls: &[Call], statuses: impl Fn(u16) -> bool) -> Vec<Duration> {
    let calls = calls.iter().filter(|call| statuses(call.reply.status));
    let mut times: Vec<_> = calls.map(|call| call.answered - call.sent).collect();
    times.sort_unstable();
    times
}

fn percentile(times: &[Duration], percent: usize) -> Duration {
    times
        .get((times.len() * percent / 100).min(times.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}

fn tell(calls: &[Call], took: Duration) -> (Vec<Duration>, Vec<Duration>) {
    let mut statuses = BTreeMap::<u16, usize>::new();
    for call in calls {
        *statuses.entry(call.reply.status).or_default() += 1;
    }
    println!("{} orders in {took:?}: {statuses:?}", calls.len());
    let accepted = times(calls, |status| status == 201);
    let refused = times(calls, |status| status == 503 || status == 429);
    for (name, times) in [("accepted", &accepted), ("refused", &refused)] {
        let [p50, p99, max] = [50, 99, 100].map(|percent| percentile(times, percent));
        println!("{name}: {}, p50 {p50:?}, p99 {p99:?}, max {max:?}", times.len());
    }
    (accepted, refused)
}

fn check(calls: &[Call], accepted: &[Duration], refused: &[Duration]) {
    let clear = |call: &&Call| match call.reply.status {
        201 => true,
        429 | 503 => call.reply.has_retry_after,
        _ => false,
    };
    let unclear = calls.iter().filter(|call| !clear(call)).count();
    assert_eq!(unclear, 0, "answers that are neither 201 nor 429 nor 503 with Retry-After");
    assert_eq!(accepted.len() + refused.len(), calls.len());
    let p99 = percentile(accepted, 99);
    assert!(p99 <= ACCEPTED_WITHIN, "one in a hundred who were accepted waited for {p99:?}");
}

/// Until three orders in a row are accepted as quickly as before.
fn recovery(server: &Server, product: i64) -> Duration {
    let client = server.client();
    let mut in_a_row = 0;
    wait_at_most(Duration::from_secs(60), "orders are accepted quickly again", || {
        let began = Instant::now();
        let accepted = client.order(product, 1).is_ok_and(|(status, _)| status == 201);
        let is_quick = accepted && began.elapsed() < Duration::from_millis(500);
        in_a_row = if is_quick { in_a_row + 1 } else { 0 };
        in_a_row == 3
    })
}

/// Of the process, in KiB.
fn resident(server: &Server, of: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(of)).unwrap();
    line.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap()
}
