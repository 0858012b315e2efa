//! Crash at every step: each call of each use case and part goes wrong once in every way.

use ordersystem_simulation::{Act, Mode, Outcome, steps};

/// A call that goes wrong is reached, and nothing is broken once a new process has taken over.
fn check(outcome: &Outcome) {
    assert_eq!(outcome.was_hit, outcome.target.is_some(), "{outcome:?}");
    assert!(outcome.broken.is_empty(), "\n{outcome:#?}\n");
}

#[test]
fn every_call_may_go_wrong_in_every_way() {
    let mut cases = 0;
    for act in Act::ALL {
        let outcomes = steps(act).unwrap();
        outcomes.iter().for_each(check);
        let calls = outcomes[0].calls.len();
        println!("{act:?}: {:?}", outcomes[0].calls);
        assert!(calls > 0, "{act:?} calls nobody");
        assert_eq!(outcomes.len(), 1 + calls * Mode::ALL.len());
        cases += outcomes.len() - 1;
    }
    println!("{cases} cases");
}
