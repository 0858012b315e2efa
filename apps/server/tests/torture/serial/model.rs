//! What the database has committed, and whether that is a life which the contract allows. Nothing of it comes from the crates
//! under test.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeBounds;

use super::{Object, Violation};

/// §1 of the contract.
const TRANSITIONS: [(&str, &str); 12] = [
    ("", "CREATED"),
    ("CREATED", "PAYMENT_REQUESTED"),
    ("CREATED", "CANCELLED"),
    ("PAYMENT_REQUESTED", "PAYMENT_COMPLETED"),
    ("PAYMENT_REQUESTED", "PAYMENT_FAILED"),
    ("PAYMENT_REQUESTED", "CANCELLED"),
    ("PAYMENT_FAILED", "CANCELLED"),
    ("PAYMENT_COMPLETED", "SHIPMENT_PREPARING"),
    ("PAYMENT_COMPLETED", "CANCELLED"),
    ("SHIPMENT_PREPARING", "SHIPPED"),
    ("SHIPMENT_PREPARING", "CANCELLED"),
    ("SHIPPED", "DELIVERED"),
];

/// A transition of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Transition {
    /// Empty for the first.
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) cause: String,
}

/// A movement of stock, and what it led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Movement {
    pub(crate) kind: String,
    pub(crate) order: Option<i64>,
    pub(crate) delta_total: i64,
    pub(crate) delta_reserved: i64,
    pub(crate) total: i64,
    pub(crate) reserved: i64,
}

/// Everything that was committed, by object and version.
#[derive(Debug, Clone, Default)]
pub(crate) struct Committed {
    /// By order and version.
    pub(crate) orders: BTreeMap<(i64, i64), Transition>,
    /// By product and version.
    pub(crate) stock: BTreeMap<(i64, i64), Movement>,
    /// Of each order: where its movements are.
    by_order: BTreeMap<i64, Vec<(i64, i64)>>,
}

impl Committed {
    /// These transitions and movements.
    pub(crate) fn new(
        orders: BTreeMap<(i64, i64), Transition>,
        stock: BTreeMap<(i64, i64), Movement>,
    ) -> Self {
        let mut by_order = BTreeMap::<i64, Vec<(i64, i64)>>::new();
        for (place, movement) in &stock {
            if let Some(order) = movement.order {
                by_order.entry(order).or_default().push(*place);
            }
        }
        Self { orders, stock, by_order }
    }

    /// What happened to the stock of one product, and to the orders that moved it.
    pub(crate) fn of_product(&self, product: i64) -> Self {
        let stock = self.stock.range((product, i64::MIN)..=(product, i64::MAX));
        let stock: BTreeMap<_, _> = stock.map(|(place, step)| (*place, step.clone())).collect();
        let movers: BTreeSet<_> = stock.values().filter_map(|step| step.order).collect();
        let orders = self.orders.iter().filter(|((order, _), _)| movers.contains(order));
        Self::new(orders.map(|(place, step)| (*place, step.clone())).collect(), stock)
    }

    /// What an order did to which product at which version.
    pub(crate) fn movements_of(&self, order: i64) -> impl Iterator<Item = (i64, i64, &Movement)> {
        let places = self.by_order.get(&order).into_iter().flatten();
        places.map(|place| (place.0, place.1, &self.stock[place]))
    }

    /// Whether the object ever had this version. A stock that never moved is at version 0.
    pub(crate) fn has(&self, object: Object, version: i64) -> bool {
        match object {
            Object::Order(order) => self.orders.contains_key(&(order, version)),
            Object::Stock(product) => self.stock.contains_key(&(product, version)),
        }
    }

    /// The transitions of an order.
    pub(crate) fn life(&self, order: i64) -> impl Iterator<Item = (i64, &Transition)> {
        let life = self.orders.range((order, i64::MIN)..=(order, i64::MAX));
        life.map(|((_, version), transition)| (*version, transition))
    }

