//! Crash at every step: each call of each use case and part goes wrong once in every way.

use ordersystem_simulation::{Act, Mode, Outcome, steps};

/// A call that goes wrong is reached, and nothing is broken once a new process has taken over.
fn check(outcome: &Outcome) {
    assert_eq!(outcome.was_hit, outcome.target.is_some(), "{outcome:?}");
    assert!(outcome.broken.is_empty(), "\n{outcome:#?}\n");
}

/// How many seeds: the calls are the same, what goes on beside them is not.
fn seeds() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "the environment says how long to test")]
    let long = std::env::var_os("ORDERSYSTEM_TEST_LONG").is_some();
    if long { 20 } else { 1 }
}

#[test]
fn every_call_may_go_wrong_in_every_way() {
    let mut cases = 0;
    for (seed, act) in (0..seeds()).flat_map(|seed| Act::ALL.map(|act| (seed, act))) {
        let outcomes = steps(act, seed).unwrap();
        outcomes.iter().for_each(check);
        let calls = outcomes[0].calls.len();
        println!("{act:?}: {:?}", outcomes[0].calls);
        assert!(calls > 0, "{act:?} calls nobody");
        assert_eq!(outcomes.len(), 1 + calls * Mode::ALL.len());
        cases += outcomes.len() - 1;
    }
    println!("{cases} cases");
}
