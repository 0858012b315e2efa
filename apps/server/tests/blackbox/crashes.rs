//! The process dies at named places of its own code, and a new one takes over. Row 32 of the fault matrix is among them.

use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;

use ordersystem_test_seams::FailPoint;
use serde_json::json;
use uuid::Uuid;

use crate::support::{Client, Server, World, everything_is_well, scaled, wait_until};

const JSON: (&str, &str) = ("Content-Type", "application/json");
pub(crate) const SIGABRT: i32 = 6;

/// What leads a process to a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Drive {
    Start,
    Order,
    Request,
    Succeed,
    Fail,
    Cancel,
    /// A hold runs out.
    Expire,
    /// A parcel ships and arrives.
    Deliver,
    /// A message that nobody can handle.
    Poison,
    /// Somebody asks for a dead letter to be published again.
    Replay,
    Stop,
}

use Drive::{Cancel, Deliver, Expire, Fail, Order, Poison, Replay, Request, Start, Stop, Succeed};

/// Every point with what passes it; a short run takes the first of each.
const COMMANDS: &[(FailPoint, &[Drive])] = &[
    (FailPoint::Admitted, &[Order]),
    (FailPoint::UnitQueued, &[Order, Request, Succeed, Fail, Cancel]),
    (FailPoint::UnitDecided, &[Succeed, Order, Request, Fail, Cancel]),
    (FailPoint::UnitCommitted, &[Order, Request, Succeed, Fail, Cancel]),
    (FailPoint::UnitAnswered, &[Fail, Order, Request, Succeed, Cancel]),
    (FailPoint::Projecting, &[Order, Succeed, Fail, Cancel]),
    (FailPoint::Projected, &[Cancel, Order, Succeed, Fail]),
    (FailPoint::Answering, &[Request, Order, Succeed, Fail, Cancel]),
    (FailPoint::StockRead, &[Order]),
];
const RELAY: &[(FailPoint, &[Drive])] = &[
    (FailPoint::RelayLeased, &[Order]),
    (FailPoint::RelayRead, &[Order, Succeed, Cancel]),
    (FailPoint::RelayEnqueued, &[Succeed, Order, Cancel]),
    (FailPoint::RelayPublished, &[Cancel, Order, Succeed]),
    (FailPoint::RelayMarked, &[Order, Succeed, Cancel]),
];
const CONSUMERS: &[(FailPoint, &[Drive])] = &[
    (FailPoint::ConsumerPolled, &[Succeed, Cancel]),
    (FailPoint::ConsumerHandled, &[Succeed, Cancel]),
    (FailPoint::ConsumerCommitted, &[Succeed, Cancel]),
];
const TIMERS: &[(FailPoint, &[Drive])] = &[
    (FailPoint::TimerDue, &[Expire, Deliver]),
    (FailPoint::TimerActed, &[Deliver, Expire]),
    (FailPoint::UnitDecided, &[Deliver, Expire]),
    (FailPoint::UnitCommitted, &[Expire, Deliver]),
];
const LETTERS: &[(FailPoint, &[Drive])] =
    &[(FailPoint::LetterStored, &[Poison]), (FailPoint::LetterReplayed, &[Replay])];
const LIFE: &[(FailPoint, &[Drive])] = &[
    (FailPoint::Opened, &[Start]),
    (FailPoint::Seeded, &[Start]),
    (FailPoint::Drained, &[Stop]),
    (FailPoint::Stopped, &[Stop]),
];

/// Between the gateway's doing and ours; who dies there is in `money.rs`.
pub(crate) const AT_THE_TILL: &[FailPoint] =
    &[FailPoint::Charging, FailPoint::Charged, FailPoint::Refunding, FailPoint::Refunded];

#[test]
fn every_point_is_reached_by_something() {
    let cases = [COMMANDS, RELAY, CONSUMERS, TIMERS, LETTERS, LIFE].concat();
    for point in FailPoint::ALL {
        let is_tested = cases.iter().any(|(tested, _)| tested == point);
        assert!(is_tested || AT_THE_TILL.contains(point), "{}", point.name());
    }
}

#[test]
fn crash_in_a_command() {
    crash_at_all(COMMANDS, everything_is_well);
}

#[test]
fn crash_in_the_relay() {
    crash_at_all(RELAY, everything_is_well);
}

#[test]
fn crash_in_a_consumer_fault_32_between_unit_and_offset() {
    crash_at_all(CONSUMERS, |world| {
        everything_is_well(world);
        let twice = "SELECT count(*) - count(DISTINCT order_id) FROM deliveries";
        assert_eq!(world.engines().number(twice), 0);
    });
}

#[test]
fn crash_in_a_timer() {
    crash_at_all(TIMERS, everything_is_well);
}

#[test]
fn crash_with_a_dead_letter() {
    crash_at_all(LETTERS, |world| {
        world.engines().wait_until_everything_is_published();
        world.engines().wait_until_counters_are_right();
        world.verify();
    });
}

#[test]
fn crash_at_the_start_and_at_the_end() {
    crash_at_all(LIFE, everything_is_well);
}

fn crash_at_all(cases: &[(FailPoint, &[Drive])], is_well: impl Fn(&World)) {
    let world = World::full();
    for (point, drives) in cases {
        for drive in &drives[..scaled(1, drives.len())] {
            println!("{} by {drive:?}", point.name());
            let scene = Scene { world: &world, point: *point, drive: *drive };
            scene.crash();
            world.verify();
        }
    }
    let last = world.start(&[]);
    last.client().paid(3, 1);
    is_well(&world);
}

