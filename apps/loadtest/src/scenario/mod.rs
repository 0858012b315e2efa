//! What clients do: one module per kind, each a [`Visitor`].

mod checkout;
mod lists;
mod mixed;
mod orders;
mod random;
mod reads;
mod stage;

use std::sync::Arc;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

pub use self::stage::{Amounts, NULL, Stage};

use crate::http::Answer;
use crate::load::Visitor;

/// What is measured.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Scenario {
    /// The empty handler: an order is parsed and answered, nothing happens.
    Null,
    /// Orders over a thousand products.
    OrdersSpread,
    /// Orders of one product.
    OrdersHot,
    /// Orders that are refused because nothing is left.
    SoldOut,
    /// Order, payment, callback, a look: four calls.
    Checkout,
    /// 70 % looks at orders and stock, 20 % orders, 8 % payments, 2 % cancellations.
    Mixed,
    /// One order, one product's stock, in turns.
    Reads,
    /// Pages of the list of orders, also filtered.
    Lists,
    /// Events from the database to the broker.
    Relay,
    /// Deliveries that are due.
    Timers,
}

/// How a scenario is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// By visits of clients.
    Visits,
    /// By the time that the server needs for a heap of work.
    Heap,
}

impl Scenario {
    /// As on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::OrdersSpread => "orders-spread",
            Self::OrdersHot => "orders-hot",
            Self::SoldOut => "sold-out",
            Self::Checkout => "checkout",
            Self::Mixed => "mixed",
            Self::Reads => "reads",
            Self::Lists => "lists",
            Self::Relay => "relay",
            Self::Timers => "timers",
        }
    }

    /// What is counted, in plural.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::OrdersSpread | Self::OrdersHot => "orders",
            Self::Checkout => "checkouts",
            Self::Relay => "events",
            Self::Timers => "deliveries",
            Self::Null | Self::SoldOut | Self::Mixed | Self::Reads | Self::Lists => "requests",
        }
    }

    /// How it is measured.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Relay | Self::Timers => Kind::Heap,
            _ => Kind::Visits,
        }
    }

    /// Whether it leaves everything as it was: then the next run may use the same database.
    pub const fn only_looks(self) -> bool {
        matches!(self, Self::Reads | Self::Lists)
    }

    /// Whether one order per transaction is worth a comparison.
    pub const fn places_orders_only(self) -> bool {
        matches!(self, Self::OrdersSpread | Self::OrdersHot)
    }

    /// How many products with how much stock, and how many orders, there must be first.
    pub const fn amounts(self, orders: u64) -> Amounts {
        const PLENTY: u64 = 1_000_000_000;
        match self {
            Self::Null | Self::OrdersHot => Amounts { products: 1, stock: PLENTY, orders: 0 },
            Self::SoldOut => Amounts { products: 1, stock: 0, orders: 0 },
            Self::OrdersSpread | Self::Checkout | Self::Mixed | Self::Relay | Self::Timers => {
                Amounts { products: 1_000, stock: PLENTY, orders: 0 }
            }
            Self::Reads | Self::Lists => Amounts { products: 1_000, stock: PLENTY, orders },
        }
    }

    /// What one connection does; `seed` tells connections and rounds apart.
    pub fn visitor(self, stage: &Arc<Stage>, seed: u64) -> Box<dyn Visitor> {
        match self {
            Self::Null => Box::new(orders::Orders::null(stage, seed)),
            Self::OrdersSpread | Self::OrdersHot | Self::Relay => {
                Box::new(orders::Orders::placed(stage, seed))
            }
            Self::SoldOut => Box::new(orders::Orders::refused(stage, seed)),
            Self::Checkout | Self::Timers => Box::new(checkout::Checkout::new(stage, seed)),
            Self::Mixed => Box::new(mixed::Mixed::new(stage, seed)),
            Self::Reads => Box::new(reads::Reads::new(stage, seed)),
            Self::Lists => Box::new(lists::Lists::default()),
        }
    }
}

/// Complains about an answer with another status.
fn expect(answer: Answer<'_>, status: u16, what: &str) -> Result<(), String> {
    if answer.status == status {
        return Ok(());
    }
    let body: String = String::from_utf8_lossy(answer.body).chars().take(200).collect();
    Err(format!("{what} was answered {} instead of {status}: {body}", answer.status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_command_line() {
        for scenario in Scenario::value_variants() {
            let value = scenario.to_possible_value().unwrap();
            assert_eq!(value.get_name(), scenario.name());
            assert_eq!(serde_json::to_value(scenario).unwrap(), scenario.name());
        }
    }

    #[test]
    fn another_status_is_reported_with_its_body() {
        let answer = Answer { status: 503, body: b"busy" };
        assert_eq!(expect(answer, 503, "GET /"), Ok(()));
        let complaint = expect(answer, 200, "GET /").unwrap_err();
        assert_eq!(complaint, "GET / was answered 503 instead of 200: busy");
    }
}
