//! Strict serializability, checked in O(n log n) by versions (§7.6 of the reliability design).
//!
//! General checkers have to find an order of the operations that explains what the clients saw. Here the database hands the
//! order out: each order has a version, and so has the stock of each product. What is left to check is that the versions,
//! replayed, are a life that the contract allows ([`model`]), and that they agree with the clocks of the clients: what was
//! answered before something else was sent has the lower version ([`in_real_time`]).

pub(crate) mod model;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use self::model::Committed;

/// What has versions of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Object {
    /// An order, by its number.
    Order(i64),
    /// The stock of the product of this number.
    Stock(i64),
}

/// What a client learned by an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Saw {
    /// It made this version.
    Wrote(i64),
    /// The object had this version.
    Read(i64),
    /// The stock had so many units in total.
    Total(i64),
}

/// An operation on one object between two moments of the client's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Op {
    pub(crate) object: Object,
    pub(crate) saw: Saw,
    pub(crate) sent: Duration,
    /// [`Duration::MAX`] when nobody was ever told.
    pub(crate) answered: Duration,
}

/// What must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Violation {
    /// The first was answered before the second was sent, and yet the second saw the older version.
    Overtaken { first: Op, second: Op },
    /// No version of the object was ever as the client saw it.
    NeverSo(Op),
    /// Sold out, though at no moment that counts were there too few.
    NotSoldOut { product: i64, wanted: i64, sent: Duration },
    /// The committed versions themselves are no life that the contract allows.
    Illegal { object: Object, version: i64, why: String },
    /// Somebody was told of it, and it is not there.
    Lost { what: String },
    /// It is there, and nobody asked for it.
    Unasked { what: String },
}

/// Whether the versions agree with the clocks of the clients.
pub(crate) fn in_real_time(committed: &Committed, ops: &[Op]) -> Vec<Violation> {
    let mut objects = BTreeMap::<Object, Vec<Op>>::new();
    for op in ops {
        objects.entry(op.object).or_default().push(*op);
    }
    let sweep = |(_, ops)| Sweep { committed, answered: BinaryHeap::new(), floor: None }.over(ops);
    objects.into_iter().flat_map(sweep).collect()
}

/// Goes over the operations of one object in the order in which they were sent.
struct Sweep<'a> {
    committed: &'a Committed,
    /// Those that were sent before: by the moment of the answer.
    answered: BinaryHeap<Reverse<(Duration, i64, usize)>>,
    /// The newest version that somebody was told of by now, and the operation that told.
    floor: Option<(i64, usize)>,
}

impl Sweep<'_> {
    fn over(mut self, mut ops: Vec<Op>) -> Vec<Violation> {
        ops.sort_by_key(|op| op.sent);
        let mut violations = Vec::new();
        for (index, op) in ops.iter().enumerate() {
            self.raise_floor(op.sent);
            let Some(version) = self.version(op) else {
                violations.push(Violation::NeverSo(*op));
                continue;
            };
            let (floor, told) = self.floor.unwrap_or((0, index));
            let least = if let Saw::Wrote(_) = op.saw { floor + 1 } else { floor };
            if version < least {
                violations.push(Violation::Overtaken { first: ops[told], second: *op });
            }
            self.answered.push(Reverse((op.answered, version, index)));
        }
        violations
    }

    fn raise_floor(&mut self, now: Duration) {
        while let Some(Reverse((answered, version, index))) = self.answered.peek().copied() {
            if answered >= now {
                return;
            }
            self.answered.pop();
            if self.floor.is_none_or(|(floor, _)| version > floor) {
                self.floor = Some((version, index));
            }
        }
    }

    /// A total may have been seen at several versions. The oldest that is allowed forbids the least afterwards.
    fn version(&self, op: &Op) -> Option<i64> {
        let floor = self.floor.map_or(0, |(floor, _)| floor);
        match op.saw {
            Saw::Wrote(version) | Saw::Read(version) => {
                self.committed.has(op.object, version).then_some(version)
            }
            Saw::Total(total) => {
                let Object::Stock(product) = op.object else { return None };
                self.committed
                    .levels(product, floor..)
                    .find(|(_, l)| l.total == total)
                    .map(|(v, _)| v)
            }
        }
    }
}

/// A refusal for want of stock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SoldOut {
    pub(crate) product: i64,
    pub(crate) wanted: i64,
    pub(crate) sent: Duration,
    pub(crate) answered: Duration,
}

/// How old the knowledge may be that makes the server say so (I24).
const SOLD_OUT_MEMORY: Duration = Duration::from_secs(1);

/// "Sold out" is only said if it was so at some instant within the second before the request, or during it.
pub(crate) fn sold_out(committed: &Committed, ops: &[Op], refusals: &[SoldOut]) -> Vec<Violation> {
    let mut writes = BTreeMap::<i64, Vec<(i64, Op)>>::new();
    for op in ops {
        if let (Object::Stock(product), Saw::Wrote(version)) = (op.object, op.saw) {
            writes.entry(product).or_default().push((version, *op));
        }
    }
    let none = Vec::new();
    let is_wrong = |refusal: &&SoldOut| {
        let writes = writes.get(&refusal.product).unwrap_or(&none);
        let since = refusal.sent.saturating_sub(SOLD_OUT_MEMORY);
        let before = writes.iter().filter(|(_, op)| op.answered < since).map(|(v, _)| *v).max();
        let unborn = writes.iter().filter(|(_, op)| op.sent > refusal.answered);
        let after = unborn.map(|(v, _)| *v).min().unwrap_or(i64::MAX);
        let mut seen = committed.levels(refusal.product, before.unwrap_or(0)..after);
        !seen.any(|(_, level)| level.total - level.reserved < refusal.wanted)
    };
    let wrong = refusals.iter().filter(is_wrong);
    wrong
        .map(|refusal| Violation::NotSoldOut {
            product: refusal.product,
            wanted: refusal.wanted,
            sent: refusal.sent,
        })
        .collect()
}
