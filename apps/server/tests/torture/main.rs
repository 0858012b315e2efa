//! The built binary on real engines under torture: processes that die, races, messages out of order, more load than it
//! can bear. Each programme exists in a form that is short enough for every change and, behind `ORDERSYSTEM_TEST_LONG=1`, in the
//! one that is run before a release: `just kill-loop`, `just hot-race`, `just torture`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test that fails here fails with a place, its environment is what it has to clean, and it tells of figures"
)]

mod chance;
mod flood;
mod hot_race;
mod idempotency;
mod kill_loop;
mod log;
mod machine;
mod messages;
mod overload;
mod payments;
mod replicas;
mod serial;
#[path = "../blackbox/support/mod.rs"]
#[expect(dead_code, unused_imports, unused_macros, reason = "the black-box tests use the rest")]
mod support;
mod swarm;
mod traffic;
mod wire;
mod witness;
