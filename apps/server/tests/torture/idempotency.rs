//! T11: keys that come again and again, at two replicas at once, with other bodies, on other routes, after a crash.
//!
//! There is no authentication yet: all clients are one principal, so a key of another principal cannot be tried.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::log::body;
use crate::machine;
use crate::replicas::Replicas;
use crate::support::{Answer, World, in_parallel, scaled, wait_at_most, wait_until};

/// How often each request is repeated at the same time.
const TIMES: usize = 8;
const CLIENTS: usize = 32;
/// The long form is a matter of some ten minutes.
const LONGEST_RACE: Duration = Duration::from_hours(1);

struct Keys {
    replicas: Replicas,
    product: i64,
    count: usize,
    /// Of each key: every body that it was answered with.
    answers: Vec<Mutex<BTreeSet<String>>>,
    answered: AtomicUsize,
}

impl Keys {
    /// Insists until somebody says something about the request itself.
    fn ask(&self, choice: usize, method: &str, path: &str, key: usize, body: &str) -> Answer {
        let kind = ("Content-Type", "application/json");
        let name = format!("\"key-{key}\"");
        let headers = [kind, ("Idempotency-Key", &*name)];
        let mut choice = choice;
        let mut last = None;
        wait_until("a request with a key is answered", || {
            let (client, _) = self.replicas.client(choice);
            choice += 1;
            last = client.send(method, path, &headers, body).ok();
            last.as_ref().is_some_and(|answer| ![409, 503].contains(&answer.status))
        });
        self.answered.fetch_add(1, Ordering::Relaxed);
        last.unwrap()
    }

    fn place(&self, choice: usize, key: usize) {
        let answer = self.ask(choice, "POST", "/api/orders", key, &body(&[(self.product, 1)]));
        assert_eq!(answer.status, 201, "{answer:?}");
        self.answers[key].lock().unwrap().insert(answer.body);
    }

    /// Eight of each at once, at both replicas, which are killed in turns while the keys go by.
    fn race(&self) {
        thread::scope(|scope| {
            scope.spawn(|| self.kill_in_turns());
            in_parallel(CLIENTS, self.count * TIMES, |index| self.place(index, index / TIMES));
        });
    }

    fn kill_in_turns(&self) {
        for turn in 1..4 {
            let enough = self.count * TIMES * turn / 4;
            wait_at_most(LONGEST_RACE, "some keys have gone by", || {
                self.answered.load(Ordering::Relaxed) >= enough
            });
            self.replicas.kill(turn % 2);
            self.replicas.replace(turn % 2);
        }
    }

    /// The order that a key has made, which is the only one.
    fn order(&self, key: usize) -> i64 {
        let answers = self.answers[key].lock().unwrap();
        assert_eq!(answers.len(), 1, "key {key}: {answers:?}");
        let answer: serde_json::Value = serde_json::from_str(answers.first().unwrap()).unwrap();
        answer["data"]["orderId"].as_i64().unwrap()
    }

    /// Another body is refused, another route is another matter, and what was answered before is answered again.
    fn repeat(&self, key: usize) {
        let other = body(&[(self.product, 2)]);
        assert_eq!(self.ask(key, "POST", "/api/orders", key, &other).status, 422);
        let order = self.order(key);
        let payment = format!("/api/orders/{order}/payment");
        assert_eq!(self.ask(key + 1, "POST", &payment, key, "").status, 202);
        let again = self.ask(key, "POST", &payment, key, "");
        assert_eq!((again.status, again.header("idempotent-replayed")), (202, "true"));
        self.place(key + 1, key);
        self.order(key);
    }
}

#[test]
fn t11_a_key_has_one_effect_and_one_answer() {
    let _alone = machine::alone();
    let world = World::full();
    let replicas = Replicas::start(&world, 2, &[]);
    let product = replicas.client(0).0.new_product(1_000_000);
    let count = scaled(1_000, 100_000);
    let answers = (0..count).map(|_| Mutex::default()).collect();
    let keys = Keys { replicas, product, count, answers, answered: AtomicUsize::new(0) };
    keys.race();
    in_parallel(CLIENTS, count, |key| keys.repeat(key));
    let orders: BTreeSet<_> = (0..count).map(|key| keys.order(key)).collect();
    assert_eq!(orders.len(), count, "no order answers two keys");
    let number = i64::try_from(count).unwrap();
    assert_eq!(world.engines().number("SELECT count(*) FROM orders"), number);
    let once = "SELECT count(*) FROM order_history WHERE to_status = 'PAYMENT_REQUESTED'";
    assert_eq!(world.engines().number(once), number);
    world.verify();
    println!("{count} keys × {TIMES} at two replicas, 3 kills: one order each");
}
