//! Compares what the clients know with what the database has.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use crate::log::{Asked, Entry};
use crate::serial::model::{Committed, Movement, Transition};
use crate::serial::{Object, Op, Saw, SoldOut, Violation, in_real_time, sold_out};
use crate::support::{Client, Engines};

/// Reads every version that was ever committed.
pub(crate) fn committed(engines: &Engines) -> Committed {
    let client = engines.wait(engines.database().client());
    let query = |sql: &str| engines.wait(client.query(sql, &[])).unwrap();
    let orders =
        query("SELECT order_id, version, from_status, to_status, cause FROM order_history");
    let orders = orders.iter().map(|row| {
        let from = row.get::<_, Option<String>>(2).unwrap_or_default();
        ((row.get(0), row.get(1)), Transition { from, to: row.get(3), cause: row.get(4) })
    });
    let stock = query(
        "SELECT product_id, version, kind, order_id, delta_total, delta_reserved, total_after, reserved_after
         FROM stock_ledger",
    );
    let stock = stock.iter().map(|row| {
        let movement = Movement {
            kind: row.get(2),
            order: row.get(3),
            delta_total: row.get(4),
            delta_reserved: row.get(5),
            total: row.get(6),
            reserved: row.get(7),
        };
        ((row.get(0), row.get(1)), movement)
    });
    Committed::new(orders.collect(), stock.collect())
}

/// The numbers of all orders, as the API lists them.
pub(crate) fn listed(client: &Client) -> BTreeSet<i64> {
    let (mut numbers, mut cursor) = (BTreeSet::new(), String::new());
    loop {
        let page = client.data(&format!("/api/orders?limit=100{cursor}"));
        let orders = page["items"].as_array().unwrap();
        numbers.extend(orders.iter().map(|order| order["orderId"].as_i64().unwrap()));
        match &page["nextCursor"] {
            Value::String(next) => cursor = format!("&cursor={next}"),
            _ => return numbers,
        }
    }
}

/// One client's word against the database.
pub(crate) struct Witness<'a> {
    committed: &'a Committed,
    entries: &'a [Entry],
    violations: Vec<Violation>,
}

