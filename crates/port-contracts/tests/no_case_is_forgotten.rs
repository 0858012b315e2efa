//! A case that no macro lists would never run.

const MACROS: &str = include_str!("../src/macros.rs");

const SUITES: [&str; 12] = [
    include_str!("../src/admission.rs"),
    include_str!("../src/broker.rs"),
    include_str!("../src/store/accounts.rs"),
    include_str!("../src/store/commit.rs"),
    include_str!("../src/store/dead_letters.rs"),
    include_str!("../src/store/due.rs"),
    include_str!("../src/store/money.rs"),
    include_str!("../src/store/numbers.rs"),
    include_str!("../src/store/outbox.rs"),
    include_str!("../src/store/reads.rs"),
    include_str!("../src/store/receipts.rs"),
    include_str!("../src/store/stock.rs"),
];

#[test]
fn every_case_is_listed_in_its_macro() {
    let functions = SUITES.iter().flat_map(|suite| suite.split("\npub async fn ").skip(1));
    let cases: Vec<_> = functions.filter_map(|text| text.split_once('(')).collect();
    assert!(cases.len() > 80, "the cases are found at all");
    for (case, _) in cases {
        assert!(MACROS.contains(&format!(" {case},\n")), "{case} is in no macro");
    }
}
