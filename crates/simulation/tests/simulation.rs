//! The short form of the simulation: what every landing runs. The long form is `just sim`.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

use ordersystem_simulation::{Order, Report, run, spread};

const SEEDS: u64 = 2_000;
const OPERATIONS: u64 = 500;

fn order(seed: u64) -> Order {
    Order { seed, operations: OPERATIONS, keep: 0 }
}

/// Runs the seeds on both cores.
fn for_each(seeds: u64, check: impl Fn(Report) + Sync) {
    spread(2, 0..seeds, |seed| run(order(seed)).map(&check)).unwrap();
}

#[test]
fn no_seed_breaks_a_rule() {
    for_each(SEEDS, |report| {
        if !report.broken.is_empty() {
            let seen = run(Order { keep: 200, ..report.order }).unwrap();
            panic!("\n{seen}\n");
        }
    });
}

#[test]
fn the_same_seed_is_the_same_run() {
    for_each(100, |first| {
        let again = run(first.order).unwrap();
        assert_eq!((first.hash, first.lines), (again.hash, again.lines), "{:?}", first.order);
    });
}