/// Who asked for a transition, together: the first question and the first answer.
type Askers = BTreeMap<(i64, &'static str), (Duration, Duration)>;

impl<'a> Witness<'a> {
    /// Everything that contradicts: what was acknowledged and is not there, what is there and was not asked for, what is in
    /// another order than it was acknowledged, and what is no life of an order or a stock at all.
    pub(crate) fn contradictions(
        committed: &'a Committed,
        entries: &'a [Entry],
        listed: &BTreeSet<i64>,
    ) -> Vec<Violation> {
        let mut witness = Self { committed, entries, violations: committed.violations() };
        let placed = witness.placements(listed);
        let askers = witness.askers(&placed);
        let ops = witness.operations(&askers);
        let mut violations = witness.violations;
        violations.extend(in_real_time(committed, &ops));
        violations.extend(sold_out(committed, &ops, &refusals(entries)));
        violations
    }

    /// One order per key, the one that was asked for, and none that nobody asked for.
    fn placements(&mut self, listed: &BTreeSet<i64>) -> BTreeMap<i64, (Duration, Duration)> {
        let mut placed = BTreeMap::<i64, (Duration, Duration)>::new();
        let mut keys = BTreeMap::<&str, i64>::new();
        let mut owners = BTreeMap::<i64, Option<&str>>::new();
        let first_sent = first_sent(self.entries);
        let mut nameless = 0;
        for entry in self.entries {
            let Asked::Place { key, lines } = &entry.asked else { continue };
            let Some(order) = entry.order.filter(|_| entry.status == 201) else {
                nameless += usize::from(key.is_none() && entry.is_unknown());
                continue;
            };
            let key = key.as_deref();
            let sent = key.map_or(entry.sent, |key| first_sent[key]);
            if let Some(key) = key
                && *keys.entry(key).or_insert(order) != order
            {
                self.lost(format!("{key:?} made orders {} and {order}", keys[key]));
            }
            match owners.insert(order, key) {
                // The answers of one order stand in the log in the order in which they came: the first one counts.
                Some(owner) if owner == key && key.is_some() => {}
                Some(_) => self.lost(format!("order {order} was given away twice")),
                None => {
                    placed.insert(order, (sent, entry.answered));
                    self.check_lines(order, lines, listed);
                }
            }
        }
        let unasked: Vec<_> = listed.iter().filter(|order| !placed.contains_key(order)).collect();
        if unasked.len() > nameless {
            let what = format!("orders {unasked:?}, {nameless} of which may be of unknown fate");
            self.violations.push(Violation::Unasked { what });
        }
        placed
    }

    fn lost(&mut self, what: String) {
        self.violations.push(Violation::Lost { what });
    }

    fn check_lines(&mut self, order: i64, lines: &[(i64, i64)], listed: &BTreeSet<i64>) {
        if !listed.contains(&order) || self.committed.life(order).next().is_none() {
            self.lost(format!("order {order} got its 201"));
        }
        let is_held = |(product, quantity): &(i64, i64)| {
            self.committed.movements_of(order).any(|(of, _, step)| {
                of == *product && (&*step.kind, step.delta_reserved) == ("RESERVE", *quantity)
            })
        };
        if !lines.iter().all(is_held) {
            self.lost(format!("order {order} does not hold {lines:?}"));
        }
    }

    /// Who asked for each transition. Whatever was acknowledged has to show in the life of the order.
    fn askers(&mut self, placed: &BTreeMap<i64, (Duration, Duration)>) -> Askers {
        let mut askers = Askers::new();
        for (order, times) in placed {
            askers.insert((*order, "CREATED"), *times);
        }
        for entry in self.entries {
            let (order, wanted, also): (i64, _, &[&str]) = match entry.asked {
                Asked::Pay(order) => (order, "PAYMENT_REQUESTED", &[]),
                Asked::Settle(order, true) => (order, "PAYMENT_COMPLETED", &["CANCELLED"]),
                Asked::Settle(order, false) => {
                    (order, "PAYMENT_FAILED", &["PAYMENT_COMPLETED", "CANCELLED"])
                }
                Asked::Cancel(order) => (order, "CANCELLED", &[]),
                _ => continue,
            };
            let has = |status: &str| self.committed.life(order).any(|(_, step)| step.to == status);
            if entry.is_acknowledged() && !has(wanted) && !also.iter().any(|status| has(status)) {
                self.lost(format!("{:?} was acknowledged", entry.asked));
            }
            if !entry.is_acknowledged() && !entry.is_unknown() {
                continue;
            }
            let times = askers.entry((order, wanted)).or_insert((entry.sent, Duration::MAX));
            times.0 = times.0.min(entry.sent);
            if entry.is_acknowledged() {
                times.1 = times.1.min(entry.answered);
            }
        }
        askers
    }

    fn operations(&mut self, askers: &Askers) -> Vec<Op> {
        let mut ops = self.reads();
        let mut unasked = Vec::new();
        for ((order, version), step) in &self.committed.orders {
            let asked = askers.get(&(*order, &*step.to));
            match (asked, &*step.cause) {
                (Some((sent, answered)), "CUSTOMER" | "PAYMENT_GATEWAY") => {
                    let object = Object::Order(*order);
                    let saw = Saw::Wrote(*version);
                    ops.push(Op { object, saw, sent: *sent, answered: *answered });
                    ops.extend(self.movements(*order, &step.to, *sent, *answered));
                }
                // An order without a name that was never answered.
                (None, "CUSTOMER") if step.to == "CREATED" => {}
                (None, "CUSTOMER") => unasked.push(format!("{step:?} of order {order}")),
                _ => {}
            }
        }
        self.violations.extend(unasked.into_iter().map(|what| Violation::Unasked { what }));
        ops
    }

    /// What the same unit of work did to the stock.
    fn movements(&self, order: i64, to: &str, sent: Duration, answered: Duration) -> Vec<Op> {
        let kinds: &[&str] = match to {
            "CREATED" => &["RESERVE"],
            "PAYMENT_COMPLETED" => &["CONFIRM"],
            "PAYMENT_FAILED" => &["RELEASE"],
            "CANCELLED" => &["RELEASE", "RETURN"],
            _ => &[],
        };
        let own = self.committed.movements_of(order);
        let own = own.filter(|(_, _, step)| kinds.contains(&&*step.kind));
        own.map(|(product, version, _)| {
            let (object, saw) = (Object::Stock(product), Saw::Wrote(version));
            Op { object, saw, sent, answered }
        })
        .collect()
    }

    fn reads(&self) -> Vec<Op> {
        let read = |entry: &Entry| {
            let (object, saw) = match entry.asked {
                Asked::Read(order) => (Object::Order(order), Saw::Read(entry.version?)),
                Asked::Stock(product) => (Object::Stock(product), Saw::Total(entry.total?)),
                _ => return None,
            };
            Some(Op { object, saw, sent: entry.sent, answered: entry.answered })
        };
        self.entries.iter().filter_map(read).collect()
    }
}

fn first_sent(entries: &[Entry]) -> BTreeMap<&str, Duration> {
    let mut first = BTreeMap::new();
    for entry in entries {
        if let Asked::Place { key: Some(key), .. } = &entry.asked {
            let sent = first.entry(&**key).or_insert(entry.sent);
            *sent = entry.sent.min(*sent);
        }
    }
    first
}

/// The refusals that name one product.
fn refusals(entries: &[Entry]) -> Vec<SoldOut> {
    let refusal = |entry: &Entry| match &entry.asked {
        Asked::Place { lines, .. } if entry.status == 400 => match **lines {
            [(product, wanted)] => {
                Some(SoldOut { product, wanted, sent: entry.sent, answered: entry.answered })
            }
            _ => None,
        },
        _ => None,
    };
    entries.iter().filter_map(refusal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(key: &str, order: i64, milliseconds: u64) -> Entry {
        Entry {
            asked: Asked::Place { key: Some(key.to_owned()), lines: vec![(1, 2)] },
            sent: Duration::from_millis(milliseconds),
            answered: Duration::from_millis(milliseconds + 1),
            status: 201,
            order: Some(order),
            version: None,
            total: None,
            code: String::new(),
            by: 0,
        }
    }

    fn said(asked: Asked, status: u16, milliseconds: u64) -> Entry {
        Entry { asked, status, order: None, ..placed("", 0, milliseconds) }
    }

    /// These orders of two units each, one after the other.
    fn committed(orders: &[i64]) -> Committed {
        let created = |order: &i64| {
            let [from, to, cause] = ["", "CREATED", "CUSTOMER"].map(str::to_owned);
            ((*order, 1), Transition { from, to, cause })
        };
        let held = |(version, order): (i64, &i64)| {
            let movement = Movement {
                kind: "RESERVE".to_owned(),
                order: Some(*order),
                delta_total: 0,
                delta_reserved: 2,
                total: 100,
                reserved: 2 * (version - 1),
            };
            ((1, version), movement)
        };
        let supply = Movement {
            kind: "ADJUST".to_owned(),
            order: None,
            delta_total: 100,
            delta_reserved: 0,
            total: 100,
            reserved: 0,
        };
        let stock = [((1, 1), supply)].into_iter().chain((2..).zip(orders).map(held));
        Committed::new(orders.iter().map(created).collect(), stock.collect())
    }

    #[track_caller]
    fn check(orders: &[i64], entries: &[Entry], expected: usize) {
        let listed = orders.iter().copied().collect();
        let found = Witness::contradictions(&committed(orders), entries, &listed);
        assert_eq!(found.len(), expected, "{found:#?}");
    }

    #[test]
    fn what_agrees_is_no_contradiction() {
        check(&[7, 8], &[placed("a", 7, 0), placed("a", 7, 10), placed("b", 8, 20)], 0);
    }

    #[test]
    fn finds_an_order_that_was_acknowledged_and_is_gone() {
        check(&[7], &[placed("a", 7, 0), placed("b", 8, 10)], 2);
    }

    #[test]
    fn finds_a_key_with_two_orders_and_an_order_with_two_keys() {
        check(&[7, 8], &[placed("a", 7, 0), placed("a", 8, 10)], 1);
        check(&[7], &[placed("a", 7, 0), placed("b", 7, 10)], 1);
    }

    #[test]
    fn finds_an_order_that_nobody_asked_for() {
        check(&[7, 8], &[placed("a", 7, 0)], 1);
        let nameless = Asked::Place { key: None, lines: vec![(1, 2)] };
        check(&[7, 8], &[placed("a", 7, 0), said(nameless, 503, 5)], 0);
    }

    #[test]
    fn finds_a_step_that_was_acknowledged_and_never_happened() {
        check(&[7], &[placed("a", 7, 0), said(Asked::Pay(7), 202, 10)], 1);
        check(&[7], &[placed("a", 7, 0), said(Asked::Pay(7), 503, 10)], 0);
    }

    #[test]
    fn finds_orders_that_overtook_each_other() {
        check(&[8, 7], &[placed("a", 7, 0), placed("b", 8, 10)], 1);
    }

    #[test]
    fn finds_a_refusal_while_there_was_stock() {
        let refused = Asked::Place { key: None, lines: vec![(1, 1)] };
        check(&[7], &[placed("a", 7, 0), said(refused, 400, 10)], 1);
    }
}
