//! The test of the tests: the simulation notices each of 32 deliberate defects.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

use std::sync::Mutex;

use ordersystem_shared_kernel::{Bug, sow};
use ordersystem_simulation::{Order, run, spread};

/// A bug that so many seeds do not notice is not noticed.
const SEEDS: u64 = 300;

/// The first seed that breaks a rule with this bug, and which rule.
fn caught(bug: Bug) -> Option<(u64, String)> {
    sow(Some(bug));
    let found = (0..SEEDS).find_map(|seed| {
        let report = run(Order { seed, operations: 500, keep: 0 }).unwrap();
        Some((seed, report.broken.into_iter().next()?))
    });
    sow(None);
    found
}

#[test]
fn every_seeded_bug_is_caught() {
    let missed = Mutex::new(Vec::new());
    spread(2, 0..u64::try_from(Bug::ALL.len()).unwrap(), |place| {
        let bug = Bug::ALL[usize::try_from(place).unwrap()];
        match caught(bug) {
            Some((seed, rule)) => println!("{bug:?}: seed {seed}: {rule}"),
            None => missed.lock().unwrap().push(bug),
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(*missed.lock().unwrap(), []);
}