    /// What the stock of a product was at these versions.
    pub(crate) fn levels(
        &self,
        product: i64,
        versions: impl RangeBounds<i64>,
    ) -> impl Iterator<Item = (i64, &Movement)> {
        let low = versions.start_bound().map(|version| (product, *version));
        let high = match versions.end_bound() {
            std::ops::Bound::Unbounded => std::ops::Bound::Included((product, i64::MAX)),
            bound => bound.map(|version| (product, *version)),
        };
        self.stock.range((low, high)).map(|((_, version), movement)| (*version, movement))
    }

    /// Replays everything; each version must follow from the one before it.
    pub(crate) fn violations(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        let mut before: Option<(i64, i64, &Transition)> = None;
        for ((order, version), step) in &self.orders {
            let last = before.filter(|(id, ..)| id == order);
            let (seen, from) = last.map_or((0, ""), |(_, seen, last)| (seen, &*last.to));
            let why = wrong_transition(step, from).or_else(|| gap(seen, *version));
            found.extend(why.map(|why| illegal(Object::Order(*order), *version, why)));
            before = Some((*order, *version, step));
        }
        self.check_stock(&mut found);
        self.check_reservations(&mut found);
        found
    }

    fn check_stock(&self, found: &mut Vec<Violation>) {
        let mut before: Option<(i64, i64, &Movement)> = None;
        for ((product, version), step) in &self.stock {
            let last = before.filter(|(id, ..)| id == product);
            let (seen, total, reserved) =
                last.map_or((0, 0, 0), |(_, seen, last)| (seen, last.total, last.reserved));
            let why = wrong_movement(step, total, reserved).or_else(|| gap(seen, *version));
            found.extend(why.map(|why| illegal(Object::Stock(*product), *version, why)));
            before = Some((*product, *version, step));
        }
    }

    /// Of each order and product: held once, then sold or given back once, and returned only after it was sold.
    fn check_reservations(&self, found: &mut Vec<Violation>) {
        let mut lives = BTreeMap::<(i64, i64), Vec<(i64, &Movement)>>::new();
        for ((product, version), step) in &self.stock {
            if let Some(order) = step.order {
                lives.entry((order, *product)).or_default().push((*version, step));
            }
        }
        for ((order, product), life) in lives {
            let kinds: Vec<_> = life.iter().map(|(_, step)| &*step.kind).collect();
            let is_right = matches!(
                *kinds,
                ["RESERVE"]
                    | ["RESERVE", "CONFIRM" | "RELEASE" | "EXPIRE"]
                    | ["RESERVE", "CONFIRM", "RETURN"]
            );
            if !is_right {
                let why = format!("order {order} moved it by {kinds:?}");
                found.push(illegal(Object::Stock(product), life[0].0, why));
            }
        }
    }
}

fn illegal(object: Object, version: i64, why: String) -> Violation {
    Violation::Illegal { object, version, why }
}

fn gap(before: i64, version: i64) -> Option<String> {
    (version != before + 1).then(|| format!("version {version} follows version {before}"))
}

fn wrong_transition(step: &Transition, from: &str) -> Option<String> {
    let is_right = step.from == from && TRANSITIONS.contains(&(from, &*step.to));
    (!is_right).then(|| format!("{} → {} after {from}", step.from, step.to))
}

fn wrong_movement(step: &Movement, total: i64, reserved: i64) -> Option<String> {
    let held = step.delta_reserved;
    let is_kind = match &*step.kind {
        "RESERVE" => step.delta_total == 0 && held > 0,
        "CONFIRM" => step.delta_total == held && held < 0,
        "RELEASE" | "EXPIRE" => step.delta_total == 0 && held < 0,
        "RETURN" => step.delta_total > 0 && held == 0,
        "ADJUST" => held == 0,
        _ => false,
    };
    let adds_up =
        (step.total, step.reserved) == (total + step.delta_total, reserved + step.delta_reserved);
    let is_sold_once = 0 <= step.reserved && step.reserved <= step.total;
    (!(is_kind && adds_up && is_sold_once)).then(|| format!("{step:?} after {total}/{reserved}"))
}
