//! The load against stand-ins for a server: one that answers at once, one that stalls, some that are wrong.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod stand_in;

use std::net::{SocketAddr, TcpListener};
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use ordersystem_loadtest::http::{Answer, request};
use ordersystem_loadtest::load::{self, Load, Next, Pace, Recording, Until, Unwatched, Visitor};

use stand_in::{http, listen};

/// Answers so long after the request as `delay` says, which gets the time since the first request.
fn delayed(
    answer: impl Into<String>,
    delay: impl Fn(Duration) -> Duration + Send + Sync + 'static,
) -> SocketAddr {
    let (answer, first) = (answer.into(), Mutex::new(None));
    listen(move |_| {
        let first = *first.lock().unwrap().get_or_insert_with(Instant::now);
        wait(delay(first.elapsed()));
        answer.clone()
    })
}

fn fine(delay: impl Fn(Duration) -> Duration + Send + Sync + 'static) -> SocketAddr {
    delayed(http(200, "{}"), delay)
}

/// A slow answer is the point here; nothing else is waited for.
fn wait(time: Duration) {
    let (never, told) = (Mutex::new(()), Condvar::new());
    drop(told.wait_timeout(never.lock().unwrap(), time).unwrap());
}

/// One call, whose status must be 200.
struct Caller;

impl Visitor for Caller {
    fn next(&mut self, last: Option<Answer<'_>>, into: &mut Vec<u8>) -> Result<Next, String> {
        match last {
            None => {
                into.extend_from_slice(&request("POST", "/", Some("{}")));
                Ok(Next::Send)
            }
            Some(Answer { status: 200, .. }) => Ok(Next::Done),
            Some(answer) => Err(format!("status {}", answer.status)),
        }
    }
}

fn run(address: SocketAddr, connections: usize, pace: Pace, until: Until) -> Recording {
    let mut visitors: Vec<Box<dyn Visitor>> = Vec::new();
    visitors.resize_with(connections, || Box::new(Caller));
    let load = Load { address, threads: 2, pace, until };
    load::run(&load, visitors, &mut Unwatched).unwrap()
}

fn time(warm_up: u64, measured: u64) -> Until {
    let [warm_up, measured] = [warm_up, measured].map(Duration::from_millis);
    Until::Time { warm_up, measured }
}

fn stalls_for_a_second(since: Duration) -> Duration {
    let (begin, end) = (Duration::from_millis(1_000), Duration::from_millis(2_000));
    if since >= begin { end.saturating_sub(since) } else { Duration::ZERO }
}

#[test]
fn a_stall_of_a_second_shows_in_the_p99_of_the_open_loop() {
    let address = fine(stalls_for_a_second);
    let open = run(address, 4, Pace::Open(200.0), time(0, 3_000));
    assert_eq!((open.failures(), open.first_failure()), (0, None));
    // A third of the arrivals fell into the stall; the unluckiest waited for all of it.
    assert!(open.percentile(99.0) > 900.0, "p99 {} ms", open.percentile(99.0));
    assert!(open.percentile(75.0) > 100.0, "p75 {} ms", open.percentile(75.0));
}

#[test]
fn the_closed_loop_hides_the_stall_and_is_for_rates_only() {
    let address = fine(stalls_for_a_second);
    let closed = run(address, 4, Pace::Closed, time(0, 3_000));
    assert!(closed.slowest() > 900.0, "{} ms", closed.slowest());
    assert!(closed.percentile(99.0) < 500.0, "p99 {} ms", closed.percentile(99.0));
    assert!(closed.visits() > 600, "{} visits", closed.visits());
}

#[test]
fn the_open_loop_keeps_its_rate_whatever_the_connections_are() {
    let address = fine(|_| Duration::from_millis(5));
    let open = run(address, 20, Pace::Open(500.0), time(200, 2_000));
    assert_eq!(open.failures(), 0);
    assert!((450.0..=505.0).contains(&open.rate()), "{}/s", open.rate());
}

#[test]
fn too_few_connections_show_as_latency() {
    let address = fine(|_| Duration::from_millis(20));
    // One connection can make 50 visits a second; 100 are wanted for one second, the last waits for half of them.
    let open = run(address, 1, Pace::Open(100.0), time(0, 1_000));
    assert_eq!(open.failures(), 0);
    assert!(open.slowest() > 800.0, "{} ms", open.slowest());
}

#[test]
fn the_warm_up_is_dropped() {
    let address = fine(|since| {
        if since < Duration::from_millis(300) { Duration::from_millis(300) } else { Duration::ZERO }
    });
    let closed = run(address, 2, Pace::Closed, time(800, 500));
    assert!(closed.visits() > 100);
    assert!(closed.percentile(50.0) < 200.0, "{} ms", closed.percentile(50.0));
}

#[test]
fn a_filler_makes_exactly_as_many_visits_as_wanted() {
    let address = fine(|_| Duration::ZERO);
    let filled = run(address, 7, Pace::Closed, Until::Visits(1_000));
    assert_eq!((filled.visits(), filled.calls(), filled.failures()), (1_000, 1_000, 0));
}

#[test]
fn a_wrong_answer_is_a_failure() {
    let address = delayed(http(503, ""), |_| Duration::ZERO);
    let closed = run(address, 3, Pace::Closed, time(0, 100));
    assert_eq!((closed.failures(), closed.first_failure()), (3, Some("status 503")));
}

#[test]
fn what_is_no_answer_is_a_failure() {
    for wrong in ["SSH-2.0-x\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nmore"] {
        let address = delayed(wrong, |_| Duration::ZERO);
        let closed = run(address, 1, Pace::Closed, time(0, 100));
        assert!(
            closed.first_failure().is_some_and(|why| why.starts_with("no answer: ")),
            "{wrong}"
        );
    }
}

#[test]
fn a_server_that_is_not_there_is_an_error() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let load = Load { address: free, threads: 1, pace: Pace::Closed, until: Until::Visits(1) };
    let error = load::run(&load, vec![Box::new(Caller)], &mut Unwatched).unwrap_err();
    assert!(error.to_string().starts_with("cannot reach "), "{error}");
}