impl Drive {
    fn args(self) -> Vec<&'static str> {
        match self {
            Expire => vec!["--set", "inventory.reservation-ttl-seconds=2"],
            Deliver => vec!["--ship-delay-seconds", "2", "--delivery-delay-seconds", "2"],
            _ => Vec::new(),
        }
    }

    /// Method, path and body of a command.
    fn command(self, order: i64) -> Option<(&'static str, String, String)> {
        let path = format!("/api/orders/{order}");
        let settle = |success| ("POST", format!("{path}/payment/complete?success={success}"));
        let (method, path) = match self {
            Order => {
                let body = json!({"productId": 1, "quantity": 1}).to_string();
                return Some(("POST", "/api/orders".to_owned(), body));
            }
            Request => ("POST", format!("{path}/payment")),
            Succeed => settle(true),
            Fail => settle(false),
            Cancel => ("DELETE", path),
            Start | Expire | Deliver | Poison | Replay | Stop => return None,
        };
        Some((method, path, String::new()))
    }

    /// Where the order of the command ends up, or stands at least for a while.
    fn outcome(self) -> &'static str {
        match self {
            Order => "CREATED",
            Request => "PAYMENT_REQUESTED",
            Succeed => "PAYMENT_COMPLETED",
            Fail | Cancel | Expire => "CANCELLED",
            Deliver => "DELIVERED",
            Start | Poison | Replay | Stop => "CREATED",
        }
    }
}

struct Scene<'a> {
    world: &'a World,
    point: FailPoint,
    drive: Drive,
}

impl Scene<'_> {
    fn crash(&self) {
        self.world.forget_the_dead();
        if self.drive == Start {
            return self.crash_at_start();
        }
        let flag = self.flag();
        let variables = [("FAIL_AT", self.point.name()), ("FAIL_WHEN", flag.to_str().unwrap())];
        let mut server = self.world.start_with(&variables, &self.drive.args());
        let order = self.prepare(&server.client());
        File::create(&flag).unwrap();
        let key = Uuid::new_v4().to_string();
        let accepted = self.act(&server, order, &key);
        assert_eq!(server.wait().signal(), Some(SIGABRT), "{}", server.printed());
        self.world.forget_the_dead();
        let heir = self.world.start(&self.drive.args());
        self.check(&heir.client(), order, &key, accepted);
        heir.stop();
    }

    fn flag(&self) -> PathBuf {
        self.world.folder().join(format!("{}-{:?}", self.point.name(), self.drive))
    }

    fn crash_at_start(&self) {
        let mut command = self.world.command_in(self.world.folder());
        command.args(["--port", "0", "--host", "127.0.0.1"]).env("FAIL_AT", self.point.name());
        let died = command.output().unwrap();
        assert_eq!(died.status.signal(), Some(SIGABRT), "{died:?}");
        let heir = self.world.start(&[]);
        heir.client().placed(1, 1);
        heir.stop();
    }

    /// What has to be there before; the order that it is about.
    fn prepare(&self, client: &Client) -> i64 {
        match self.drive {
            Request | Cancel | Expire => client.placed(1, 1),
            Succeed | Fail => {
                let order = client.placed(1, 1);
                assert_eq!(client.request_payment(order), 202);
                order
            }
            Deliver => {
                let order = client.paid(1, 1);
                wait_until("it is prepared", || client.history(order).len() > 3);
                order
            }
            Replay => self.world.engines().number("SELECT min(id) FROM dead_letters"),
            Start | Order | Poison | Stop => 0,
        }
    }

    /// The number of the order, if somebody was told that it is done.
    fn act(&self, server: &Server, order: i64, key: &str) -> Option<i64> {
        if self.drive.command(order).is_some() {
            let (status, number) = self.send(&server.client(), order, key)?;
            assert!([200, 201, 202].contains(&status), "{status}");
            return Some(number);
        }
        match self.drive {
            Poison => {
                let topics = self.world.engines().topics();
                topics.publish("order-events", Some("1"), &[], b"poison");
            }
            Replay => {
                let (code, out, err) = self.world.run(&["dlq", "replay", &order.to_string()]);
                assert_eq!(code, 0, "{out}{err}");
            }
            Stop => {
                server.client().placed(1, 1);
                server.signal("-TERM");
            }
            _ => {}
        }
        None
    }

    /// Status and order of an answer that came.
    fn send(&self, client: &Client, order: i64, key: &str) -> Option<(u16, i64)> {
        let (method, path, body) = self.drive.command(order)?;
        let headers = [JSON, ("Idempotency-Key", key)];
        let answer = client.send(method, &path, &headers, &body).ok()?;
        let number = answer.json()["data"]["orderId"].as_i64().unwrap_or(order);
        Some((answer.status, number))
    }

    /// What was said is true, and who heard nothing gets an answer now, to the same effect.
    fn check(&self, client: &Client, order: i64, key: &str, accepted: Option<i64>) {
        let order = match self.send(client, order, key) {
            Some((status, number)) => {
                assert!([200, 201, 202].contains(&status), "{status} for the same key");
                assert!(accepted.is_none_or(|accepted| accepted == number));
                number
            }
            None => order,
        };
        let engines = self.world.engines();
        let letters = |state: &str| {
            engines.number(&format!("SELECT count(*) FROM dead_letters WHERE state = '{state}'"))
        };
        match self.drive {
            Poison => wait_until("it is set aside", || {
                letters("BURIED") == 1
                    && engines.topics().count(&engines.topics().dead_letters("order-events")) > 0
            }),
            Replay => wait_until("it was published again", || letters("REPLAYED") == 1),
            Start | Stop => drop(client.placed(1, 1)),
            _ => wait_until("it is done", || {
                client.history(order).iter().any(|state| state == self.drive.outcome())
            }),
        }
    }
}
