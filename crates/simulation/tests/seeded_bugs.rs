//! The test of the tests: the simulation notices each of 32 deliberate defects.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use ordersystem_shared_kernel::{Bug, sow};
use ordersystem_simulation::{Order, run};

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
    let (next, missed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(bug) = Bug::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match caught(*bug) {
                        Some((seed, rule)) => println!("{bug:?}: seed {seed}: {rule}"),
                        None => missed.lock().unwrap().push(*bug),
                    }
                }
            });
        }
    });
    assert_eq!(*missed.lock().unwrap(), []);
}
