//! Makes inputs from seeds.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRunner};

use crate::targets;

/// Inputs that once were answered wrongly and examples of right ones; a file each.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds").join(target);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort_unstable();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// One change of some bytes.
#[derive(Debug, Clone)]
enum Change {
    Put(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
    Cut(prop::sample::Index, usize),
    Repeat(prop::sample::Index, usize),
}

/// What parsers trip over.
const TOKENS: [&[u8]; 24] = [
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"null",
    b"-1",
    b"0",
    b"1e999",
    b"1.0",
    b"true",
    b"9223372036854775808",
    b"-9223372036854775808",
    b"\\ud800",
    b"\xff",
    b"\xed\xa0\x80",
    b"%00",
    b"&",
    b"=",
    b";q=",
    b"\r\n",
];

fn any_change() -> impl Strategy<Value = Change> {
    let place = any::<prop::sample::Index>;
    let token = prop::sample::select(&TOKENS[..]).prop_map(<[u8]>::to_vec);
    let text = prop_oneof![3 => token, 1 => prop::collection::vec(any::<u8>(), 1..6)];
    prop_oneof![
        (place(), any::<u8>()).prop_map(|(at, byte)| Change::Put(at, byte)),
        (place(), text).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (place(), 1..9_usize).prop_map(|(at, length)| Change::Cut(at, length)),
        (place(), 1..40_usize).prop_map(|(at, length)| Change::Repeat(at, length)),
    ]
}

fn changed(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        let length = bytes.len();
        let place = |at: &prop::sample::Index| at.index(length + 1);
        match change {
            Change::Put(at, byte) if length > 0 => bytes[at.index(length)] = *byte,
            Change::Put(_, byte) => bytes.push(*byte),
            Change::Insert(at, new) => drop(bytes.splice(place(at)..place(at), new.clone())),
            Change::Cut(at, cut) => drop(bytes.drain(place(at)..length.min(place(at) + cut))),
            Change::Repeat(at, some) => {
                let again = bytes[place(at)..length.min(place(at) + some)].to_vec();
                bytes.extend(again);
            }
        }
    }
    bytes
}

/// Seeds with a few changes, and now and then bytes from nowhere.
fn any_input(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let near = (prop::sample::select(seeds), prop::collection::vec(any_change(), 0..6))
        .prop_map(|(seed, changes)| changed(seed, &changes));
    prop_oneof![9 => near, 1 => prop::collection::vec(any::<u8>(), 0..200)]
}

/// How long each target is looked at.
fn patience() -> Duration {
    #[expect(clippy::disallowed_methods, reason = "the environment says how long to test")]
    let long = std::env::var_os("ORDERSYSTEM_TEST_LONG").is_some();
    Duration::from_secs(if long { 600 } else { 12 })
}

/// So many inputs are tried until the clock is asked again: some take as long as an adapter is patient.
const ROUND: u32 = 20;

fn explore(name: &str) {
    let target = targets::named(name).unwrap();
    let seeds = seeds(name);
    seeds.iter().for_each(|seed| target(seed));
    let (began, mut inputs) = (Instant::now(), 0);
    let strategy = any_input(seeds);
    while began.elapsed() < patience() {
        let mut runner = TestRunner::new(ProptestConfig {
            cases: ROUND,
            failure_persistence: None,
            ..ProptestConfig::default()
        });
        let outcome = runner.run(&strategy, |input| {
            target(&input);
            Ok(())
        });
        if let Err(TestError::Fail(why, input)) = outcome {
            panic!(
                "{why}\ninput: {}\nput it into apps/server/tests/fuzz/seeds/{name}",
                input.escape_ascii()
            );
        }
        inputs += ROUND;
    }
    #[expect(clippy::print_stderr, reason = "how much was looked at")]
    {
        eprintln!("{name}: {inputs} inputs");
    }
}

macro_rules! targets {
    ($($name:ident,)+) => {
        const NAMES: &[&str] = &[$(stringify!($name),)+];
        $(
            #[test]
            fn $name() {
                explore(stringify!($name));
            }
        )+
    };
}

targets! {
    order_body,
    product_body,
    query,
    cursor,
    idempotency_key,
    negotiation,
    conditions,
    signature,
    record,
    position,
    file,
    batch,
    replies,
}

#[test]
fn every_target_is_looked_at() {
    assert_eq!(targets::ALL.map(|(name, _)| name), NAMES);
}
