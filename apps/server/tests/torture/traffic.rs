//! What customers and the gateway do all day, mixed.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::chance::Chance;
use crate::log::{Asked, Entry, Log};
use crate::replicas::Replicas;

/// How many clients there are, and how often each asks for something.
const CLIENTS: usize = 16;
const PAUSE: Duration = Duration::from_millis(1_000 * 16 / 200);
/// The newest orders, on which they meet.
const RECENT: usize = 64;

/// Load of about 200 requests in a second on two replicas.
pub(crate) struct Traffic<'a> {
    replicas: &'a Replicas,
    log: &'a Log,
    /// Most orders are for the first ones.
    products: Vec<i64>,
    recent: Mutex<VecDeque<i64>>,
    is_over: AtomicBool,
}

impl<'a> Traffic<'a> {
    /// Goes on until `meanwhile` is over.
    pub(crate) fn during<T>(
        replicas: &'a Replicas,
        log: &'a Log,
        products: &[i64],
        chance: &mut Chance,
        meanwhile: impl FnOnce(&mut Chance) -> T,
    ) -> T {
        let recent = Mutex::default();
        let is_over = AtomicBool::new(false);
        let traffic = Self { replicas, log, products: products.to_vec(), recent, is_over };
        let own: Vec<_> = (0..CLIENTS).map(|_| Chance::of(chance.seed())).collect();
        thread::scope(|scope| {
            for chance in own {
                let traffic = &traffic;
                scope.spawn(move || traffic.client(chance));
            }
            // However it ends, the clients have to go home.
            let _end = GoHome(&traffic.is_over);
            meanwhile(chance)
        })
    }

    fn client(&self, mut chance: Chance) {
        while !self.is_over.load(Ordering::Relaxed) {
            let next = Instant::now() + PAUSE;
            self.ask_for_something(&mut chance);
            while let Some(left) = next.checked_duration_since(Instant::now()) {
                thread::park_timeout(left);
            }
        }
    }

    fn ask_for_something(&self, chance: &mut Chance) {
        let recent = self.recent(chance);
        let asked = match (chance.below(100), recent) {
            (40..60, Some(order)) => Asked::Pay(order),
            (60..75, Some(order)) => Asked::Settle(order, chance.percent(85)),
            (75..82, Some(order)) => Asked::Cancel(order),
            (82..92, Some(order)) => Asked::Read(order),
            (92..100, _) => Asked::Stock(*chance.pick(&self.products)),
            _ => return self.order(chance),
        };
        self.ask(chance, asked);
    }

    /// As careful customers do: with a key, and again with the same key while nobody says what became of it. One in ten
    /// has no key, and one in ten asks again though all is well.
    fn order(&self, chance: &mut Chance) {
        let key = (!chance.percent(10)).then(|| format!("key-{:016x}", chance.seed()));
        let lines = self.basket(chance);
        for _ in 0..3 {
            let entry = self.ask(chance, Asked::Place { key: key.clone(), lines: lines.clone() });
            if let Some(order) = entry.order {
                self.remember(order);
            }
            let is_told = [201, 400].contains(&entry.status) && !chance.percent(10);
            if is_told || key.is_none() || self.is_over.load(Ordering::Relaxed) {
                return;
            }
        }
    }

    fn ask(&self, chance: &mut Chance, asked: Asked) -> Entry {
        let (client, by) = self.replicas.client(chance.below(self.replicas.count()));
        self.log.ask(&client, by, asked)
    }

    /// Mostly the two hot products; sometimes two lines.
    fn basket(&self, chance: &mut Chance) -> Vec<(i64, i64)> {
        let product = |chance: &mut Chance| {
            let hot = if chance.percent(60) { 2 } else { self.products.len() };
            *chance.pick(&self.products[..hot])
        };
        let first = product(chance);
        let mut lines = vec![(first, 1 + i64::from(chance.percent(30)))];
        let second = product(chance);
        if second != first && chance.percent(20) {
            lines.push((second, 1));
        }
        lines
    }

    fn recent(&self, chance: &mut Chance) -> Option<i64> {
        let recent = self.recent.lock().unwrap();
        (!recent.is_empty()).then(|| recent[chance.below(recent.len())])
    }

    fn remember(&self, order: i64) {
        let mut recent = self.recent.lock().unwrap();
        recent.push_back(order);
        if recent.len() > RECENT {
            recent.pop_front();
        }
    }
}

struct GoHome<'a>(&'a AtomicBool);

impl Drop for GoHome<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
